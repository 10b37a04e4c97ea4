"""Evaluation of a table: from the bits of a point to its row, and Horner's rule there.

Every operation is one IEEE operation, and a fused multiply-add is asked for by name, so that the
bounds of `cell` can count roundings. Numba is given no fast-math flag: reassociation would void
them. A machine without the instruction gets libm's exact fma, slowly.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import intrinsic

from symdiff.oracle.enclosure import BoolArray, Float64Array

_BLOCK = 256  # points tried for a common row: 2 KiB of bits, long enough to pay for the test
_MANTISSA = np.uint64((1 << 52) - 1)
_ONE = np.uint64(0x3FF << 52)  # the bits of 1.0
OPEN = -1  # the row of points that no row serves


@intrinsic
def _fma(context: Any, a: Any, b: Any, c: Any) -> Any:  # noqa: ARG001 - numba passes its context
    """a·b + c, rounded once."""
    signature = types.float64(types.float64, types.float64, types.float64)

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001 - as above
        return builder.fma(*arguments)

    return signature, lower


@intrinsic
def _from_bits(context: Any, bits: Any) -> Any:  # noqa: ARG001 - as above
    """The float64 with these bits."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return types.float64(types.uint64), lower


_jit = numba.njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
_inline = numba.njit(inline="always", error_model="numpy")


@_inline
def _row(bits: Any, first: Any, fan: Any) -> Any:
    """The row of a point, and how many leading bits of its pattern choose it."""
    node = np.int64(bits >> np.uint64(52))
    used = 12
    while fan[node] > 0:
        used += fan[node]
        mask = np.uint64((1 << fan[node]) - 1)
        node = first[node] + np.int64((bits >> np.uint64(64 - used)) & mask)
    return first[node], used


@_inline
def _offset(bits: Any, used: Any) -> Any:
    """u = (x − centre)/width in [−½, ½), exactly: the bits below the prefix, read as a fraction."""
    return _from_bits(((bits << np.uint64(used - 12)) & _MANTISSA) | _ONE) - 1.5


@_inline
def _two_sum(a: Any, b: Any) -> Any:
    s = a + b
    back = s - a
    return s, (a - (s - back)) + (b - back)


@_inline
def _single(row: Any, u: Any) -> Any:
    """Σ row[k] uᵏ, k ≤ 6, by Horner's rule with one rounding a step."""
    r = row[6]
    r = _fma(r, u, row[5])
    r = _fma(r, u, row[4])
    r = _fma(r, u, row[3])
    r = _fma(r, u, row[2])
    r = _fma(r, u, row[1])
    return _fma(r, u, row[0])


@_inline
def _double(row: Any, u: Any) -> Any:
    """scale · Σ cₖ uᵏ, k ≤ 10, as a double-double: c₀ and c₁ are double-doubles themselves.

    row = (c₀ high, c₀ low, c₁ high, c₁ low, c₂ … c₁₀, scale, bound).
    """
    q = row[12]
    for k in range(11, 3, -1):
        q = _fma(q, u, row[k])
    p = q * u
    t, tail = _two_sum(row[2], p)
    tail = tail + row[3]
    product = t * u
    rest = _fma(t, u, -product)
    rest = _fma(tail, u, rest)
    s, error = _two_sum(row[0], product)
    error = error + (row[1] + rest)
    high, low = _two_sum(s, error)
    return high * row[13], low * row[13]


@_inline
def _run(bits: Any, start: Any, stop: Any, first: Any, fan: Any) -> Any:
    """The row that all points of a block share, or OPEN."""
    row, used = _row(bits[start], first, fan)
    different = np.uint64(0)
    for i in range(start, stop):
        different |= bits[i] ^ bits[start]
    return (row if different >> np.uint64(64 - used) == 0 else OPEN), used


@_jit
def evaluate_single(
    bits: npt.NDArray[np.uint64],
    first: npt.NDArray[np.int32],
    fan: npt.NDArray[np.int32],
    rows: Float64Array,
    relative: float,
    absolute: float,
    high: Float64Array,
    bound: Float64Array,
    certified: BoolArray,
) -> None:
    """Values and bounds at the points with these bits, for rows of degree 6: 7 numbers and bound.

    A point is certified if its bound is at most relative·|value| or `absolute`. A point without
    a row gets NaN ± ∞.
    """
    for start in range(0, len(bits), _BLOCK):
        stop = min(start + _BLOCK, len(bits))
        shared, used = _run(bits, start, stop, first, fan)
        if shared != OPEN:  # neighbouring points: one row, and the loop runs on vector registers
            c0, c1, c2, c3 = rows[shared, 0], rows[shared, 1], rows[shared, 2], rows[shared, 3]
            c4, c5, c6, b = rows[shared, 4], rows[shared, 5], rows[shared, 6], rows[shared, 7]
            shift = np.uint64(used - 12)
            for i in range(start, stop):
                u = _from_bits(((bits[i] << shift) & _MANTISSA) | _ONE) - 1.5
                r = _fma(c6, u, c5)
                r = _fma(r, u, c4)
                r = _fma(r, u, c3)
                r = _fma(r, u, c2)
                r = _fma(r, u, c1)
                r = _fma(r, u, c0)
                high[i] = r
                bound[i] = b
                certified[i] = max(relative * abs(r), absolute) >= b
            continue
        for i in range(start, stop):
            index, used = _row(bits[i], first, fan)
            if index == OPEN:
                high[i], bound[i], certified[i] = np.nan, np.inf, False
                continue
            row = rows[index]
            value = _single(row, _offset(bits[i], used))
            high[i], bound[i] = value, row[7]
            certified[i] = max(relative * abs(value), absolute) >= row[7]


@_jit
def evaluate_double(
    bits: npt.NDArray[np.uint64],
    first: npt.NDArray[np.int32],
    fan: npt.NDArray[np.int32],
    rows: Float64Array,
    relative: float,
    absolute: float,
    high: Float64Array,
    low: Float64Array,
    bound: Float64Array,
    certified: BoolArray,
) -> None:
    """As `evaluate_single`, for rows of degree 10 and values that are double-doubles."""
    for i in range(len(bits)):
        index, used = _row(bits[i], first, fan)
        if index == OPEN:
            high[i], low[i], bound[i], certified[i] = np.nan, 0.0, np.inf, False
            continue
        row = rows[index]
        high[i], low[i] = _double(row, _offset(bits[i], used))
        bound[i] = row[14]
        certified[i] = max(relative * abs(high[i]), absolute) >= row[14]
