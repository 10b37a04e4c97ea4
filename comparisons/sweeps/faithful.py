"""Sort out at memory speed the gradients of a sweep that are plainly faithful.

Nearly all are, and they need no conditioning, kinks or categories; the few others go to the judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array, FloatType
from comparisons.sweeps.counted import Counted, Most, Sorted
from symdiff.array_types import IndexArray
from symdiff.float_balls.fma import from_bits, to_bits
from symdiff.float_balls.jit import compiled
from symdiff.oracle.enclosures.enclosure import Enclosure
from symdiff.oracle.tables import kernel
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
_HUGE = np.int64((1 << 63) - 1)
_BLOCK = 256  # points tried for a common row of the table
_WIDE = 8192  # points tried for one truth and one gradient
_FLAT = 2.0**-57  # what a polynomial may add to its constant, relatively, and be lost in rounding
_FAR_FROM_UNDERFLOW = 2.0**-900


@dataclass(frozen=True)
class Thresholds:
    """The units and thresholds by which gradients of a type are sorted."""

    smallest_normal: float
    scale: float
    bulk_from: float

    @classmethod
    def of(cls, dtype: FloatType, bulk_from: float) -> Thresholds:
        """The thresholds of a type narrower than float64."""
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


@compiled(made_of=(kernel,), nogil=True, error_model="numpy")
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


class _Between(NamedTuple):
    """The bits of errors that sort a gradient, where all are bounded alike and have one unit.

    CORRECT up to `correct`, FAITHFUL from `far` up to `under`, and else OTHER.
    """

    correct: np.int64  # −1 if none is
    far: np.int64
    under: np.int64


@numba.njit(error_model="numpy")
def _between(bound: Any, unit: Any) -> Any:
    """The bits at which `_kind` changes its answer, found by halving.

    Each of its three comparisons holds up to some error and not beyond, or from some on: sums,
    products and quotients grow with their operands, and so they do rounded. The bits of floating
    numbers that are not negative are in the numbers' order.
    """
    slack = 1 + 2.0**-50
    doubt = bound * slack
    found = (np.int64(-1), np.int64(-1), np.int64(-1))
    step = np.int64(1) << np.int64(62)
    correct, near, under = found
    while step > 0:
        error = from_bits(np.uint64(correct + step))
        if (error + doubt) * slack <= 0.5 * unit:
            correct += step
        error = from_bits(np.uint64(under + step))
        if (error + doubt) * slack < unit:
            under += step
        error = from_bits(np.uint64(near + step))
        if error / slack - doubt <= 0.5 * unit:
            near += step
        step >>= np.int64(1)
    return _Between(correct, near + np.int64(1), under)


@numba.njit(error_model="numpy")
def _sizes(high: Any) -> Any:
    """The bits of the least and of the greatest |g|."""
    least, greatest = _HUGE, np.int64(0)
    for i in range(len(high)):
        size = np.int64(to_bits(abs(high[i])))
        least = min(least, size)
        greatest = max(greatest, size)
    return least, greatest


@numba.njit(error_model="numpy")
def _sorted_alike(high: Any, computed: Any, between: Any, others: Any) -> Any:
    """How many are correct, how many faithful, the least |g| of these, and their largest errors.

    On vector registers, by integers alone, for which the order of a minimum does not matter. Sizes
    and errors, upwards and downwards, as bits, or −1 where there is none; `others` is set where
    one is neither.
    """
    correct = plain = 0
    least, up, down = _HUGE, np.int64(-1), np.int64(-1)
    for i in range(len(high)):
        g, g_hat = high[i], np.float64(computed[i])
        error = np.int64(to_bits(abs(g_hat - g)))
        right = error <= between.correct
        told = right | ((error >= between.far) & (error <= between.under))
        correct += 1 if right else 0
        plain += 1 if told else 0
        below = g_hat < g
        least = min(least, np.int64(to_bits(abs(g))) if told else _HUGE)
        up = max(up, error if told & (not below) else np.int64(-1))
        down = max(down, error if told & below else np.int64(-1))
        others[i] = 0 if told else 1
    return (correct, plain - correct), least, up, down


@numba.njit(error_model="numpy")
def _flat(rows: Any, row: Any) -> Any:
    """Whether a row's polynomial is its constant at every point, rounded as `horner` rounds.

    With |u| ≤ ½ what is added to c₀ at last is at most ½ Σ |cₖ| 2^(1−k), and so with its five
    roundings, and those of this sum, below 2⁻⁵⁷ |c₀|: less than a quarter of the unit in the last
    place of c₀, which is at least 2⁻⁵³ |c₀|, so that the sum is rounded to c₀, were it a power of
    2. Near underflow a rounding is absolute: there only zeros are nothing. A NaN is not flat.
    """
    size = 0.0
    for k in range(6, 0, -1):
        size = size / 2 + abs(rows[row, k])
    constant = abs(rows[row, 0])
    return size == 0 or (size <= _FLAT * constant and constant > _FAR_FROM_UNDERFLOW)


@numba.njit(error_model="numpy")
def _all_alike(numbers: Any) -> Any:
    """Whether all numbers have the bits of the first."""
    different = np.uint32(0)
    for i in range(len(numbers)):
        different |= numbers[i] ^ numbers[0]
    return different == 0


@numba.njit(error_model="numpy")
def _most(error: Any, bound: Any) -> Any:
    """The most that an error can be, as `_kind` has it; 0 if there is none."""
    if error < 0:
        return 0.0
    slack = 1 + 2.0**-50
    return (from_bits(np.uint64(error)) + bound * slack) * slack


@compiled(made_of=(kernel,), nogil=True, error_model="numpy")
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
    marks = np.empty(_BLOCK, np.int64)
    known, between = (-1.0, -1.0), _Between(np.int64(-1), np.int64(-1), np.int64(-1))
    raw = computed.view(np.uint32)
    start = end = 0
    while end < len(computed):
        start = end
        if start % _WIDE == 0 and start + _WIDE <= len(computed):
            patterns[0] = first + np.uint32(start)
            patterns[1] = first + np.uint32(start + _WIDE - 1)
            for i in range(2):
                bits[i] = to_bits(np.float64(points[i]))
            descend(bits[:1], tree, nodes, used)
            row = nodes[0]
            # What is in order between two points of a row is of that row.
            if (
                alike(bits[:2], used[0])
                and _flat(rows, row)
                and _all_alike(raw[start : start + _WIDE])
            ):
                g, b = rows[row, 0], rows[row, 7]
                size = abs(g)
                unit = max(from_bits(to_bits(size) & _EXPONENT), smallest_normal) * scale
                if max(relative * size, absolute) >= b:
                    kind, most = _kind(np.float64(computed[start]), g, 0.0, b, unit)
                    if kind != OTHER:
                        correct += _WIDE if kind == CORRECT else 0
                        faithful += _WIDE if kind == FAITHFUL else 0
                        smallest = min(smallest, size)
                        if size >= bulk_from:
                            bulk = max(bulk, most / unit)
                        if np.float64(computed[start]) < g:
                            below = max(below, most / unit)
                        else:
                            above = max(above, most / unit)
                        end = start + _WIDE
                        continue
        count = min(_BLOCK, len(computed) - start)
        end = start + count
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
            size, greatest = _sizes(values[:count])
            least, greatest = from_bits(np.uint64(size)), from_bits(np.uint64(greatest))
            binade = max(from_bits(to_bits(least) & _EXPONENT), smallest_normal)
            unit = binade * scale
            certain = max(relative * least, absolute) >= b
            bulky = least >= bulk_from
            if certain and greatest < 2 * binade and (bulky or greatest < bulk_from):
                if known != (b, unit):
                    known, between = (b, unit), _between(b, unit)
                numbers, size, up, down = _sorted_alike(
                    values[:count], computed[start : start + count], between, marks
                )
                correct += numbers[0]
                faithful += numbers[1]
                if numbers[0] + numbers[1] > 0:
                    smallest = min(smallest, from_bits(np.uint64(size)))
                up, down = _most(up, b), _most(down, b)
                above, below = max(above, up / unit), max(below, down / unit)
                if bulky:
                    bulk = max(bulk, max(up, down) / unit)
                if numbers[0] + numbers[1] < count:
                    for i in range(count):
                        if marks[i]:
                            other[others], highs[others], bounds[others] = start + i, values[i], b
                            others += 1
                continue
            errors[:count] = b
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
