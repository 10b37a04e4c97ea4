"""Flatten nodes to a list, operands before users, which pickle takes at any depth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

from symdiff.trees.walks import ordered


class Packable(Protocol):
    """The parts of a node that a flat list needs."""

    axes: tuple[str, ...]

    @property
    def operands(self) -> tuple[Self, ...]:
        """The nodes that the node is a function of."""

    @property
    def content(self) -> tuple[object, ...]:
        """The rest that makes up the node, in the order of its kind's slots."""

    @property
    def held(self) -> Mapping[int, Self]:
        """The nodes among the content, by their places in it."""

    def __hash__(self) -> int: ...


Item = TypeVar("Item", bound=Packable)


@dataclass(frozen=True)
class Record(Generic[Item]):
    """One node, the nodes that it holds given by their places in the list."""

    kind: Callable[..., Item]
    axes: tuple[str, ...]
    operands: tuple[int, ...]
    content: tuple[object, ...]  # in the order of the kind's slots; None where a node is
    nodes: tuple[tuple[int, int], ...]  # slot, place: of what is no operand, such as `value`


@dataclass(frozen=True)
class Flat(Generic[Item]):
    """Some nodes and all that they hold, as a list."""

    records: tuple[Record[Item], ...]
    places: tuple[int, ...]  # of the nodes asked for

    def nodes(self) -> tuple[Item, ...]:
        """The nodes, rebuilt in this process: equal ones are the same object."""
        built: list[Item] = []
        for record in self.records:
            content: list[Any] = list(record.content)
            for slot, place in record.nodes:
                content[slot] = built[place]
            operands = tuple(built[place] for place in record.operands)
            built.append(record.kind(record.axes, operands, *content))
        return tuple(built[place] for place in self.places)


def flat(nodes: Iterable[Item]) -> Flat[Item]:
    """The nodes as a flat list."""
    wanted = tuple(nodes)
    order = ordered(wanted, lambda node: (*node.operands, *node.held.values()))
    place = {node: i for i, node in enumerate(order)}
    return Flat(tuple(_record(node, place) for node in order), tuple(place[n] for n in wanted))


def single(packed: Flat[Item]) -> Item:
    """The one node of a list that was made for one."""
    (node,) = packed.nodes()
    return node


def _record(node: Item, place: dict[Item, int]) -> Record[Item]:
    held = node.held
    return Record(
        type(node),
        node.axes,
        tuple(place[o] for o in node.operands),
        tuple(None if i in held else value for i, value in enumerate(node.content)),
        tuple((i, place[value]) for i, value in held.items()),
    )
