"""Give the axes of a captured graph letters, as a paper would: equal letters are one index.

While code is captured every value has its axes named by place, and what only renames them (a
transpose, the `keepdim` of a sum) is a Renamed node. Here an axis and what it is renamed to become
one letter wherever that names no two axes of one operation alike; then nothing is left to rename.
"""

from __future__ import annotations

import keyword
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from comparisons.capture.arrays.axes import length_of
from symdiff.graph import (
    Axes,
    Einsum,
    Graph,
    Input,
    Node,
    contraction,
    renamed,
)
from symdiff.graph.kinds.elementwise import Elementwise, from_template
from symdiff.graph.kinds.gather import Gather, Scatter
from symdiff.graph.kinds.renamed import Renamed
from symdiff.trees.walks import ordered

_LETTERS = "ijklmnpqrstuw"  # not o, which reads as 0, nor v, the cotangent
Axis = tuple[Node, str]


class _Classes:
    """Sets of axes that run together, and the operations that each set occurs in."""

    def __init__(self) -> None:
        self._parent: dict[Axis, Axis] = {}
        self._scopes: dict[Axis, set[Node]] = defaultdict(set)

    def find(self, axis: Axis) -> Axis:
        """The representative of the axis's set."""
        root = axis
        while (above := self._parent.get(root, root)) != root:
            root = above
        while (above := self._parent.get(axis, root)) != root:
            self._parent[axis], axis = root, above
        return root

    def occurs(self, axis: Axis, operation: Node) -> None:
        """The axis is one that an operation goes over: no other of its axes may join the set."""
        self._scopes[self.find(axis)].add(operation)

    def join(self, a: Axis, b: Axis) -> None:
        """Make two axes run together."""
        a, b = self.find(a), self.find(b)
        if a != b:
            if len(self._scopes[a]) < len(self._scopes[b]):
                a, b = b, a
            self._parent[b] = a
            self._scopes[a] |= self._scopes.pop(b)

    def may_join(self, a: Axis, b: Axis) -> bool:
        """Whether no operation goes over both."""
        a, b = self.find(a), self.find(b)
        return a == b or self._scopes[a].isdisjoint(self._scopes[b])


def lettered(
    name: str,
    inputs: Mapping[str, Input],
    on_the_way: Mapping[str, Node],
    outputs: Mapping[str, Node],
) -> tuple[Graph, dict[Node, Node]]:
    """The graph with letters for axes, and for every old node the new one.

    Args: on_the_way, named values that the outputs are computed from; one that turns out to be
        another under other axes is no line of its own.
    """
    lines = {**on_the_way, **outputs}
    # Of a rule both are needed, what it goes back to and what its value is computed from.
    order = ordered([*inputs.values(), *lines.values()], lambda n: (*n.needs, *n.operands))
    classes = _classes(order)
    letters = _Letters(classes, {*inputs, *lines})
    renewed: dict[Node, Node] = {}
    uses = Counter(operand for node in order for operand in node.operands)
    for node in order:
        renewed[node] = _renewed(node, letters, renewed, uses)
    own = {renewed[node] for node in (*inputs.values(), *outputs.values())}
    kept: dict[str, Node] = {}
    for line, node in on_the_way.items():
        if renewed[node] not in own:
            own.add(renewed[node])
            kept[line] = renewed[node]
    graph = Graph(
        name,
        tuple(_input(renewed[i]) for i in inputs.values()),
        {**kept, **{line: renewed[node] for line, node in outputs.items()}},
        lengths=letters.lengths,
        outputs=tuple(outputs),
    )
    return graph, renewed


def _input(node: Node) -> Input:
    assert isinstance(node, Input)  # noqa: S101 - an input stays one
    return node


def _classes(order: Iterable[Node]) -> _Classes:
    """Join the axes that have to run together, then those that may."""
    classes = _Classes()
    for node in order:
        for axis in node.axes:
            classes.occurs((node, axis), node)
        if isinstance(node, Renamed | Gather | Scatter):
            continue
        for operand in _held(node):
            for axis in operand.axes:
                own = (node, axis)
                classes.occurs(own, node)
                classes.join(own, (operand, axis))
    for node in order:
        if isinstance(node, Renamed):
            for was, axis in zip(node.operands[0].axes, node.axes, strict=True):
                before, after = (node.operands[0], was), (node, axis)
                if classes.may_join(before, after):
                    classes.join(before, after)
    return classes


def _held(node: Node) -> Iterator[Node]:
    """The nodes that a node is made of: its operands, and the value that a rule goes with."""
    yield from dict.fromkeys((*node.operands, *node.needs))


class _Letters:
    """Names for sets of axes, each found when it is first asked for."""

    def __init__(self, classes: _Classes, taken: set[str]) -> None:
        self.lengths: dict[str, int] = {}
        self._classes = classes
        self._names: dict[Axis, str] = {}
        self._free = (n for n in _names() if n not in taken and not keyword.iskeyword(n))

    def of(self, node: Node, axes: Axes) -> Axes:
        """The letters of axes as they are called in a node."""
        return tuple(self._one((node, axis)) for axis in axes)

    def _one(self, axis: Axis) -> str:
        found = self._classes.find(axis)
        if found not in self._names:
            self._names[found] = next(self._free)
            self.lengths[self._names[found]] = length_of(axis[1])
        return self._names[found]


def _names() -> Iterator[str]:
    yield from _LETTERS
    for n in count(1):
        yield from (f"{letter}{n}" for letter in _LETTERS)


def _renewed(
    node: Node, letters: _Letters, renewed: Mapping[Node, Node], uses: Mapping[Node, int]
) -> Node:
    """The node over lettered axes, made of such nodes."""
    operands = tuple(renewed[o] for o in node.operands)
    axes = letters.of(node, node.axes)
    if isinstance(node, Renamed):
        return renamed(operands[0], axes)
    if isinstance(node, Elementwise) and node.folded:  # torch's own value tells where there is none
        plain = from_template(node.expr, operands, node.partials)
        return plain if plain.axes == axes else contraction((plain,), axes)
    if isinstance(node, Einsum):
        (first, *others) = operands
        turned = not others and isinstance(first, Einsum) and set(first.axes) == set(axes)
        if turned and uses[node.operands[0]] == 1:  # a product with its axes in another order
            return contraction(first.operands, axes)
        return contraction(operands, axes)

    def content(value: Any) -> Any:
        if isinstance(value, Node):
            return renewed[value]
        if isinstance(value, str) and value in known:
            return letters.of(node, (value,))[0]
        if isinstance(value, tuple) and value and all(v in known for v in value):
            return letters.of(node, value)
        return value

    known = {*node.axes, *(a for o in _held(node) for a in o.axes)}
    return type(node)(axes, operands, *(content(getattr(node, s)) for s in type(node).__slots__))
