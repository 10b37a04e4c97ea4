"""A function of whole arrays with a rule of its own for its adjoint.

The sweep would take softmax apart into exponentials, a sum and a quotient, and its adjoint would
read so. A rule states it as papers do, s ∘ (s̄ − Σ s̄ ∘ s): as a graph, which may use the output,
and which is swept again for the second derivative like any other. ChainRules.jl has the same idea.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Symbol

from symdiff.closed_form import IndexSupply, Indices, Write, applied, one_entry, written_out
from symdiff.graph import Axes, Node
from symdiff.program import Lowering, lowered
from symdiff.reverse import pullback


class Ruled(Node):
    """The value of another node, `value`, under a name and with a rule.

    `rule(node, cotangent)` is the adjoint that each operand receives; `name` and `over`, the axes
    it goes over, are how it is written. Without a name it is written as its value: (x − μ)/σ.
    """

    __slots__ = ("name", "over", "rule", "value")
    value: Node
    rule: Callable[[Ruled, Node], tuple[Node, ...]]
    name: str
    over: Axes

    @property
    def needs(self) -> tuple[Node, ...]:
        """The node that computes it."""
        return (self.value,)


def ruled(
    name: str,
    over: Axes,
    value: Node,
    rule: Callable[[Ruled, Node], tuple[Node, ...]],
    *operands: Node,
) -> Ruled:
    """`value`, a function of the operands, with `rule` for its adjoint.

    Args: rule, a function of the module level, so that a graph can be pickled.
    """
    return Ruled(value.axes, operands, name, over, rule, value)


@pullback.register
def _(node: Ruled, cotangent: Node) -> tuple[Node | None, ...]:
    return node.rule(node, cotangent)


@lowered.register
def _(node: Ruled, steps: Lowering) -> Symbol:
    return steps.symbols[node.value]


@written_out.register
def _(node: Ruled, write: Write) -> Expr:
    if not node.name:
        return write(node.value)
    return applied(node.name, node.over, node.axes, map(write, node.operands))


@one_entry.register
def _(node: Ruled, indices: Indices, supply: IndexSupply) -> Expr:
    return supply.write(node.value, indices)
