"""A graph's nodes with inputs in place of stops, which are constants to every derivative."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from symdiff.bridge.interpret import interpret
from symdiff.graph.kinds.input import Input
from symdiff.graph.kinds.stop import Stop
from symdiff.graph.node import Node
from symdiff.graph.order import ordered
from symdiff.oracle.programs.array_balls import compile_entry
from symdiff.programs.program import program

_STOP = "%stop"


class Frozen:
    """Nodes as they are computed where stops do not move."""

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
        """The node that is computed in place of one."""
        return self._made.get(node, node)

    def values(self, balls: Mapping[str, Any]) -> dict[str, Any]:
        """What the stops are, in object arrays of balls, by name. Raises: OutOfTimeError."""
        if not self.stops:
            return {}
        return interpret(program(self.stops), balls, compile_entry)
