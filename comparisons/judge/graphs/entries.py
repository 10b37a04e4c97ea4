"""Give each entry of a whole graph's gradient its status, beside the enclosure of the true one.

What is allowed is the rounding of the very operations that lead to the entry, so the verdict does
not depend on how many entries there are. An entry that is 0 in truth is judged by it as any other:
absolutely.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array, FloatType
from comparisons.judge.budget import Budget
from comparisons.judge.graphs.allowance import Allowance
from comparisons.judge.judgement import Judgement
from comparisons.judge.ulp import Interval, absolute_error, finite_truth
from comparisons.judge.vocabulary import Standing, Status
from symdiff.array_types import BoolArray
from symdiff.oracle.enclosures.enclosure import SMALLEST, Enclosure, Why

_USUAL = Budget()
_RESOLVED = 4 * SMALLEST  # an enclosure cannot tell less from 0


def judge_entries(
    name: str,
    computed: Float64Array,
    truth: Enclosure,
    allowance: Allowance,
    dtype: FloatType,
    budget: Budget = _USUAL,
) -> Judgement:
    """Judge each entry of the adjoint `name` by the enclosure of the true one.

    A conditioned ulp is a quarter of what is called accurate, ½ ulp(g) + 4 τ, so that a budget of 4
    is the line. The frameworks' floors are looked at only if an entry exceeds it. Where the
    enclosure does not decide, the larger error counts, and `undecided` says so.

    Args: computed, values of `dtype` held in float64; truth, of the same shape, its bound at most
        `allowance.enough` where it is certified.
    """
    unit = dtype.ulp(finite_truth(truth, dtype))
    accurate = np.maximum(allowance.accurate(name, unit), _RESOLVED)
    error = _forgiving_overflow(computed, truth, accurate, dtype)
    # a quarter of two smallest subnormals would be 0, so what is divided is four times the error
    ulps, conditioned = error / unit, error.times(_USUAL.accurate) / accurate
    status = _statuses(computed, truth, ulps.greatest, conditioned.greatest, dtype, budget)
    judged = ~_have(status, Standing.NOT_JUDGED)
    excess = _over(error, accurate, budget.accurate / _USUAL.accurate)
    if (judged & (excess > 1)).any():
        agreeing = np.maximum(allowance.agreeing(name, unit), accurate)
        further = _over(error, agreeing, budget.absolute / _USUAL.absolute)
        excess = np.where(excess > 1, further, excess)
    excess = np.where(_have(status, Standing.WRONG), np.inf, excess)
    undecided = conditioned.straddles(budget.accurate) & judged
    return Judgement(
        ulp=np.where(judged, ulps.greatest, 0.0),
        conditioned=np.where(judged, conditioned.greatest, 0.0),
        excess=np.where(judged, excess, 0.0),
        status=status,
        undecided=undecided,
    )


def _over(error: Interval, allowed: Float64Array, times: float) -> Float64Array:
    """The error over so many times what is allowed; where that is nothing, any is infinite."""
    if times > 0:
        return (error / (allowed * times)).greatest
    return np.where(error.greatest > 0, np.inf, 0.0)


def _have(status: npt.NDArray[np.int8], standing: Standing) -> BoolArray:
    """The mask of entries whose status has this standing."""
    return np.isin(status, [s.code for s in Status if s.standing is standing])


def _forgiving_overflow(
    computed: Float64Array, truth: Enclosure, allowed: Float64Array, dtype: FloatType
) -> Interval:
    """|ĝ − g|, ∞ being one unit above the largest number where so much is allowed anyway."""
    error = absolute_error(computed, truth, dtype)
    largest = dtype.largest
    unit = float(dtype.ulp(np.asarray(largest)))
    near = np.isinf(computed) & (np.sign(computed) == np.sign(truth.high))
    # a truth that is ∞ in the type has its error already
    near &= (np.abs(truth.high) < dtype.overflow) & (np.abs(truth.high) + allowed >= largest)
    if not near.any():
        return error
    least, greatest = truth.distance(np.where(near, np.sign(computed) * largest, computed))
    return Interval(
        np.where(near, least, error.least), np.where(near, greatest + unit, error.greatest)
    )


def _statuses(
    computed: Float64Array,
    truth: Enclosure,
    ulps: Float64Array,
    conditioned: Float64Array,
    dtype: FloatType,
    budget: Budget,
) -> npt.NDArray[np.int8]:
    """Set the statuses in reverse order of precedence: what is set later wins."""
    g = finite_truth(truth, dtype)
    within: BoolArray = conditioned <= budget.accurate
    overflows = np.isfinite(truth.bound) & (np.abs(truth.high) >= dtype.overflow)
    small = (np.abs(computed) < dtype.smallest_normal) & (np.abs(g) >= dtype.smallest_normal)
    status = np.full(g.shape, Status.INACCURATE.code, dtype=np.int8)
    status[np.sign(computed) * np.sign(g) < 0] = Status.WRONG_SIGN.code
    status[small] = Status.LOST.code
    status[within] = Status.WITHIN.code  # beside a large τ a small entry may be anything small
    status[ulps < 1] = Status.FAITHFUL.code
    status[ulps <= 0.5] = Status.CORRECT.code
    status[overflows & ~within] = Status.MISSED.code
    status[~np.isfinite(computed) & ~overflows & ~within] = Status.SPURIOUS.code
    undefined = np.isin(truth.why, [Why.UNDEFINED, Why.NO_DERIVATIVE])
    # at a pole of the formula, 0 · 1/√0, what rounding adds up to is not known
    status[~truth.certified | np.isnan(conditioned) & ~np.isnan(computed)] = (
        Status.NOT_CERTIFIED.code
    )
    status[undefined] = Status.OUTSIDE.code
    status[undefined & ~np.isfinite(computed)] = Status.UNDEFINED.code
    return status
