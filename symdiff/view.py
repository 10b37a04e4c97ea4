"""Parts of an array along an axis, the index along an axis, and what they are put together from.

Taking the part at an index and placing it there among zeros are each other's transposes, so the
two kinds are closed under adjoints. Halves, stacks and (with `one_hot`) gathers are made of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Eq, Expr, Integer, KroneckerDelta, Piecewise, S, Symbol

from symdiff import arrays
from symdiff.closed_form import (
    IndexSupply,
    Indices,
    PartOf,
    SideBySide,
    Write,
    applied,
    one_entry,
    written_out,
)
from symdiff.graph import Axes, Node, elementwise, size
from symdiff.program import ArrayOperation, Lowering, lowered
from symdiff.reverse import pullback


class Part(Node):
    """The operand at one index of an axis, which vanishes."""

    __slots__ = ("axis", "index")
    axis: str
    index: int


class Placed(Node):
    """The operand at one index of a new axis and 0 at the others.

    The new axis is where `axes` has it; `length` is None where an input says how long it is.
    """

    __slots__ = ("axis", "index", "length")
    axis: str
    index: int
    length: int | None


class Position(Node):
    """0, 1, 2, … along its only axis."""

    __slots__ = ()


def part(x: Node, axis: str, index: int) -> Node:
    """The part of x at one index of an axis. Raises: ValueError if x has no such axis."""
    if axis not in x.axes:
        raise ValueError(f"there is no axis {axis!r} to take a part of; ({' '.join(x.axes)})")
    return Part(tuple(a for a in x.axes if a != axis), (x,), axis, index)


def stack(parts: Sequence[Node], axis: str, at: int = 0) -> Node:
    """The parts side by side along a new axis, at position `at` of the result's axes."""
    own = parts[0].axes
    axes: Axes = (*own[:at], axis, *own[at:])
    placed = [Placed(axes, (p,), axis, i, len(parts)) for i, p in enumerate(parts)]
    return elementwise(lambda *each: sum(each), *placed)


def position(axis: str) -> Node:
    """0, 1, 2, … along an axis."""
    return Position((axis,), ())


def one_hot(index: Node, axis: str) -> Node:
    """1 where the position along a new last axis is `index`, else 0: no 1 at all for −100."""
    return elementwise(lambda i, k: Piecewise((1, Eq(i, k)), (0, True)), index, position(axis))


class TakePart(ArrayOperation):
    """A part, in a program."""

    function = staticmethod(arrays.part)

    def arguments(self, value: arrays.ValueOf) -> list[object]:
        """The array, the position of the axis, the index along it."""
        return [value(self.args[0]), int(self.args[1]), int(self.args[2])]


class PlacePart(ArrayOperation):
    """A part put in its place, in a program."""

    function = staticmethod(arrays.placed)

    def arguments(self, value: arrays.ValueOf) -> list[object]:
        """The array, the position of the new axis, the index along it and its length."""
        array, axis, index, length = self.args
        return [
            value(array),
            int(axis),
            int(index),
            int(length) if length.is_Integer else value(length),
        ]


class Positions(ArrayOperation):
    """0, 1, 2, …, in a program."""

    function = staticmethod(arrays.positions)

    def arguments(self, value: arrays.ValueOf) -> list[object]:
        """The length of the axis."""
        return [value(self.args[0])]


@pullback.register
def _(node: Part, cotangent: Node) -> tuple[Node | None, ...]:
    return (Placed(node.operands[0].axes, (cotangent,), node.axis, node.index, None),)


@pullback.register
def _(node: Placed, cotangent: Node) -> tuple[Node | None, ...]:
    return (Part(node.operands[0].axes, (cotangent,), node.axis, node.index),)


@pullback.register
def _(node: Position, cotangent: Node) -> tuple[Node | None, ...]:  # noqa: ARG001 - has no operands
    return ()


@lowered.register
def _(node: Part, steps: Lowering) -> Symbol:
    (x,) = node.operands
    where = Integer(x.axes.index(node.axis)), Integer(node.index)
    return steps.assign(TakePart(steps.symbols[x], *where))


@lowered.register
def _(node: Placed, steps: Lowering) -> Symbol:
    length = steps.argument(node.axis) if node.length is None else Integer(node.length)
    where = Integer(node.axes.index(node.axis)), Integer(node.index)
    return steps.assign(PlacePart(steps.symbols[node.operands[0]], *where, length))


@lowered.register
def _(node: Position, steps: Lowering) -> Symbol:
    return steps.assign(Positions(steps.argument(node.axes[0])))


@written_out.register
def _(node: Part, write: Write) -> Expr:
    (whole,) = map(write, node.operands)
    return applied(str(node.index + 1), (node.axis,), node.axes, [whole], PartOf)


@written_out.register
def _(node: Placed, write: Write) -> Expr:
    (here,) = map(write, node.operands)
    before = [S.Zero] * node.index
    return applied("", (node.axis,), node.axes, [*before, here], SideBySide)


@written_out.register
def _(node: Position, write: Write) -> Expr:  # noqa: ARG001 - has no operands
    return applied("index", (), node.axes, [size(node.axes[0])])


@one_entry.register
def _(node: Part, indices: Indices, supply: IndexSupply) -> Expr:
    return supply.write(node.operands[0], {**indices, node.axis: Integer(node.index)})


@one_entry.register
def _(node: Placed, indices: Indices, supply: IndexSupply) -> Expr:
    here = KroneckerDelta(indices[node.axis], node.index)
    return here * supply.write(node.operands[0], indices)


@one_entry.register
def _(node: Position, indices: Indices, supply: IndexSupply) -> Expr:  # noqa: ARG001
    return indices[node.axes[0]]
