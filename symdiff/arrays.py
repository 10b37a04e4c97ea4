"""The two array operations of a program, for arrays of floats and of numbers of any kind alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def contract(subscripts: str, *operands: Any) -> Any:
    """numpy.einsum; it multiplies and adds mpmath numbers and balls in object arrays too."""
    return np.einsum(subscripts, *operands)


def align(operand: Any, order: Sequence[int], shape: Sequence[int] = ()) -> Any:
    """`operand` with its axes in the given order, −1 standing for a new one.

    Args: shape, what to broadcast the result to; empty leaves new axes at length 1.
    """
    moved = np.transpose(operand, [axis for axis in order if axis >= 0])
    expanded = moved[tuple(np.newaxis if axis < 0 else slice(None) for axis in order)]
    return np.broadcast_to(expanded, tuple(map(int, shape))) if shape else expanded
