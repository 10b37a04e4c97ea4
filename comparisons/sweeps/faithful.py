"""Which gradients of a sweep are plainly faithful, at memory speed.

Nearly all are, and they need no conditioning, kinks or categories; the few others go to the judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array, FloatType
from symdiff.array_types import IndexArray
from symdiff.float_balls.fma import from_bits, to_bits
from symdiff.float_balls.jit import compiled
from symdiff.oracle.enclosures.enclosure import Enclosure
from symdiff.oracle.tables.kernel import (
    LEADING,
    MANTISSA,
    ONE,
    alike,
    descend,
    horner,
    offset,
    single,
)
from symdiff.oracle.tables.table import Table

CORRECT, FAITHFUL, OTHER = 0, 1, 2
_EXPONENT = np.uint64(0x7FF0000000000000)  # the exponent field of a float64
_BLOCK = 256  # points tried for a common row of the table


class Most(NamedTuple):
    """What is the most among gradients that are plainly faithful, in ulp."""

    bulk: float  # error where |g| is at least `bulk_from`
    above: float  # error upwards
    below: float  # error downwards
    smallest: float  # |g|, not in ulp; infinite if there is none

    def joined(self, other: Most) -> Most:
        """That among the gradients of both."""
        return Most(
            max(self.bulk, other.bulk),
            max(self.above, other.above),
            max(self.below, other.below),
            min(self.smallest, other.smallest),
        )


class Sorted(NamedTuple):
    """Each gradient's kind, and what is the most among those of the first two kinds."""

    kind: npt.NDArray[np.uint8]
    most: Most


class Counted(NamedTuple):
    """What `sort_patterns` found among consecutive values, and what it left."""

    correct: int
    faithful: int
    most: Most
    other: IndexArray  # the places of those that are neither, with the truth there
    high: Float64Array
    bound: Float64Array
    open: IndexArray  # the places where the table says nothing


@dataclass(frozen=True)
class Thresholds:
    """The units and thresholds that gradients of a type are sorted by."""

    smallest_normal: float
    scale: float
    bulk_from: float

    @classmethod
    def of(cls, dtype: FloatType, bulk_from: float) -> Thresholds:
        """Those of a type narrower than float64."""
        return cls(dtype.smallest_normal, 2.0 ** (1 - dtype.precision), bulk_from)


def classify(
    computed: Float64Array, truth: Enclosure, dtype: FloatType, bulk_from: float
) -> Sorted:
    """Sort each gradient into CORRECT, FAITHFUL, or OTHER where neither is certain.

    Args: computed, values of a type narrower than float64; truth, of the same shape.
    """
    kind = np.empty(computed.size, dtype=np.uint8)
    line = Thresholds.of(dtype, bulk_from)
    most = _classify(
        computed,
        (truth.high, truth.low, truth.bound),
        (line.smallest_normal, line.scale, line.bulk_from),
        kind,
    )
    return Sorted(kind, Most(*map(float, most)))


def sort_patterns(
    first: int, computed: npt.NDArray[np.float32], table: Table, dtype: FloatType, bulk_from: float
) -> Counted:
    """Sort the gradients at consecutive float32 values beside the truth that a table has.

    One pass, in which a value, its truth and its error are never in memory; what is counted is
    what `classify` counts.

    Args: first, the bit pattern of the first value; computed, contiguous; table, for float32.
    """
    count = len(computed)
    other, open_ = np.empty(count, np.intp), np.empty(count, np.intp)
    high, bound = np.empty(count), np.empty(count)
    line = Thresholds.of(dtype, bulk_from)
    found = _sort_patterns(
        np.uint32(first),
        computed,
        (table.tree, table.rows),
        table.quality,
        (line.smallest_normal, line.scale, line.bulk_from),
        (other, high, bound, open_),
    )
    (correct, faithful, others, opens), most = found
    left = slice(others)
    return Counted(
        correct, faithful, Most(*most), other[left], high[left], bound[left], open_[:opens]
    )


@numba.njit(error_model="numpy")
def _kind(computed: Any, high: Any, low: Any, bound: Any, unit: Any) -> Any:
    """CORRECT, FAITHFUL or OTHER, and the most that the error can be.

    The error lies within |ĝ − high| ± (|low| + bound), up to four roundings of 2⁻⁵³ each, which
    `slack` covers; only what holds for the whole interval is said. A NaN or an infinity fails
    every comparison and so is OTHER.
    """
    slack = 1 + 2.0**-50
    error = abs(computed - high)
    doubt = (abs(low) + bound) * slack
    most = (error + doubt) * slack
    if most <= 0.5 * unit:
        return CORRECT, most
    if most < unit and error / slack - doubt > 0.5 * unit:
        return FAITHFUL, most
    return OTHER, most


