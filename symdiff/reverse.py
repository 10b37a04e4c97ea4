"""The reverse sweep: from a graph to the graph of its adjoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import singledispatch

from symdiff.expression.differentiate import differentiate
from symdiff.graph import (
    Einsum,
    Elementwise,
    Input,
    Node,
    Stop,
    broadcast,
    constant,
    contraction,
    elementwise,
    placeholder,
    topological,
)


@dataclass(frozen=True)
class Sweep:
    """What one reverse sweep found, keyed by primal node."""

    adjoints: Mapping[Node, Node]
    stopped: Mapping[Node, str]  # no adjoint arrives, and the stop node that is to blame


def sweep(output: Node, cotangent: Node, *, through_stops: bool = False) -> Sweep:
    """The adjoint of every node that `output` depends on, linear in the size of the graph.

    An adjoint has the axes of its node, in their order.

    Args: cotangent, over the axes of `output`; through_stops, whether to take a stop for the
        identity that its value is.
    Raises: ValueError if the cotangent, or what a rule gives an operand, has other axes.
    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed. 2008, §3.2.
    """
    cotangent = _over(output, cotangent, "the cotangent")
    contributions: dict[Node, list[Node]] = {output: [cotangent]}
    adjoints: dict[Node, Node] = {}
    stopped: dict[Node, str] = {}
    for node in reversed(topological([output])):
        arrived = contributions.pop(node, [])
        if not arrived:
            reason = node.reason if isinstance(node, Stop) else stopped[node]
            stopped.update(dict.fromkeys(node.operands, reason))
            continue
        stopped.pop(node, None)
        adjoints[node] = _total(arrived)
        if isinstance(node, Stop) and through_stops:
            parts: tuple[Node | None, ...] = (adjoints[node],)
        else:
            parts = pullback(node, adjoints[node])
        if isinstance(node, Stop):
            stopped[node.operands[0]] = node.reason
        for operand, part in zip(node.operands, parts, strict=True):
            if part is not None:
                whole = _over(operand, part, f"what {type(node).__name__} passes back")
                contributions.setdefault(operand, []).append(whole)
    return Sweep(adjoints, stopped)


def _over(node: Node, adjoint: Node, what: str) -> Node:
    """The adjoint with its axes in the order of its node's."""
    if set(adjoint.axes) != set(node.axes):
        raise ValueError(
            f"{what} to {node!r} is over ({' '.join(adjoint.axes)}); "
            f"an adjoint has the axes of its node, ({' '.join(node.axes)})"
        )
    return contraction((adjoint,), node.axes)


def _total(parts: Iterable[Node]) -> Node:
    first, *rest = parts
    for part in rest:
        first = elementwise(lambda a, b: a + b, first, part)
    return first


@singledispatch
def pullback(node: Node, cotangent: Node) -> tuple[Node | None, ...]:
    """The adjoint that each operand of `node` receives; None where none passes."""
    raise TypeError(f"no rule takes {cotangent} back through {type(node).__name__}")


@pullback.register
def _(node: Input, cotangent: Node) -> tuple[Node | None, ...]:  # noqa: ARG001 - has no operands
    return ()


@pullback.register
def _(node: Stop, cotangent: Node) -> tuple[Node | None, ...]:  # noqa: ARG001 - nothing passes
    return (None,)


@pullback.register
def _(node: Elementwise, cotangent: Node) -> tuple[Node | None, ...]:
    """cotangent × ∂expr/∂operand, summed over the axes along which the operand was broadcast."""

    def part(position: int, operand: Node) -> Node:
        partial = node.partials[position]
        if partial is None:
            partial = differentiate(node.expr, placeholder(position))
        if partial == 0:
            return broadcast(constant(0), operand.axes)
        # The placeholders of the partial are those of the node: operands first, cotangent last.
        product = elementwise(lambda *symbols: symbols[-1] * partial, *node.operands, cotangent)
        return contraction((product,), operand.axes)

    return tuple(part(i, operand) for i, operand in enumerate(node.operands))


@pullback.register
def _(node: Einsum, cotangent: Node) -> tuple[Node | None, ...]:
    """The same product with the operand's place taken by the cotangent, over the operand's axes."""
    return tuple(
        contraction((*node.operands[:i], cotangent, *node.operands[i + 1 :]), operand.axes)
        for i, operand in enumerate(node.operands)
    )
