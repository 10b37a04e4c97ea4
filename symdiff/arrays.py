"""The array operations of a program, for arrays of floats and of numbers of any kind alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sympy import Symbol

ValueOf = Callable[[Symbol], Any]  # the value computed for a symbol of a program


def contract(subscripts: str, *operands: Any) -> Any:
    """numpy.einsum; it multiplies and adds mpmath numbers and balls in object arrays too."""
    return np.einsum(subscripts, *operands)


def align(operand: Any, order: Sequence[int], shape: Sequence[int] = ()) -> Any:
    """`operand` with its axes in the given order, −1 standing for a new one.

    Args: shape, what to broadcast the result to; empty leaves new axes at length 1.
    """
    moved = np.transpose(operand, [axis for axis in order if axis >= 0])
    expanded = moved[tuple(np.newaxis if axis < 0 else slice(None) for axis in order)]
    return np.broadcast_to(expanded, tuple(map(count, shape))) if shape else expanded


def count(length: Any) -> int:
    """The length of an axis, given as a number of any kind."""
    return int(float(length))


def peak(operand: Any, axis: int) -> Any:
    """The largest along an axis; of balls that overlap any one: see `extremum.Shift`."""
    if operand.dtype != object:
        return operand.max(axis)
    return np.frompyfunc(max, 2, 1).reduce(operand, axis)


def winners(operand: Any, axis: int, ties: str) -> Any:
    """1 at the largest along an axis, 0 elsewhere, NaN where that is not decided.

    Args: ties, `first` to mark the first of equal ones only, else all.
    """
    rows = np.moveaxis(operand, axis, -1)
    flags = rows * 0
    for row in np.ndindex(rows.shape[:-1]):
        flags[row] += _largest(list(rows[row]), first=ties == "first")
    return np.moveaxis(flags, -1, axis)


def _largest(entries: list[Any], *, first: bool) -> list[float]:
    flags: list[float] = []
    for i, mine in enumerate(entries):
        if any(mine < other for other in entries):
            flags.append(0.0)
        elif all(mine >= other for j, other in enumerate(entries) if j != i):
            taken = sum(flags) if first else 0.0
            flags.append(taken if np.isnan(taken) else 1.0 - taken)
        else:
            flags.append(np.nan)
    return flags


def supported(operand: Any, axis: int) -> Any:
    """1 where the entries above along an axis exceed one by less than 1 in all, 0 where by more.

    NaN where that is not decided, as where it is 1 exactly.
    """
    rows = np.moveaxis(operand, axis, -1)
    flags = rows * 0
    for row in np.ndindex(rows.shape[:-1]):
        entries = list(rows[row])
        for i, mine in enumerate(entries):
            above = sum((other - mine for other in entries if other > mine), start=mine * 0)
            flags[(*row, i)] += 1.0 if above < 1 else 0.0 if above > 1 else np.nan
    return np.moveaxis(flags, -1, axis)


def part(operand: Any, axis: int, index: int) -> Any:
    """The operand at one index of an axis, which vanishes."""
    return np.take(operand, index, axis)


def placed(operand: Any, axis: int, index: int, length: Any) -> Any:
    """The transpose of `part`: the operand at one index of a new axis, zeros at the others."""
    nothing = operand * 0  # of the operand's kind; x − x of a ball is no exact 0
    return np.stack([operand if i == index else nothing for i in range(count(length))], axis)


def positions(length: Any) -> Any:
    """0, 1, 2, … up to a length, in numbers of the length's kind."""
    return np.array([length * 0 + i for i in range(count(length))])
