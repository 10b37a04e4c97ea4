"""Flag the entries where sparsemax is positive.

An entry is in the support if those above it exceed it by less than 1 in all, Σ max(x' − x, 0) < 1.
Which ones are does not change when they change a little, so its adjoint is 0.
Source: Martins and Astudillo 2016, arXiv:1602.02068, proposition 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy
from sympy import Expr, Piecewise, Symbol

from symdiff.array_types import Float64Array
from symdiff.graph.arrays.linear_algebra import whole_line
from symdiff.graph.arrays.steps import Unmoved, operation, rows
from symdiff.graph.kinds.elementwise import zeros
from symdiff.graph.node import Entries, Indices, Node, Steps, Write, checked_axis
from symdiff.notation.arrays import applied, size
from symdiff.trees.over_index import sum_over


class Support(Node):
    """The flags 1 where sparsemax along `axis` is positive, 0 elsewhere."""

    __slots__ = ("axis",)
    axis: str

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:  # noqa: ARG002 - it is 0
        """0: flags do not change when the operand changes a little."""
        return (zeros(self.operands[0].axes),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step that flags row by row."""
        (x,) = self.operands
        axis = x.axes.index(self.axis)
        return steps.assign(operation(supported, steps.value(x), axis, kind=Unmoved))

    def whole(self, write: Write) -> Expr:
        """The text support_c(x)."""
        return applied("support", (self.axis,), self.axes, map(write, self.operands))

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """The condition [Σ max(x' − x, 0) < 1]."""
        (x,) = self.operands
        other = entries.take()
        mine, theirs = entries.write(x, indices), entries.write(x, {**indices, self.axis: other})
        above = sum_over(sympy.Max(theirs - mine, 0), (other, 0, size(self.axis) - 1))
        return Piecewise((1, above < 1), (0, True))


def supported(operand: Any, axis: int) -> Any:
    """Flag with 1 where the entries above exceed one by less than 1 in all, with 0 where by more.

    Of floats NaN where that is not decided, as where it is 1 exactly; of balls the whole line.
    """
    if operand.dtype == np.float64:
        return _flags_of_floats(operand, axis)
    return rows(_flags, operand, axis)


def _flags_of_floats(operand: Float64Array, axis: int) -> Float64Array:
    """The same of floats, all rows at once: sorted, each is below the k before it by one gap more.

    What exceeds the next entry is so what exceeded this one, and k times the gap: nothing cancels.
    """
    order = np.argsort(-operand, axis)
    entries = np.moveaxis(np.take_along_axis(operand, order, axis), axis, -1)
    higher, lower = entries[..., :-1], entries[..., 1:]
    with np.errstate(invalid="ignore"):  # ∞ − ∞, of which nothing is taken
        gaps = np.where(higher == lower, 0.0, higher - lower)
        above = np.zeros(entries.shape)
        np.cumsum(np.arange(1, entries.shape[-1]) * gaps, -1, out=above[..., 1:])
    flags = np.select([above < 1, above > 1], [1.0, 0.0], np.nan)
    flags[np.isnan(entries).any(-1)] = np.nan
    found = np.empty(operand.shape)
    np.put_along_axis(found, order, np.moveaxis(flags, -1, axis), axis)
    return found


def _flags(entries: list[Any]) -> list[float]:
    flags = []
    for mine in entries:
        above = sum((_beyond(other, mine) for other in entries), start=0)
        flags.append(1.0 if above < 1 else 0.0 if above > 1 else _either(above))
    return flags


def _either(above: Any) -> Any:
    """What is said where it is not decided: NaN, of a ball that has a value the whole line."""
    is_ball = hasattr(above, "rel_accuracy_bits")
    return whole_line() if is_ball and not above.is_nan() else np.nan


def _beyond(other: Any, mine: Any) -> Any:
    """max(other − mine, 0), of numbers or balls that may overlap; NaN of NaN."""
    if other <= mine:
        return 0
    difference = other - mine
    return difference.max(0) if hasattr(difference, "rel_accuracy_bits") else difference


def support(x: Node, axis: str) -> Node:
    """Flag the entries where sparsemax of x is positive.

    Raises: ValueError if x has no such axis.
    """
    return Support(x.axes, (x,), checked_axis(x, axis, "to go over"))
