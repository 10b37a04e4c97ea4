"""Give a function of whole arrays a rule of its own for its adjoint.

The sweep would take softmax apart into exponentials, a sum and a quotient, and its adjoint would
read so. A rule states it as papers do, s ∘ (s̄ − Σ s̄ ∘ s): as a graph, which may use the output,
and which is swept again for the second derivative like any other. ChainRules.jl has the same idea.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Symbol

from symdiff.graph.node import Entries, Indices, Node, Steps, Write
from symdiff.notation.arrays import Axes, applied

Rule = Callable[["WithRule", Node], tuple[Node | None, ...]]


class WithRule(Node):
    """The value of another node under a name, with a rule for its adjoint.

    `rule(node, cotangent)` is the adjoint that each operand receives, if any; `name` and `over`,
    the axes it goes over, are how it is written. Without a name its value is: (x − μ)/σ.
    """

    __slots__ = ("name", "over", "rule", "value")
    value: Node
    rule: Rule
    name: str
    over: Axes

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """The adjoints that the rule gives."""
        return self.rule(self, cotangent)

    def lowered(self, steps: Steps) -> Symbol:
        """The value's symbol, without a step."""
        return steps.value(self.value)

    def whole(self, write: Write) -> Expr:
        """The text softmax_c(x)."""
        if not self.name:
            return write(self.value)
        return applied(self.name, self.over, self.axes, map(write, self.operands))

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """The value's entry."""
        return entries.write(self.value, indices)

    @property
    def needs(self) -> tuple[Node, ...]:
        """The node that computes the value."""
        return (self.value,)


def with_rule(name: str, over: Axes, value: Node, rule: Rule, *operands: Node) -> WithRule:
    """`value`, a function of the operands, with `rule` for its adjoint.

    Args: rule, a function of the module level, so that a graph can be pickled.
    """
    return WithRule(value.axes, operands, name, over, rule, value)
