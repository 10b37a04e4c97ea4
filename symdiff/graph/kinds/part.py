"""Take an array's part at one index of an axis, and place a part among zeros.

The two are each other's transposes, so they are closed under adjoints, at any length of the axis:
where lengths are known, `gather` takes any entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sympy import Expr, Integer, KroneckerDelta, S, Symbol

from symdiff.graph.arrays.steps import count, operation
from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.node import Entries, Indices, Node, Steps, Write, checked_axis
from symdiff.notation.arrays import PartOf, SideBySide, applied


class Part(Node):
    """The operand's part at one index of an axis, which vanishes."""

    __slots__ = ("axis", "index")
    axis: str
    index: int

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """The cotangent placed at the index, among zeros."""
        return (Placed(self.operands[0].axes, (cotangent,), self.axis, self.index, None),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step of numpy's take."""
        (x,) = self.operands
        where = x.axes.index(self.axis)
        return steps.assign(operation(taken, steps.value(x), where, self.index))

    def whole(self, write: Write) -> Expr:
        """The text x₁."""
        (whole,) = map(write, self.operands)
        return applied(str(self.index + 1), (self.axis,), self.axes, [whole], PartOf)

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """The operand's entry at the index."""
        return entries.write(self.operands[0], {**indices, self.axis: Integer(self.index)})


class Placed(Node):
    """The operand at one index of a new axis and 0 at the others.

    The new axis is where `axes` has it; `length` is None where an input says how long it is.
    """

    __slots__ = ("axis", "index", "length")
    axis: str
    index: int
    length: int | None

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """The cotangent's part at the index."""
        return (Part(self.operands[0].axes, (cotangent,), self.axis, self.index),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step that stacks the value and zeros."""
        length = steps.argument(self.axis) if self.length is None else self.length
        where = self.axes.index(self.axis)
        value = steps.value(self.operands[0])
        return steps.assign(operation(placed, value, where, self.index, length))

    def whole(self, write: Write) -> Expr:
        """The text [a, 0]."""
        (here,) = map(write, self.operands)
        before = [S.Zero] * self.index
        return applied("", (self.axis,), self.axes, [*before, here], SideBySide)

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """The operand's entry times δ of the index."""
        here = KroneckerDelta(indices[self.axis], self.index)
        return here * entries.write(self.operands[0], indices)


def taken(operand: Any, axis: int, index: int) -> Any:
    """The operand's part at one index of an axis, which vanishes."""
    return np.take(operand, index, axis)


def placed(operand: Any, axis: int, index: int, length: Any) -> Any:
    """The transpose of `taken`: the operand at one index of a new axis, zeros at the others."""
    nothing = operand * 0  # of the operand's kind; x − x of a ball is no exact 0
    return np.stack([operand if i == index else nothing for i in range(count(length))], axis)


def part(x: Node, axis: str, index: int) -> Node:
    """Take the part of x at one index of an axis. Raises: ValueError if x has no such axis."""
    checked_axis(x, axis, "to take a part of")
    return Part(tuple(a for a in x.axes if a != axis), (x,), axis, index)


def stack(parts: Sequence[Node], axis: str, at: int = 0) -> Node:
    """Stack the parts along a new axis, at position `at` of the result's axes."""
    own = parts[0].axes
    axes = (*own[:at], axis, *own[at:])
    every = [Placed(axes, (p,), axis, i, len(parts)) for i, p in enumerate(parts)]
    return elementwise(lambda *each: sum(each), *every)
