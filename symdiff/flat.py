"""Nodes as a flat list, operands before users: what pickle takes at any depth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symdiff.graph import Axes, Node, ordered


@dataclass(frozen=True)
class Record:
    """One node, the nodes that it holds given by their places in the list."""

    kind: type[Node]
    axes: Axes
    operands: tuple[int, ...]
    content: tuple[object, ...]  # in the order of the kind's slots; None where a node is
    nodes: tuple[tuple[int, int], ...]  # slot, place: of what is no operand, such as `value`


@dataclass(frozen=True)
class Flat:
    """Some nodes and all that they hold."""

    records: tuple[Record, ...]
    places: tuple[int, ...]  # of the nodes asked for

    def nodes(self) -> tuple[Node, ...]:
        """The nodes, as they are in this process: equal ones are the same object."""
        built: list[Node] = []
        for record in self.records:
            content = list(record.content)
            for slot, place in record.nodes:
                content[slot] = built[place]
            operands = tuple(built[place] for place in record.operands)
            built.append(record.kind(record.axes, operands, *content))
        return tuple(built[place] for place in self.places)


def flat(nodes: Iterable[Node]) -> Flat:
    """The nodes as a flat list."""
    wanted = tuple(nodes)
    order = ordered(wanted, lambda node: (*node.operands, *_held(node).values()))
    place = {node: i for i, node in enumerate(order)}
    return Flat(tuple(_record(node, place) for node in order), tuple(place[n] for n in wanted))


def single(packed: Flat) -> Node:
    """The one node of a list that was made for one."""
    (node,) = packed.nodes()
    return node


def _content(node: Node) -> Sequence[object]:
    return [getattr(node, name) for name in type(node).__slots__]


def _held(node: Node) -> dict[int, Node]:
    return {i: value for i, value in enumerate(_content(node)) if isinstance(value, Node)}


def _record(node: Node, place: dict[Node, int]) -> Record:
    held = _held(node)
    return Record(
        type(node),
        node.axes,
        tuple(place[o] for o in node.operands),
        tuple(None if i in held else value for i, value in enumerate(_content(node))),
        tuple((i, place[value]) for i, value in held.items()),
    )
