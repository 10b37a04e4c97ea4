"""Take entries of an array by a table of places, and the transpose: add entries at places.

Whatever moves data without computing (slices, flips, padding, unfolding, sorting by a fixed order,
an embedding's rows) is a table. Each of the two kinds is the other's adjoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy
from sympy import Expr, Symbol

from symdiff.graph.arrays.box import Boxed, box
from symdiff.graph.arrays.numbers import Numbers
from symdiff.graph.arrays.steps import ArrayOperation, Roundings, ValueOf, operation
from symdiff.graph.kinds.einsum import broadcast
from symdiff.graph.kinds.elementwise import constant
from symdiff.graph.node import Entries, Indices, Node, Steps, Write
from symdiff.notation.arrays import Axes, applied
from symdiff.trees.extent import TooLarge

Shape = tuple[int, ...]


class Gather(Node):
    """The operand's entries at the places of `table`, 0 where that is −1.

    A place counts the operand's entries in C order over its axes, whose lengths are `shape`; the
    table has the shape of the result. `chosen` says that the places are the outcome of comparing
    the operand's entries, as those of the largest are: one that is no number leaves all open.
    """

    __slots__ = ("chosen", "shape", "table")
    shape: Shape
    table: Numbers
    chosen: bool

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """The cotangent's entries added at the places they were taken from."""
        whole = broadcast(cotangent, self.axes)
        return (Scatter(self.operands[0].axes, (whole,), self.chosen, self.shape, self.table),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step of numpy's take."""
        value, zero = steps.value(self.operands[0]), steps.assign(sympy.S.Zero)
        return steps.assign(operation(gathered, value, self.table, zero))

    def whole(self, write: Write) -> Expr:
        """The text x[0, 1:3] where the places are a slice, else gather and the table's name."""
        (x,) = map(write, self.operands)
        found = box(self.table.array, self.shape)
        if found is None:
            return applied(f"gather_{self.table.name}", (), self.axes, [x])
        return applied(found.written(self.shape), self.operands[0].axes, self.axes, [x], Boxed)

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """The operand's entry at the slice. Raises: TooLarge if the places are none."""
        found = box(self.table.array, self.shape)
        if found is None:
            raise TooLarge("as long as a table of places")
        (x,) = self.operands
        where = [indices[a] for a in self.axes]
        return entries.write(x, dict(zip(x.axes, found.at(where), strict=True)))

    @property
    def said(self) -> str:
        """The operand's lengths and the result's, for messages."""
        return _said(self)

    @property
    def lengths(self) -> Mapping[str, int]:
        """The lengths of the result's axes and the operand's, by name."""
        return _lengths(self.axes, self.operands[0].axes, self.table, self.shape)


class Scatter(Node):
    """The transpose of Gather: 0, and each of the operand's entries added at its place."""

    __slots__ = ("chosen", "shape", "table")
    shape: Shape
    table: Numbers
    chosen: bool

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """The cotangent's entries at the table's places."""
        whole = broadcast(cotangent, self.axes)
        return (Gather(self.operands[0].axes, (whole,), self.chosen, self.shape, self.table),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step that adds the entries one after the other."""
        value, zero = steps.value(self.operands[0]), steps.assign(sympy.S.Zero)
        return steps.assign(
            operation(scattered, value, self.table, self.shape, zero, kind=Scattering)
        )

    def whole(self, write: Write) -> Expr:
        """The text into_[0, 1:3](v) where the places are a slice, else scatter."""
        (x,) = map(write, self.operands)
        found = box(self.table.array, self.shape)
        if found is None:
            return applied(f"scatter_{self.table.name}", (), self.axes, [x])
        return applied(f"into[{found.written(self.shape)}]", (), self.axes, [x])

    def entry(self, indices: Indices, entries: Entries) -> Expr:  # noqa: ARG002 - none is written
        """No entry is written out. Raises: TooLarge."""
        raise TooLarge("as long as a table of places")

    @property
    def said(self) -> str:
        """The operand's lengths and the result's, for messages."""
        return _said(self)

    @property
    def lengths(self) -> Mapping[str, int]:
        """The lengths of the result's axes and the operand's, by name."""
        return _lengths(self.operands[0].axes, self.axes, self.table, self.shape)


class Scattering(ArrayOperation):
    """The step that adds entries at their places: a sum of those that share one."""

    def roundings(self, value: ValueOf, made: Any) -> Roundings:
        """The roundings of a sum of as many terms; a single term is exact."""
        entries, table, shape, zero = self.arguments(value)
        times = scattered(np.ones(np.shape(entries)), table, shape, zero)
        more = np.maximum(times - 1.0, 0.0)
        size = scattered(np.abs(entries), table, shape, zero)
        return Roundings(np.abs(made) * (more > 0), more * size)


def gathered(operand: Any, table: Numbers, zero: Any) -> Any:
    """The operand's entries at the places; `zero`, of the operand's kind, at −1."""
    places = table.array
    entries = np.append(np.ravel(operand), zero)  # −1 is the last
    return entries[places]


def scattered(operand: Any, table: Numbers, shape: Shape, zero: Any) -> Any:
    """The operand's entries added at their places; `zero`, of its kind, where there is none."""
    places, entries = table.array.ravel(), np.ravel(operand)
    result = np.full(int(np.prod(shape)), np.asarray(zero)[()], dtype=np.asarray(operand).dtype)
    here = places >= 0
    np.add.at(result, places[here], entries[here])
    return result.reshape(shape)


def gather(
    x: Node, table: npt.ArrayLike, axes: Axes, shape: Shape, *, chosen: bool = False
) -> Node:
    """Take x's entries, in C order over its axes, at the places of the table; 0 where that is −1.

    Args: table, integers, of the result's shape; axes, the result's; shape, the lengths of x's;
        chosen, whether the table is the outcome of comparing x's entries.
    Raises: ValueError if the table does not fit.
    """
    return _moved(Gather, x, tuple(axes), *_checked(table, axes, x.axes, shape), chosen=chosen)


def scatter(x: Node, table: npt.ArrayLike, axes: Axes, shape: Shape) -> Node:
    """Add x's entries to zeros over `axes` at the places of the table: the transpose of `gather`.

    Args: table, integers, of x's shape; axes, the result's; shape, their lengths.
    Raises: ValueError if the table does not fit.
    """
    return _moved(Scatter, x, tuple(axes), *_checked(table, x.axes, axes, shape))


def _moved(
    kind: type[Node], x: Node, axes: Axes, shape: Shape, table: Numbers, *, chosen: bool = False
) -> Node:
    """The node; of a scalar to a scalar the scalar itself, whose arrays are many problems."""
    if axes or x.axes:
        return kind(axes, (x,), chosen, shape, table)
    return constant(0) if table.array.item() < 0 else x


def _checked(table: npt.ArrayLike, small: Axes, large: Axes, shape: Shape) -> tuple[Shape, Numbers]:
    numbers, shape = Numbers(table), tuple(map(int, shape))
    places = numbers.array
    if places.dtype != np.int64:
        raise ValueError(f"the table has type {places.dtype}; integers are expected")
    if places.ndim != len(small) or len(shape) != len(large):
        raise ValueError(
            f"a table of shape {places.shape} over ({', '.join(small)}) and lengths {shape} over "
            f"({', '.join(large)}) do not fit; give each axis one length"
        )
    most = int(np.prod(shape))
    if places.size and not -1 <= places.min() <= places.max() < most:
        raise ValueError(
            f"the table has places from {places.min()} to {places.max()}; "
            f"of {most} entries they go from 0 to {most - 1}, or −1 for none"
        )
    return shape, numbers


def _said(moved: Gather | Scatter) -> str:
    where = (moved.operands[0].axes, moved.axes)
    both = (", ".join(f"{a} = {moved.lengths[a]}" for a in axes) for axes in where)
    return "from {} to {}".format(*(f"({text})" for text in both))


def _lengths(small: Axes, large: Axes, table: Numbers, shape: Shape) -> dict[str, int]:
    return dict(zip((*small, *large), (*table.shape, *shape), strict=True))
