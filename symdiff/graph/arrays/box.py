"""Recognise tables of places that are slices: for each axis an index or a range with a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Expr, Integer

from symdiff.notation.arrays import ArrayFunction


@dataclass(frozen=True)
class Box:
    """A slice along each axis of an array: from `start`, by `step`, along an axis of the result."""

    starts: tuple[int, ...]
    steps: tuple[int, ...]  # 0 for a single index
    along: tuple[int | None, ...]  # which axis of the result; None for a single index
    lengths: tuple[int, ...]  # of the result's axes

    def at(self, indices: Sequence[Expr]) -> list[Expr]:
        """The array's index along each axis for an entry of the result."""
        return [
            Integer(start) if axis is None else start + step * indices[axis]
            for start, step, axis in zip(self.starts, self.steps, self.along, strict=True)
        ]

    def written(self, shape: Sequence[int]) -> str:
        """The text of the slice for an array of that shape: `0, 1:3`."""
        return ", ".join(
            str(start) if axis is None else _slice(start, step, self.lengths[axis], length)
            for start, step, axis, length in zip(
                self.starts, self.steps, self.along, shape, strict=True
            )
        )


class Boxed(ArrayFunction):
    """The entries of an array at a slice: x[0, 1:3]."""

    def _sympystr(self, printer: Any) -> str:
        (whole,) = self.operands
        text = printer._print(whole)
        bare = text if whole.is_Symbol else f"({text})"
        return f"{bare}[{self.name}]"

    def _latex(self, printer: Any) -> str:
        (whole,) = self.operands
        text = printer._print(whole)
        bare = text if whole.is_Symbol else rf"\left({text}\right)"
        return rf"{bare}[{self.name}]"


def box(table: npt.NDArray[np.int64], shape: Sequence[int]) -> Box | None:
    """The slice that a table of places is, in an array of that shape; None if it is none.

    The result's axes are the array's in their order, or one is left out; there is no −1.
    """
    if not table.size or table.min() < 0 or not shape:
        return None
    coordinates = np.unravel_index(table, tuple(shape))
    starts, steps, along = [], [], []
    expected: list[int] = []
    for coordinate in coordinates:
        start = int(coordinate[(0,) * table.ndim])
        varies = [
            axis
            for axis, length in enumerate(table.shape)
            if length > 1 and coordinate[tuple(int(a == axis) for a in range(table.ndim))] != start
        ]
        if len(varies) > 1:
            return None
        axis = varies[0] if varies else None
        step = 0
        if axis is not None:
            second = coordinate[tuple(int(a == axis) for a in range(table.ndim))]
            step = int(second) - start
            ramp = np.arange(table.shape[axis]).reshape(
                [-1 if a == axis else 1 for a in range(table.ndim)]
            )
            if not np.array_equal(np.broadcast_to(start + step * ramp, table.shape), coordinate):
                return None
            expected.append(axis)
        elif not (coordinate == start).all():
            return None
        starts.append(start)
        steps.append(step)
        along.append(axis)
    if expected != [axis for axis, length in enumerate(table.shape) if length > 1]:
        return None  # turned, or repeated along an axis: no slice
    return Box(tuple(starts), tuple(steps), tuple(along), table.shape)


def _slice(start: int, step: int, count: int, length: int) -> str:
    stop = start + step * count
    if step > 0:
        first, last = str(start) if start else "", "" if stop >= length else str(stop)
    else:
        first, last = "" if start == length - 1 else str(start), "" if stop < 0 else str(stop)
    return f"{first}:{last}" + (f":{step}" if step != 1 else "")
