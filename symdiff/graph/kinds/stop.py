"""Let no adjoint pass: torch's `detach()` and `no_grad()`."""

from __future__ import annotations

from sympy import Expr, Symbol

from symdiff.graph.node import Entries, Indices, Node, Steps, Write


class Stop(Node):
    """The operand's value, through which no adjoint passes.

    `reason` is `detach()` or `no_grad()`.
    """

    __slots__ = ("reason",)
    reason: str

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:  # noqa: ARG002 - nothing passes
        """None: no adjoint passes."""
        return (None,)

    def lowered(self, steps: Steps) -> Symbol:
        """The operand's symbol, without a step."""
        return steps.value(self.operands[0])

    def whole(self, write: Write) -> Expr:
        """The operand's text."""
        return write(self.operands[0])

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """The operand's entry."""
        return entries.write(self.operands[0], indices)


def stop(node: Node, reason: str) -> Node:
    """Make a constant of the node's value, as torch's `detach()` does: no adjoint passes.

    Args: reason, which is shown where an adjoint is missing, such as "detach()".
    """
    return Stop(node.axes, (node,), reason)
