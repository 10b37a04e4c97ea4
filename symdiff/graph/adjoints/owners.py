"""Tell which values of a graph each value of its reverse sweep belongs to, and so its type.

What a node passes back is computed in the node's own type, and what arrives at a node is held in
that. So both own it: what y = w x passes back to x belongs to y and to x.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.adjoints.reverse import sweep_from
from symdiff.graph.node import Node, topological


def owners(adjoints: Derivation) -> Mapping[Node, frozenset[Node]]:
    """For each value of the adjoints' program the values of the graph that it belongs to.

    A value of the graph owns itself. Equal nodes are one node, so the sweep is made again.
    """
    graph = adjoints.graph
    seeds = [(graph.lines[name], cotangent) for name, cotangent in adjoints.cotangents.items()]
    primal = topological(graph.output_nodes, computed=True)
    found: dict[Node, set[Node]] = {node: {node} for node in primal}
    own = frozenset(primal)
    swept = sweep_from(seeds).adjoints
    for node, arrived in swept.items():
        passed = [part for part in node.pullback(arrived) if part is not None]
        for made in _down_to(passed, lambda n, end=arrived: n in own or n is end):  # type: ignore[misc]  # bound as it is now
            found.setdefault(made, set()).add(node)
    for node, arrived in swept.items():  # and the sums of what arrives
        for made in _down_to(arrived.needs, found.__contains__):
            found.setdefault(made, set()).add(node)
        found.setdefault(arrived, set()).add(node)
    return {node: frozenset(of) for node, of in found.items()}


def _down_to(ends: Iterable[Node], border: Callable[[Node], bool]) -> list[Node]:
    """The ends and all that leads to them, except what is or lies behind a border."""
    left, seen = [n for n in ends if not border(n)], dict[Node, None]()
    while left:
        node = left.pop()
        if node not in seen:
            seen[node] = None
            left += [n for n in node.needs if not border(n)]
    return list(seen)
