"""Sweep in reverse: from a graph to the graph of its adjoints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from symdiff.graph.kinds.einsum import contraction
from symdiff.graph.kinds.elementwise import added
from symdiff.graph.kinds.stop import Stop
from symdiff.graph.node import Node, topological


@dataclass(frozen=True)
class ReverseSweep:
    """The adjoints that one reverse sweep found, keyed by primal node."""

    adjoints: Mapping[Node, Node]
    stopped: Mapping[Node, str]  # no adjoint arrives, and the stop node that is to blame


def sweep(output: Node, cotangent: Node, *, through_stops: bool = False) -> ReverseSweep:
    """Derive the adjoint of every node that `output` depends on, in time linear in the graph.

    An adjoint has the axes of its node, in their order.

    Args: cotangent, over the axes of `output`; through_stops, whether to take a stop for the
        identity that its value is.
    Raises: ValueError if the cotangent, or what a kind passes back to an operand, has other axes.
    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed. 2008, §3.2.
    """
    return sweep_from([(output, cotangent)], through_stops=through_stops)


def sweep_from(
    seeds: Iterable[tuple[Node, Node]],
    *,
    through_stops: bool = False,
    passes: Callable[[Node, Node], bool] = lambda node, operand: True,  # noqa: ARG005 - all do
) -> ReverseSweep:
    """Derive the adjoint of every node that some outputs depend on, each with its cotangent.

    Args: through_stops, whether to take a stop for the identity that its value is; passes, whether
        anything goes back from a node to an operand, by default all.
    Raises: ValueError if a cotangent, or what a kind passes back to an operand, has other axes.
    """
    contributions: dict[Node, list[Node]] = {}
    for output, cotangent in seeds:
        seed = _over(output, cotangent, "the cotangent")
        contributions.setdefault(output, []).append(seed)
    adjoints: dict[Node, Node] = {}
    stopped: dict[Node, str] = {}
    for node in reversed(topological(contributions)):
        arrived = contributions.pop(node, [])
        if not arrived:
            reason = node.reason if isinstance(node, Stop) else stopped.get(node)
            if reason is not None:
                stopped.update(dict.fromkeys(node.operands, reason))
            continue
        stopped.pop(node, None)
        adjoints[node] = added(arrived)
        if isinstance(node, Stop) and through_stops:
            parts: tuple[Node | None, ...] = (adjoints[node],)
        else:
            parts = node.pullback(adjoints[node])
        if isinstance(node, Stop):
            stopped[node.operands[0]] = node.reason
        for operand, part in zip(node.operands, parts, strict=True):
            if part is not None and passes(node, operand):
                whole = _over(operand, part, f"what {type(node).__name__} passes back")
                contributions.setdefault(operand, []).append(whole)
    return ReverseSweep(adjoints, stopped)


def _over(node: Node, adjoint: Node, what: str) -> Node:
    """The adjoint with its axes in the order of its node's."""
    if set(adjoint.axes) != set(node.axes):
        raise ValueError(
            f"{what} to {node!r} is over ({' '.join(adjoint.axes)}); "
            f"an adjoint has the axes of its node, ({' '.join(node.axes)})"
        )
    return contraction((adjoint,), node.axes)
