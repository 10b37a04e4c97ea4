"""Rebuild a graph's nodes with inputs in place of stops, which derivatives take for constants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb
from sympy import Abs, Expr, Piecewise, sign

from symdiff.bridge.interpret import interpret
from symdiff.functions import Extreme, Rounding
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.kinds.einsum import repeated
from symdiff.graph.kinds.elementwise import Elementwise
from symdiff.graph.kinds.input import Input
from symdiff.graph.kinds.stop import Stop
from symdiff.graph.node import Node, topological
from symdiff.oracle.programs.array_balls import balls_of, compile_entry
from symdiff.programs.program import program
from symdiff.trees.walks import ordered

_STOP = "%stop"


class Frozen:
    """A graph's nodes, rebuilt with an input in place of each stop."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        """Args: nodes, whose computation is rebuilt."""
        every = ordered(nodes, lambda n: (*n.needs, *n.operands, *n.held.values()))
        stops = [node for node in every if isinstance(node, Stop)]
        self.stops = {f"{_STOP}{i}": node.operands[0] for i, node in enumerate(stops)}
        self._made: dict[Node, Node] = {}
        if stops:
            names: dict[Node, str] = {node: f"{_STOP}{i}" for i, node in enumerate(stops)}
            for node in every:
                self._made[node] = self._one(node, names)

    def _one(self, node: Node, names: Mapping[Node, str]) -> Node:
        if node in names:
            return Input(node.axes, (), names[node])
        content = [self._made[c] if isinstance(c, Node) else c for c in node.content]
        operands = tuple(self._made[o] for o in node.operands)
        if operands == node.operands and content == list(node.content):
            return node
        return type(node)(node.axes, operands, *content)

    def __getitem__(self, node: Node) -> Node:
        """The rebuilt node in place of one."""
        return self._made.get(node, node)

    def values(self, balls: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the stops by name, in object arrays of balls. Raises: OutOfTimeError."""
        if not self.stops:
            return {}
        return interpret(program(self.stops), balls, compile_entry)


def merges_stops(adjoints: Derivation) -> bool:
    """Whether a value is compared with itself, stopped, which a program would make one.

    max(x, stop(x)) is x to a program, and as x moves the larger of two. The same holds of what is
    made of both, as the sign of x − stop(x), but not of a surrogate, f + s (x − stop(x)).
    """
    graphs = (adjoints.graph, *adjoints.graph.before)
    of_both: set[Node] = set()
    for node in topological([n for g in graphs for n in g.output_nodes], computed=True):
        merges = isinstance(node, Elementwise) and _merges(node)
        if merges or not of_both.isdisjoint(node.needs):
            if isinstance(node, Elementwise) and choosing(node.expr):
                return True
            of_both.add(node)
    return False


def _merges(node: Node) -> bool:
    return len({_unstopped(o) for o in node.operands}) < len(set(node.operands))


def _unstopped(node: Node) -> Node:
    while isinstance(node := repeated(node), Stop):
        (node,) = node.operands
    return node


def choosing(e: Expr) -> bool:
    """Whether an expression has cases, or functions that have."""
    return bool(e.has(Piecewise, Extreme, Rounding, Abs, sign))


def with_stops_apart(
    adjoints: Derivation, arguments: Mapping[str, Any]
) -> tuple[Derivation, dict[str, Any]] | None:
    """The adjoints of the graph with inputs in place of stops, and all arguments.

    None where a stop's value is no float64 number, or the graph is made of derivatives.
    """
    graph = adjoints.graph
    if graph.derived_from is not None:
        return None
    frozen = Frozen(graph.lines.values())
    values = frozen.values({name: balls_of(value) for name, value in arguments.items()})
    exact = {name: _float64(entries) for name, entries in values.items()}
    if any(entries is None for entries in exact.values()):
        return None
    lines = {name: frozen[node] for name, node in graph.lines.items()}
    fixed = [Input(node.axes, (), name) for name, node in frozen.stops.items()]
    apart = replace(graph, inputs=(*graph.inputs, *fixed), lines=lines, where={})
    return Derivation(apart), {**arguments, **exact}


def _float64(entries: Any) -> Any:
    """Balls as float64 numbers; None where they are none."""
    balls = [arb(entry) for entry in np.ravel(entries).tolist()]
    found = np.array([float(ball.mid()) for ball in balls]).reshape(np.shape(entries))
    same = all(b.is_exact() and b == arb(x) for b, x in zip(balls, found.flat, strict=True))
    return found if same else None
