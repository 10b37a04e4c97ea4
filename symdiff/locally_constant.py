"""What does not change when its operand changes a little: its adjoint is 0 where there is one."""

from __future__ import annotations

from symdiff.graph import Node, broadcast, constant
from symdiff.reverse import pullback


class LocallyConstant(Node):
    """A value along an axis of one operand, such as which entry is largest."""

    __slots__ = ()


@pullback.register
def _(node: LocallyConstant, cotangent: Node) -> tuple[Node | None, ...]:  # noqa: ARG001 - it is 0
    (x,) = node.operands
    return (broadcast(constant(0), x.axes),)
