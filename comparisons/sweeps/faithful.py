"""Sort out at memory speed the gradients of a sweep that are plainly faithful.

Nearly all are, and they need no conditioning, kinks or categories; the few others go to the judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array, FloatType
from comparisons.sweeps import alike, decided, plainly, rules
from comparisons.sweeps.alike import (
    LEFT,
    Between,
    all_equal,
    between_of,
    is_flat,
    most_of,
    sizes,
    sorted_alike,
)
from comparisons.sweeps.counted import Counted, Most, Sorted
from comparisons.sweeps.decided import decide, fenced, give_back, scratch_of
from comparisons.sweeps.rules import NOTHING, Deciding, Found, found_of
from symdiff.array_types import IndexArray
from symdiff.float_balls.fma import from_bits, to_bits
from symdiff.float_balls.jit import compiled
from symdiff.oracle.enclosures.enclosure import Enclosure
from symdiff.oracle.tables import kernel
from symdiff.oracle.tables.kernel import (
    LEADING,
    MANTISSA,
    ONE,
    descend,
    horner,
    offset,
    single,
)
from symdiff.oracle.tables.kernel import alike as of_one_row
from symdiff.oracle.tables.table import Table

CORRECT, FAITHFUL, OTHER = 0, 1, 2
_EXPONENT = np.uint64(0x7FF0000000000000)  # the exponent field of a float64
_BLOCK = 256  # points tried for a common row of the table
_WIDE = 8192  # points tried for one truth and one gradient


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
    first: int,
    computed: npt.NDArray[np.float32],
    table: Table,
    dtype: FloatType,
    bulk_from: float,
    deciding: Deciding | None = None,
) -> Counted:
    """Sort the gradients at consecutive float32 values beside the truth that a table has.

    One pass, in which a value, its truth and its error are never in memory; what is counted is
    what `classify` counts.

    Args: first, the bit pattern of the first value; computed, contiguous; table, for float32;
        deciding, what the others are judged by as far as bounds decide; by default none is.
    """
    count = len(computed)
    other, open_ = np.empty(count, np.intp), np.empty(count, np.intp)
    high, bound = np.empty(count), np.empty(count)
    line = Thresholds.of(dtype, bulk_from)
    counted = found_of(0 if deciding is None else count)
    found = _sort_patterns(
        np.uint32(first),
        computed,
        (table.tree, table.rows),
        table.quality,
        (line.smallest_normal, line.scale, line.bulk_from),
        (other, high, bound, open_),
        NOTHING if deciding is None else deciding,
        counted,
    )
    (correct, faithful, others, opens), most = found
    left: slice | IndexArray = slice(others)
    if counted.wrong[1]:  # what waited comes last
        left = np.argsort(other[:others], kind="stable")
    return Counted(
        correct,
        faithful,
        Most(*most),
        other[left],
        high[left],
        bound[left],
        open_[:opens],
        None if deciding is None else counted,
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
    if not most < np.inf:  # of a truth beyond float64 the unit is infinite too
        return OTHER, most
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


@compiled(made_of=(kernel, alike, rules, decided, plainly), nogil=True, error_model="numpy")
def _sort_patterns(  # noqa: PLR0915 - one pass
    first: np.uint32,
    computed: npt.NDArray[np.float32],
    table: tuple[npt.NDArray[np.uint64], Float64Array],
    quality: tuple[float, float],
    line: tuple[float, float, float],
    left: tuple[IndexArray, Float64Array, Float64Array, IndexArray],
    deciding: Deciding,
    counted: Found,
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
    marks, scratch = np.empty(_BLOCK, np.int64), scratch_of(_BLOCK)
    known, between = (-1.0, -1.0), Between(np.int64(-1), np.int64(-1), np.int64(-1))
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
                of_one_row(bits[:2], used[0])
                and is_flat(rows, row)
                and all_equal(raw[start : start + _WIDE])
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
        if of_one_row(block, used[0]):  # neighbouring points: the row stays in registers
            row, shift = nodes[0], used[0] - LEADING
            c0, c1, c2, c3 = rows[row, 0], rows[row, 1], rows[row, 2], rows[row, 3]
            c4, c5, c6, b = rows[row, 4], rows[row, 5], rows[row, 6], rows[row, 7]
            for i in range(count):
                u = from_bits(((block[i] << shift) & MANTISSA) | ONE) - 1.5
                values[i] = horner(c0, c1, c2, c3, c4, c5, c6, u)
            size, greatest = sizes(values[:count])
            least, greatest = from_bits(np.uint64(size)), from_bits(np.uint64(greatest))
            binade = max(from_bits(to_bits(least) & _EXPONENT), smallest_normal)
            unit = binade * scale
            certain = max(relative * least, absolute) >= b
            bulky = least >= bulk_from
            alone = greatest < 2 * binade and (bulky or greatest < bulk_from)
            if certain and (alone or least == np.inf):
                marks[:] = LEFT
                told = 0
                if alone:
                    if known != (b, unit):
                        known, between = (b, unit), between_of(b, unit)
                    numbers, size, up, down = sorted_alike(
                        values[:count], computed[start : start + count], between, marks
                    )
                    correct += numbers[0]
                    faithful += numbers[1]
                    told = numbers[0] + numbers[1]
                    if told > 0:
                        smallest = min(smallest, from_bits(np.uint64(size)))
                    up, down = most_of(up, b), most_of(down, b)
                    above, below = max(above, up / unit), max(below, down / unit)
                    if bulky:
                        bulk = max(bulk, max(up, down) / unit)
                if told < count:
                    ends = np.float64(points[0]), np.float64(points[count - 1])
                    if not fenced(deciding.fences, ends[0], ends[1]):
                        decide(
                            start,
                            block,
                            used[0],
                            rows[row],
                            (values[:count], computed[start : start + count]),
                            marks,
                            scratch,
                            deciding,
                            counted,
                        )
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
    others = give_back(counted, (other, highs, bounds), others)
    return (correct, faithful, others, opens), (bulk, above, below, smallest)
