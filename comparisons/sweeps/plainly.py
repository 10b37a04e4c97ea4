"""Judge in one pass the gradients of a sweep that are off by an ulp or more.

They are what `judge.statuses` makes of them, number for number: the same operations in the same
order, without an array for each. Here go points at finite inputs, away from kinks and from the
largest number, whose truth a table has; the few others, and what a threshold's straddling leaves
undecided, are the judge's.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array, FloatType
from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Status
from comparisons.results.envelope import Bin
from comparisons.sweeps.points import Points
from comparisons.sweeps.tally import Extreme, Tally
from symdiff.array_types import IndexArray
from symdiff.float_balls.fma import from_bits, to_bits
from symdiff.float_balls.jit import compiled

_KINDS = (Status.WITHIN, Status.INACCURATE, Status.LOST, Status.WRONG_SIGN)
_FAITHFUL = (Status.CORRECT, Status.FAITHFUL)
_CODES = tuple(s.code for s in (*_FAITHFUL, *_KINDS))
CORRECT, NEAR, WITHIN, INACCURATE, LOST, WRONG_SIGN = _CODES
_EXPONENT, _UNIT = np.uint64(0x7FF << 52), np.uint64(1)


def fit_for(
    computed: Float64Array, high: Float64Array, dtype: FloatType, budget: Budget
) -> npt.NDArray[np.bool_]:
    """The mask of gradients that may be judged here: finite, of truths not near overflow."""
    unit = float(dtype.ulp(np.asarray(dtype.largest)))
    edge = dtype.largest - budget.accurate * unit
    found = (np.abs(high) < edge) & np.isfinite(computed)
    return np.asarray(found & (budget.absolute > 0))


def judged_plainly(
    points: Points,
    truth: tuple[Float64Array, Float64Array],
    moved: Float64Array,
    number: int,
    rule: tuple[FloatType, Budget, float],
) -> tuple[Tally, IndexArray]:
    """The tally of some points of one bin of the envelope, and the points left undecided.

    Args: points, at least one; truth, their values and bounds;
        moved, Σ|v ∂g/∂v| u; number, the bin's; rule, the type, the budget, and from which size a
        gradient is bulk.
    """
    patterns, inputs, computed = points.patterns, points.inputs, points.computed
    dtype, budget, bulk_from = rule
    count = len(Status)
    numbers, worst = np.zeros(count, np.int64), np.full(count, -1, np.int64)
    excess, ulps = np.zeros(len(computed)), np.zeros(len(computed))
    undecided = np.zeros(len(computed), np.bool_)
    most = _judged(
        computed,
        *truth,
        moved,
        (dtype.smallest_normal, 2.0 ** (1 - dtype.precision), dtype.smallest_subnormal),
        (budget.accurate, budget.absolute, bulk_from),
        (numbers, worst, excess, ulps, undecided),
    )
    bulk, conditioned, above, below, line, wrong = map(float, most)
    left = np.flatnonzero(undecided)
    counts = {s: int(numbers[s.code]) for s in Status if s.code in _CODES and numbers[s.code]}
    extremes: dict[Status, Extreme] = {}
    for status in counts:
        if status is Status.CORRECT:
            continue
        i = int(worst[status.code])
        floats = (inputs[i], computed[i], truth[0][i], ulps[i], excess[i])
        extremes[status] = Extreme(int(patterns[i]), *map(float, floats))
    bins = {number: Bin(above, below, line, int(wrong))} if counts else {}
    tally = Tally(counts, bulk, worst=extremes, conditioned_ulp=conditioned, envelope=bins)
    return tally, left


@numba.njit(error_model="numpy")
def _up(x: Any) -> Any:
    """The next float64 above one that is not negative."""
    return from_bits(to_bits(x) + _UNIT) if x < np.inf else x


@numba.njit(error_model="numpy")
def ulp_of(x: Any, smallest_normal: Any, scale: Any, smallest: Any) -> Any:
    """2^(max(⌊log₂ x⌋, e_min) − p + 1) of a float64 x ≥ 0 that is normal or below the type's."""
    if x < smallest_normal:
        return smallest
    return from_bits(to_bits(x) & _EXPONENT) * scale


@numba.njit(error_model="numpy")
def straddles(least: Any, greatest: Any, threshold: Any) -> Any:
    """Whether a threshold lies inside an interval, so that it decides nothing."""
    return least <= threshold < greatest


@numba.njit(error_model="numpy")
def distance(g: Any, g_hat: Any, bound: Any) -> Any:
    """The least and the greatest |ĝ − g|, as `Enclosure.distance` has it without a low part."""
    total = g_hat - g
    back = total - g_hat
    part = (g_hat - (total - back)) - (g + back)
    gap = abs(total + part)
    if bound == 0 and part == 0:
        return gap, gap
    margin = _up(bound + abs(part) * 2.0**-52)
    least = gap * (1 - 2.0**-52) - margin
    least = from_bits(to_bits(least) - _UNIT) if least > 0 else 0.0
    return least, _up(gap * (1 + 2.0**-51) + margin)


@compiled(nogil=True, error_model="numpy")
def _judged(
    computed: Float64Array,
    high: Float64Array,
    bound: Float64Array,
    moved: Float64Array,
    form: tuple[float, float, float],
    lines: tuple[float, float, float],
    results: tuple[Any, ...],
) -> Any:
    smallest_normal, scale, smallest = form
    accurate, absolute, bulk_from = lines
    numbers, worst, excesses, ulps, undecided = results
    bulk = most_conditioned = most_above = most_below = most_line = 0.0
    wrong = 0
    for i in range(len(computed)):
        g, g_hat = high[i], computed[i]
        least, greatest = distance(g, g_hat, bound[i])
        # `judge_points`
        size = abs(g)
        unit = ulp_of(size, smallest_normal, scale, smallest)
        ulp, conditioned = greatest / unit, greatest / (unit + moved[i])
        ulp_least, conditioned_least = least / unit, least / (unit + moved[i])
        if (
            straddles(ulp_least, ulp, 0.5)
            or straddles(ulp_least, ulp, 1.0)
            or straddles(conditioned_least, conditioned, accurate)
        ):
            undecided[i] = True
            continue
        unit_of_one = ulp_of(max(size, 1.0), smallest_normal, scale, smallest)
        over = greatest / ((unit_of_one + moved[i]) * absolute)
        if ulp <= 0.5:
            status = CORRECT
        elif ulp < 1:
            status = NEAR
        elif abs(g_hat) < smallest_normal <= size and ulp > accurate:
            status = LOST
        elif conditioned <= accurate:
            status = WITHIN
        elif (g_hat < 0 < g) or (g < 0 < g_hat):
            status = WRONG_SIGN
        else:
            status = INACCURATE
        if conditioned <= accurate:
            over = min(over, 1.0)
        numbers[status] += 1
        excesses[i], ulps[i] = over, ulp
        best = worst[status]
        if best < 0 or over > excesses[best] or (over == excesses[best] and ulp > ulps[best]):
            worst[status] = i
        if size >= bulk_from and ulp < np.inf:
            bulk = max(bulk, ulp)
        most_conditioned = max(most_conditioned, conditioned)
        # `envelope`
        if g_hat < g:
            most_below = max(most_below, ulp)
        else:
            most_above = max(most_above, ulp)
        line = absolute * unit_of_one / unit
        if 0 < over < 1:
            line = max(line, ulp / over)
        most_line = max(most_line, line)
        wrong += over > 1
    return bulk, most_conditioned, most_above, most_below, most_line, wrong