@compiled(nogil=True, error_model="numpy")
def _classify(
    computed: Float64Array,
    truth: tuple[Float64Array, Float64Array, Float64Array],
    line: tuple[float, float, float],
    kind: npt.NDArray[np.uint8],
) -> Any:
    high, low, bound = truth
    smallest_normal, scale, bulk_from = line
    bulk = above = below = 0.0
    smallest = np.inf
    for i in range(computed.size):
        # |g| with its significand cleared: 2^⌊log₂|g|⌋, as ulp(g) needs it
        binade = from_bits(to_bits(high[i]) & _EXPONENT)
        unit = max(binade, smallest_normal) * scale
        kind[i], most = _kind(computed[i], high[i], low[i], bound[i], unit)
        if kind[i] == OTHER:
            continue
        # A division only where a maximum grows, which is seldom.
        size = abs(high[i])
        smallest = min(smallest, size)
        if size >= bulk_from and most > bulk * unit:
            bulk = most / unit
        if computed[i] < high[i]:
            if most > below * unit:
                below = most / unit
        elif most > above * unit:
            above = most / unit
    return bulk, above, below, smallest


@numba.njit(error_model="numpy")
def _extremes(high: Any, computed: Any, bound: Any) -> Any:
    """The least and the greatest |g|, and the most that an error upwards and downwards can be.

    As `_kind` has it, where all are bounded alike; on vector registers. NaN makes an error of ∞.
    """
    slack = 1 + 2.0**-50
    doubt = bound * slack
    least, greatest, up, down = np.inf, 0.0, 0.0, 0.0
    strange = False
    for i in range(len(high)):
        g, g_hat = high[i], np.float64(computed[i])
        size, most = abs(g), (abs(g_hat - g) + doubt) * slack
        least = min(least, size)
        greatest = max(greatest, size)
        up_here, down_here = (0.0 if g_hat < g else most), (most if g_hat < g else 0.0)
        up = max(up, up_here)
        down = max(down, down_here)
        strange |= not most < np.inf
    return least, greatest, (np.inf if strange else up), down


@compiled(nogil=True, error_model="numpy")
def _sort_patterns(  # noqa: PLR0915 - one pass
    first: np.uint32,
    computed: npt.NDArray[np.float32],
    table: tuple[npt.NDArray[np.uint64], Float64Array],
    quality: tuple[float, float],
    line: tuple[float, float, float],
    left: tuple[IndexArray, Float64Array, Float64Array, IndexArray],
) -> Any:
    tree, rows = table
    relative, absolute = quality
    smallest_normal, scale, bulk_from = line
    other, highs, bounds, open_ = left
    bulk = above = below = 0.0
    smallest = np.inf
    correct = faithful = others = opens = 0
    patterns = np.empty(_BLOCK, np.uint32)
    points, values, errors = patterns.view(np.float32), np.empty(_BLOCK), np.empty(_BLOCK)
    bits = np.empty(_BLOCK, np.uint64)
    nodes, used = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint64)
    for start in range(0, len(computed), _BLOCK):
        count = min(_BLOCK, len(computed) - start)
        for i in range(count):
            patterns[i] = first + np.uint32(start + i)
        for i in range(count):
            bits[i] = to_bits(np.float64(points[i]))
        block = bits[:count]
        descend(block[:1], tree, nodes, used)
        if alike(block, used[0]):  # neighbouring points: the row stays in registers
            row, shift = nodes[0], used[0] - LEADING
            c0, c1, c2, c3 = rows[row, 0], rows[row, 1], rows[row, 2], rows[row, 3]
            c4, c5, c6, b = rows[row, 4], rows[row, 5], rows[row, 6], rows[row, 7]
            for i in range(count):
                u = from_bits(((block[i] << shift) & MANTISSA) | ONE) - 1.5
                values[i] = horner(c0, c1, c2, c3, c4, c5, c6, u)
                errors[i] = b
            least, greatest, up, down = _extremes(
                values[:count], computed[start : start + count], b
            )
            unit = max(from_bits(to_bits(least) & _EXPONENT), smallest_normal) * scale
            same = greatest < 2 * max(from_bits(to_bits(least) & _EXPONENT), smallest_normal)
            certain = max(relative * least, absolute) >= b
            bulky = least >= bulk_from
            if certain and same and (bulky or greatest < bulk_from) and max(up, down) <= unit / 2:
                correct += count
                smallest = min(smallest, least)
                above, below = max(above, up / unit), max(below, down / unit)
                if bulky:
                    bulk = max(bulk, max(up, down) / unit)
                continue
        else:
            descend(block, tree, nodes, used)
            for i in range(count):
                row = nodes[i]
                values[i] = single(rows, row, offset(block[i], used[i]))
                errors[i] = rows[row, 7]
        for i in range(count):
            high, bound = values[i], errors[i]
            if not max(relative * abs(high), absolute) >= bound:
                open_[opens] = start + i
                opens += 1
                continue
            g_hat = np.float64(computed[start + i])
            unit = max(from_bits(to_bits(high) & _EXPONENT), smallest_normal) * scale
            kind, most = _kind(g_hat, high, 0.0, bound, unit)
            if kind == OTHER:
                other[others], highs[others], bounds[others] = start + i, high, bound
                others += 1
                continue
            if kind == CORRECT:
                correct += 1
            else:
                faithful += 1
            size = abs(high)
            smallest = min(smallest, size)
            if size >= bulk_from and most > bulk * unit:
                bulk = most / unit
            if g_hat < high:
                if most > below * unit:
                    below = most / unit
            elif most > above * unit:
                above = most / unit
    return (correct, faithful, others, opens), (bulk, above, below, smallest)
