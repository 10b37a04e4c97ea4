"""Judge in the sorting pass the gradients off by an ulp or more, as far as bounds decide.

What rounding the input moves a gradient by, m = u |z ∂g/∂z|, takes by far the longest to compute
point by point. A row of the table bounds it: with p the row's polynomial, w its cell's width and
b its bound, ∂g/∂z = (p′(u) ± 256 b)/w. For the Taylor remainder R of degree 6, R′ is the
remainder of g′, so that |R′| ≤ 14 |R|'s bound at |u| ≤ ½; the coefficients' part of b is Σ δₖ 2⁻ᵏ
and that of p′ is Σ k δₖ 2¹⁻ᵏ, at most 12 times it; and Horner's rule for p′ is off by at most
12 · 12 times what b has for its rounding, 2⁻⁵³ Σ |cₖ| 2⁻ᵏ. m itself is computed elsewhere, in
plain float64, and only held against these bounds, widened.

Every figure of a tally is a count or a maximum. Rounded sums, products and quotients grow with
their operands, so the two ends of m give two ends of each figure of a point. A point whose status
both ends agree on, and which no maximum can be of, is counted here; the others are judged with
their own m (`plainly`). So the numbers are those of judging each.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from comparisons.judge.vocabulary import Status
from comparisons.sweeps.alike import LEFT
from comparisons.sweeps.plainly import (
    CORRECT,
    INACCURATE,
    LOST,
    NEAR,
    WITHIN,
    WRONG_SIGN,
    distance,
    ulp_of,
)
from comparisons.sweeps.rules import (
    ABOVE,
    BELOW,
    BULK,
    CONDITIONED,
    LINE,
    MAY_BE_CONDITIONED,
    MAY_BE_LINE,
)
from symdiff.float_balls.fma import fma, from_bits, to_bits
from symdiff.oracle.tables.kernel import LEADING, MANTISSA, ONE

SPURIOUS, MISSED = Status.SPURIOUS.code, Status.MISSED.code
_A_BIT = 1 + 2.0**-40
_LOOSE = 2.0**-30  # how far off a computed m may be, relatively,
_CANCELLED = 2.0**-40  # and beside a unit, where its terms cancel
_OF_THESE = (CORRECT, NEAR, WITHIN, INACCURATE, LOST, WRONG_SIGN)


@numba.njit(error_model="numpy")
def scratch_of(size: Any) -> Any:
    """Memory for a block of so many points."""
    whole = np.empty(size, np.uint64), np.empty(size, np.int64)
    a, b, c, d = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    e, f, g, h = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    i, j, k = np.empty(size), np.empty(size), np.empty(size)
    return (*whole, a, b, c, d, e, f, g, h, i, j, k, np.empty(size, np.int64))


@numba.njit(error_model="numpy")
def fenced(fences: Any, a: Any, b: Any) -> Any:
    """Whether a stretch of inputs from a to b, in either order, meets a fence."""
    low, high = min(a, b), max(a, b)
    met = False
    for i in range(len(fences)):
        met |= fences[i, 0] <= high and low <= fences[i, 1]
    return met


@numba.njit(error_model="numpy")
def _non_finite(g: Any, g_hat: Any, allowed: Any, rules: Any) -> Any:
    """The status of a gradient that is NaN or ∞; −1 if it is the judge's to say.

    Args: allowed, the most error that may be.
    """
    beyond = abs(g) >= rules.overflow
    alike = (g > 0) == (g_hat > 0)
    if np.isnan(g_hat):
        return MISSED if beyond else SPURIOUS
    if beyond:
        return CORRECT if alike else MISSED
    if alike and g != 0 and not abs(g) + allowed < rules.largest:
        return -1  # no more error than is allowed may decide whether it overflows
    return SPURIOUS


@numba.njit(error_model="numpy")
def _moved(bits: Any, shift: Any, row: Any, rules: Any, unit: Any, lows: Any, highs: Any) -> None:
    """The two ends of m, of which nothing is lost by rounding."""
    times = from_bits((shift + np.uint64(1023)) << np.uint64(52)) * rules.unit_roundoff
    c1, c2, c3, c4, c5, c6 = row[1], 2 * row[2], 3 * row[3], 4 * row[4], 5 * row[5], 6 * row[6]
    bound = 256 * row[7]
    for i in range(len(bits)):
        u = from_bits(((bits[i] << shift) & MANTISSA) | ONE) - 1.5
        slope = fma(fma(fma(fma(fma(c6, u, c5), u, c4), u, c3), u, c2), u, c1)
        ratio = from_bits((bits[i] & MANTISSA) | ONE) * times  # u |z|/w
        moved, doubt = ratio * abs(slope), ratio * bound
        doubt = (doubt + (moved + doubt) * _LOOSE + unit * _CANCELLED) * (1 + _LOOSE)
        low = moved - doubt
        lows[i], highs[i] = low if low > 0 else 0.0, moved + doubt


@numba.njit(error_model="numpy")
def _distances(values: Any, computed: Any, bound: Any, nearest: Any, furthest: Any) -> None:
    for i in range(len(values)):
        nearest[i], furthest[i] = distance(values[i], computed[i], bound)


@numba.njit(error_model="numpy")
def _quotients(
    errors: Any, lows: Any, highs: Any, unit: Any, factor: Any, most: Any, least: Any
) -> None:
    """The two ends of error/((unit + m) factor)."""
    for i in range(len(errors)):
        most[i] = errors[i] / ((unit + lows[i]) * factor)
        least[i] = errors[i] / ((unit + highs[i]) * factor)


@numba.njit(error_model="numpy")
def _statuses(
    values: Any,
    computed: Any,
    errors: tuple[Any, Any],
    excesses: tuple[Any, Any],
    conditions: Any,
    highs: Any,
    units: tuple[float, float],
    rules: Any,
    statuses: Any,
) -> Any:
    """Give each point its status, −1 where bounds do not decide; how many these are.

    On vector registers: so nothing is left out that does not need to be asked.
    """
    nearest, furthest = errors
    overs, over_leasts = excesses
    unit, times = units
    undecided = 0
    for i in range(len(values)):
        g, g_hat = values[i], computed[i]
        size, most, least = abs(g), furthest[i] * times, nearest[i] * times
        within = conditions[i] <= rules.accurate
        over, over_least = overs[i], over_leasts[i]
        open_ = ((least <= 0.5) & (most > 0.5)) | ((least <= 1) & (most > 1))
        # a quotient that is above `accurate` has a numerator that is, but for a rounding
        open_ |= (not within) & (nearest[i] <= rules.accurate * (unit + highs[i]) * _A_BIT)
        open_ |= (over_least <= 1) & (over >= 1) & (over_least < over)
        open_ |= (size >= rules.edge) | (not abs(g_hat) < np.inf)
        lost = (abs(g_hat) < rules.smallest_normal) & (size >= rules.smallest_normal)
        lost &= most > rules.accurate
        turned = ((g_hat < 0) & (g > 0)) | ((g < 0) & (g_hat > 0))
        status = WRONG_SIGN if turned else INACCURATE
        status = WITHIN if within else status
        status = LOST if lost else status
        status = NEAR if most < 1 else status
        status = CORRECT if most <= 0.5 else status
        statuses[i] = -1 if open_ else status
        undecided += 1 if open_ else 0
        overs[i] = 1.0 if within & (over > 1) else over
        over_leasts[i] = 1.0 if within & (over_least > 1) else over_least
    return undecided


@numba.njit(error_model="numpy")
def _largest(numbers: Any, statuses: Any, values: Any, computed: Any) -> Any:
    """The bits of the largest number of points decided, upwards and downwards; −1 if there is none.

    Numbers that are not negative are in the order of their bits, and integers go on vector
    registers.
    """
    up = down = np.int64(-1)
    for i in range(len(numbers)):
        number = np.int64(to_bits(numbers[i]))
        number = number if statuses[i] >= 0 else np.int64(-1)
        below = computed[i] < values[i]
        up = max(up, np.int64(-1) if below else number)
        down = max(down, number if below else np.int64(-1))
    return up, down


@numba.njit(error_model="numpy")
def _known(most: Any, least: Any, statuses: Any) -> Any:
    """The bits of the largest number that is known, and of the largest that another is at least.

    What is known is −1 in `most` from here on.
    """
    known = known_least = np.int64(-1)
    for i in range(len(most)):
        number, other = np.int64(to_bits(most[i])), np.int64(to_bits(least[i]))
        decided = statuses[i] >= 0
        same = number == other
        known = max(known, number if decided & same else np.int64(-1))
        known_least = max(known_least, other if decided else np.int64(-1))
        most[i] = -1.0 if same else most[i]
    return known, known_least


@numba.njit(error_model="numpy")
def _of_status(status: Any, statuses: Any, leasts: Any) -> Any:
    """How many points have a status, and the bits of the largest of their least excesses."""
    count, largest = 0, np.int64(-1)
    for i in range(len(statuses)):
        has = statuses[i] == status
        count += 1 if has else 0
        largest = max(largest, np.int64(to_bits(leasts[i])) if has else np.int64(-1))
    return count, largest


@numba.njit(error_model="numpy")
def _number(bits: Any, other: Any) -> Any:
    """The larger of a number by its bits, −1 where there is none, and another."""
    return other if bits < 0 else max(from_bits(np.uint64(bits)), other)


@numba.njit(error_model="numpy")
def _infinities(
    start: Any, places: Any, points: Any, marks: Any, highs: Any, line: Any, rules: Any, found: Any
) -> None:
    """Decide of gradients that are NaN or ∞.

    Args: points, the true gradients, those computed, and the units of these and of 1; line, the
        error allowed there, conditioning left out.
    """
    values, computed, unit_of_one = points
    numbers, first, truth, wrong, _, most, _, _, _ = found
    for i in range(len(values)):
        g, g_hat = values[i], computed[i]
        if abs(g_hat) < np.inf:
            continue
        status = _non_finite(g, g_hat, (unit_of_one + highs[i]) * rules.absolute, rules)
        if status < 0:
            continue
        marks[places[i]] = 0
        if first[status] < 0:
            first[status], truth[status] = start + places[i], g
        numbers[status] += 1
        finite = abs(g) < np.inf  # an envelope has finite gradients alone
        if finite:
            most[LINE] = max(most[LINE], line)
        if status != CORRECT:
            most[CONDITIONED] = np.inf
            wrong[0] += 1 if finite else 0
            if finite:
                most[BELOW if g_hat < g else ABOVE] = np.inf


@numba.njit(error_model="numpy")
def decide(  # noqa: PLR0915 - one pass
    start: Any,
    block: Any,
    used: Any,
    row: Any,
    given: Any,
    marks: Any,
    scratch: Any,
    deciding: Any,
    found: Any,
) -> None:
    """Decide what bounds decide of the marked points of a block; what stays marked is left.

    Args: start, the place of the first; block, the bits of the inputs; used, by how many leading
        bits of theirs the row was chosen; row, with its bound; given, the gradients, of one unit
        or all infinite, and those computed; marks, LEFT where one is not plainly faithful; scratch,
        memory.
    """
    rules = deciding.rules
    numbers, _, _, wrong, least, most, waiting, kept, kept_of = found
    count = 0
    for i in range(len(block)):
        if marks[i] == LEFT:
            scratch[0][count], scratch[1][count] = block[i], i
            scratch[2][count], scratch[3][count] = given[0][i], given[1][i]
            count += 1
    bits, places = scratch[0][:count], scratch[1][:count]
    values, computed = scratch[2][:count], scratch[3][:count]
    lows, highs = scratch[4][:count], scratch[5][:count]
    nearest, furthest = scratch[6][:count], scratch[7][:count]
    overs, over_leasts = scratch[8][:count], scratch[9][:count]
    conditions, condition_leasts = scratch[10][:count], scratch[11][:count]
    lines, statuses = scratch[12][:count], scratch[13][:count]
    bound, size = row[7], min(abs(values[0]), rules.largest)
    unit = ulp_of(size, rules.smallest_normal, rules.scale, rules.smallest)
    unit_of_one = ulp_of(max(size, 1.0), rules.smallest_normal, rules.scale, rules.smallest)
    of_line, times = rules.absolute * unit_of_one / unit, 1 / unit  # exact: a power of 2
    ones = (values, computed, unit_of_one)
    if not deciding.by_input or not abs(values[0]) < rules.overflow:
        highs[:] = np.inf
        _infinities(start, places, ones, marks, highs, of_line, rules, found)
        return
    _moved(bits, used - LEADING, row, rules, unit, lows, highs)
    _distances(values, computed, bound, nearest, furthest)
    _quotients(furthest, lows, highs, unit_of_one, rules.absolute, overs, over_leasts)
    _quotients(furthest, lows, highs, unit, 1.0, conditions, condition_leasts)
    undecided = _statuses(
        values,
        computed,
        (nearest, furthest),
        (overs, over_leasts),
        conditions,
        highs,
        (unit, times),
        rules,
        statuses,
    )
    if undecided:
        _infinities(start, places, ones, marks, highs, of_line, rules, found)
        if undecided == count:
            return
    up, down = _largest(furthest, statuses, values, computed)
    up, down = _number(up, 0.0) * times, _number(down, 0.0) * times
    most[ABOVE], most[BELOW] = max(most[ABOVE], up), max(most[BELOW], down)
    if size >= rules.bulk_from:
        most[BULK] = max(most[BULK], up, down)
    known, known_least = _known(conditions, condition_leasts, statuses)
    most[CONDITIONED] = _number(known, most[CONDITIONED])
    most[MAY_BE_CONDITIONED] = _number(known_least, most[MAY_BE_CONDITIONED])
    most[LINE] = max(most[LINE], of_line)
    line = max(most[LINE], most[MAY_BE_LINE])  # the least that the largest is
    lines[:] = -1.0  # if it is known
    room = line / (rules.absolute * times * _A_BIT)
    for i in range(count):
        if (unit_of_one + highs[i] >= room) & (0 < overs[i] < 1) & (statuses[i] >= 0):
            this, this_least = furthest[i] * times / over_leasts[i], furthest[i] * times / overs[i]
            line = max(line, this_least)
            if this == this_least:
                most[LINE] = max(most[LINE], this)
            else:
                lines[i] = this
    most[MAY_BE_LINE] = line
    for status in _OF_THESE:
        those, largest = _of_status(status, statuses, over_leasts)
        numbers[status] += those
        least[status] = _number(largest, least[status])
    ready = (max(most[CONDITIONED], most[MAY_BE_CONDITIONED]), line)
    for i in range(count):
        status = statuses[i]
        if status < 0:
            continue
        marks[places[i]] = 0
        ends, furthest_of_all = (overs[i], conditions[i], lines[i]), kept_of[status, 1]
        worst = status != CORRECT
        if overs[i] == over_leasts[i] and overs[i] == kept_of[status, 0]:
            worst &= furthest[i] * times > furthest_of_all  # of equals the first is the worst
        if not _may_be_the_most(worst, ends, (least[status], *ready)):
            wrong[0] += overs[i] > 1
            continue
        if overs[i] == over_leasts[i] >= kept_of[status, 0]:
            kept_of[status, 0], kept_of[status, 1] = overs[i], furthest[i] * times
        waits = wrong[1]
        numbers[status] -= 1
        waiting[waits, 0], waiting[waits, 1] = start + places[i], status
        kept[waits, 0], kept[waits, 1], kept[waits, 2] = ends
        kept[waits, 3], kept[waits, 4], kept[waits, 5] = overs[i] > 1, values[i], bound
        wrong[1] += 1


@numba.njit(error_model="numpy")
def _may_be_the_most(worst: Any, ends: Any, least: Any) -> Any:
    """Whether a point may be the worst of its status, or be where another figure is the largest.

    Args: worst, whether its status has a worst; ends, the most that its excess, its conditioned
        error and its line are; least, the least that the largest of these are.
    """
    return (worst and ends[0] >= least[0]) or ends[1] >= least[1] or ends[2] >= least[2]


@numba.njit(error_model="numpy")
def give_back(found: Any, left: Any, lefts: Any) -> Any:
    """Count what waited and is the most of nothing; add the others to those left.

    Args: left, places, gradients and bounds, of which `lefts` are filled. Returns: how many are.
    """
    others, highs, bounds = left
    numbers, _, _, wrong, least, most, waiting, kept, _ = found
    line = max(most[MAY_BE_LINE], most[LINE])
    largest = max(most[MAY_BE_CONDITIONED], most[CONDITIONED])
    for i in range(wrong[1]):
        status = waiting[i, 1]
        ends = (kept[i, 0], kept[i, 1], kept[i, 2])
        if _may_be_the_most(status != CORRECT, ends, (least[status], largest, line)):
            others[lefts], highs[lefts], bounds[lefts] = waiting[i, 0], kept[i, 4], kept[i, 5]
            lefts += 1
        else:
            numbers[status] += 1
            wrong[0] += np.int64(kept[i, 3])
    return lefts
