"""Evaluate a table: from the bits of a point to its row, and Horner's rule there.

Every operation is one IEEE operation, and a fused multiply-add is asked for by name, so that the
bounds of `cell` can count roundings. Numba is given no fast-math flag: reassociation would void
them. A machine without the instruction gets libm's exact fma, slowly.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from symdiff.array_types import BoolArray, Float64Array
from symdiff.float_balls.fma import fma, from_bits
from symdiff.float_balls.jit import compiled

_BLOCK = 256  # points tried for a common row: 2 KiB of bits, long enough to pay for the test
# NumPy's unsigned scalars keep the kernel's integers unsigned: an index needs no test for < 0.
_ZERO, _UNIT, _ALL, _FAN, _DEEP, _FAN_BITS = (np.uint64(n) for n in (0, 1, 64, 0x7F, 0x80, 8))
MANTISSA = np.uint64((1 << 52) - 1)
LEADING = np.uint64(12)  # sign and exponent
ONE = np.uint64(0x3FF << 52)  # the bits of 1.0


_jit = compiled(nogil=True, boundscheck=False, error_model="numpy")
_inline = numba.njit(inline="always", error_model="numpy")


@_inline
def descend(bits: Any, tree: Any, nodes: Any, used: Any) -> Any:
    """For each point of a block its leaf, and how many leading bits of its pattern choose it.

    A leaf is its own child by 0 bits, so that all points take the same steps and the loop runs on
    vector registers; one step serves all but the binades that hold a breakpoint or a root.
    """
    for i in range(len(bits)):
        nodes[i] = bits[i] >> np.uint64(52)
        used[i] = 12
    taken = _UNIT
    while taken:
        taken = _ZERO
        for i in range(len(bits)):
            entry = tree[nodes[i]]
            fan = entry & _FAN
            taken |= entry & _DEEP
            used[i] += fan
            below = (bits[i] >> (_ALL - used[i])) & ((_UNIT << fan) - _UNIT)
            nodes[i] = (entry >> _FAN_BITS) + below


@_inline
def offset(bits: Any, used: Any) -> Any:
    """The exact u = (x − centre)/width in [−½, ½): the bits below the prefix as a fraction."""
    return from_bits(((bits << (used - LEADING)) & MANTISSA) | ONE) - 1.5


@_inline
def _two_sum(a: Any, b: Any) -> Any:
    s = a + b
    back = s - a
    return s, (a - (s - back)) + (b - back)


@_inline
def horner(c0: Any, c1: Any, c2: Any, c3: Any, c4: Any, c5: Any, c6: Any, u: Any) -> Any:
    """The sum Σ cₖ uᵏ, k ≤ 6, by Horner's rule with one rounding a step."""
    return fma(fma(fma(fma(fma(fma(c6, u, c5), u, c4), u, c3), u, c2), u, c1), u, c0)


@_inline
def single(rows: Any, row: Any, u: Any) -> Any:
    """Evaluate the polynomial of a row of degree 6."""
    return horner(
        rows[row, 0], rows[row, 1], rows[row, 2], rows[row, 3],
        rows[row, 4], rows[row, 5], rows[row, 6], u,
    )  # fmt: skip  # two lines, not eight


@_inline
def _double(rows: Any, row: Any, u: Any) -> Any:
    """scale · Σ cₖ uᵏ, k ≤ 10, as a double-double: c₀ and c₁ are double-doubles themselves.

    A row is (c₀ high, c₀ low, c₁ high, c₁ low, c₂ … c₁₀, scale, bound, unused).
    """
    q = rows[row, 12]
    for k in range(11, 3, -1):
        q = fma(q, u, rows[row, k])
    p = q * u
    t, tail = _two_sum(rows[row, 2], p)
    tail = tail + rows[row, 3]
    product = t * u
    rest = fma(t, u, -product)
    rest = fma(tail, u, rest)
    s, error = _two_sum(rows[row, 0], product)
    error = error + (rows[row, 1] + rest)
    high, low = _two_sum(s, error)
    return high * rows[row, 13], low * rows[row, 13]


@_inline
def alike(bits: Any, used: Any) -> Any:
    """Whether all points of a block have the leading bits of its first."""
    different = np.uint64(0)
    for i in range(len(bits)):
        different |= bits[i] ^ bits[0]
    return different >> (_ALL - used) == 0


@_jit
def evaluate_single(
    bits: npt.NDArray[np.uint64],
    table: tuple[npt.NDArray[np.uint64], Float64Array],
    asked: tuple[float, float],
    results: tuple[Float64Array, Float64Array, BoolArray],
) -> None:
    """Evaluate rows of degree 6 at points given by their bits: values and bounds.

    Args: table, tree and rows (see `table.Table`), where the row of an open leaf is NaN ± ∞;
        asked, `relative` and `absolute`: a point is certified if its bound is at most
        relative·|value| or `absolute`; results, arrays for the values, bounds and certificates.
    """
    tree, rows = table
    relative, absolute = asked
    high, bound, certified = results
    nodes, used = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint64)
    # The loop that gathers from `rows` writes to arrays made here: of `high` the compiler cannot
    # know that it is not `rows`, and would not vectorise.
    values, bounds = np.empty(_BLOCK), np.empty(_BLOCK)
    for start in range(0, len(bits), _BLOCK):
        block = bits[start : start + _BLOCK]
        descend(block[:1], tree, nodes, used)
        if alike(block, used[0]):  # neighbouring points: the row stays in registers
            row, shift = nodes[0], used[0] - LEADING
            c0, c1, c2, c3 = rows[row, 0], rows[row, 1], rows[row, 2], rows[row, 3]
            c4, c5, c6, b = rows[row, 4], rows[row, 5], rows[row, 6], rows[row, 7]
            for i in range(len(block)):
                u = from_bits(((block[i] << shift) & MANTISSA) | ONE) - 1.5
                r = horner(c0, c1, c2, c3, c4, c5, c6, u)
                high[start + i] = r
                bound[start + i] = b
                certified[start + i] = max(relative * abs(r), absolute) >= b
            continue
        descend(block, tree, nodes, used)
        for i in range(len(block)):
            row = nodes[i]
            values[i] = single(rows, row, offset(block[i], used[i]))
            bounds[i] = rows[row, 7]
        for i in range(len(block)):
            high[start + i] = values[i]
            bound[start + i] = bounds[i]
            certified[start + i] = max(relative * abs(values[i]), absolute) >= bounds[i]


@_jit
def evaluate_double(
    bits: npt.NDArray[np.uint64],
    table: tuple[npt.NDArray[np.uint64], Float64Array],
    asked: tuple[float, float],
    results: tuple[Float64Array, Float64Array, Float64Array, BoolArray],
) -> None:
    """Evaluates rows of degree 10 at points given by their bits, into double-doubles.

    Args: results, arrays for the high parts, low parts, bounds and certificates.
    """
    tree, rows = table
    relative, absolute = asked
    high, low, bound, certified = results
    nodes, used = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint64)
    for start in range(0, len(bits), _BLOCK):
        block = bits[start : start + _BLOCK]
        descend(block, tree, nodes, used)
        for i in range(len(block)):
            row, at = nodes[i], start + i
            high[at], low[at] = _double(rows, row, offset(block[i], used[i]))
            bound[at] = rows[row, 14]
            certified[at] = max(relative * abs(high[at]), absolute) >= rows[row, 14]
