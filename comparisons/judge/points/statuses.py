"""Give each gradient at a finite input its status, beside the enclosure of the true one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array, FloatType
from comparisons.judge.budget import Budget
from comparisons.judge.judgement import Judgement
from comparisons.judge.ulp import Interval, absolute_error, finite_truth
from comparisons.judge.vocabulary import Standing, Status
from symdiff.array_types import BoolArray
from symdiff.oracle.enclosures.enclosure import Enclosure, Why

# Conditioned by more than float64 holds: a number within a thousandth of the largest, say. The
# condition is taken for 2¹⁰, which is e^z's.
OVERFLOWN = 2.0**10


def judge_points(
    computed: Float64Array,
    truth: Enclosure,
    sensitivity: Float64Array,
    dtype: FloatType,
    budget: Budget,
    scale: Float64Array | float = 1.0,
) -> Judgement:
    """Judge each computed gradient by the enclosure of the true one.

    Where the enclosure does not decide, the larger error counts, and `undecided` says so.

    Args:
        computed: values of `dtype`, held in float64.
        truth: of the same shape; where it is not certified nothing is judged.
        sensitivity: of the same shape, Σ |v ∂g/∂v| over the values that g is computed from.
        dtype: the type computed in.
        budget: the error allowed.
        scale: |cotangent|, which a gradient is small or large beside.
    """
    g = finite_truth(truth, dtype)
    unit = dtype.ulp(g)
    moved = np.nan_to_num(sensitivity, posinf=0.0) * dtype.unit_roundoff
    moved = np.where(np.isposinf(sensitivity), OVERFLOWN * unit, moved)
    floor = dtype.ulp(np.minimum(np.maximum(np.abs(g), scale), dtype.largest)) + moved
    error, edge = _forgiving_at_the_edge(computed, truth, floor * budget.absolute, dtype)
    ulps, conditioned = error / unit, error / (unit + moved)
    if budget.absolute > 0:
        excess = (error / (floor * budget.absolute)).greatest
    else:  # nothing is allowed: any error is infinitely more
        excess = np.where(error.greatest > 0, np.inf, 0.0)
    edge &= excess <= 1
    status = _statuses(computed, truth, ulps.greatest, conditioned.greatest, edge, dtype, budget)
    excess = np.where(_have(status, Standing.WRONG), np.inf, excess)
    excess = np.where(conditioned.greatest <= budget.accurate, np.minimum(excess, 1.0), excess)
    apart = _have(status, Standing.NOT_JUDGED)
    excess, ulp_at_most, conditioned_at_most = (
        np.where(apart, 0.0, values) for values in (excess, ulps.greatest, conditioned.greatest)
    )
    undecided = ulps.straddles(0.5) | ulps.straddles(1) | conditioned.straddles(budget.accurate)
    undecided &= np.isfinite(truth.bound)
    return Judgement(ulp_at_most, conditioned_at_most, excess, status, undecided & ~apart)


def _forgiving_at_the_edge(
    computed: Float64Array, truth: Enclosure, allowed: Float64Array, dtype: FloatType
) -> tuple[Interval, BoolArray]:
    """|ĝ − g|, where the largest number and ∞ beside it are a unit apart, and where that is.

    Where so much error is allowed that it decides whether a gradient overflows, ∞ is no more than
    that: for e^z in float64 a rounding of z moves the result by 700 units.
    """
    error = absolute_error(computed, truth, dtype)
    unit = float(dtype.ulp(np.asarray(dtype.largest)))
    with np.errstate(over="ignore"):
        near = np.abs(truth.high) + allowed >= dtype.largest
        near &= np.abs(truth.high) - allowed <= dtype.largest
        near &= np.abs(computed) + allowed >= dtype.largest
    near &= np.isfinite(truth.high) & (error.greatest > 0)
    near &= np.sign(computed) == np.sign(truth.high)
    if not near.any():
        return error, near
    infinite = np.isinf(computed)
    least, greatest = truth.distance(
        np.where(infinite, np.sign(computed) * dtype.largest, computed)
    )
    forgiving = Interval(
        np.where(near, least + unit * infinite, error.least),
        np.where(near, greatest + unit * infinite, error.greatest),
    )
    return forgiving, near


def _statuses(
    computed: Float64Array,
    truth: Enclosure,
    ulps: Float64Array,
    conditioned: Float64Array,
    edge: BoolArray,
    dtype: FloatType,
    budget: Budget,
) -> npt.NDArray[np.int8]:
    """Set the statuses in reverse order of precedence: what is set later wins.

    Args: edge, where an overflow is decided by no more error than is allowed.
    """
    g = finite_truth(truth, dtype)
    defined = np.isfinite(truth.bound)
    overflows = defined & (np.abs(truth.high) >= dtype.overflow)
    status = np.full(g.shape, Status.INACCURATE.code, dtype=np.int8)
    status[np.sign(computed) * np.sign(g) < 0] = Status.WRONG_SIGN.code
    status[conditioned <= budget.accurate] = Status.WITHIN.code
    # However ill-conditioned: a normal number that came out as nothing is lost.
    small = (np.abs(computed) < dtype.smallest_normal) & (np.abs(g) >= dtype.smallest_normal)
    status[small & (ulps > budget.accurate)] = Status.LOST.code
    status[ulps < 1] = Status.FAITHFUL.code
    status[ulps <= 0.5] = Status.CORRECT.code
    tolerated = edge | (conditioned <= budget.accurate)
    status[overflows & ~tolerated] = Status.MISSED.code
    spurious = ~np.isfinite(computed) & ~overflows & ~tolerated
    status[spurious] = Status.SPURIOUS.code
    undefined = np.isin(truth.why, [Why.UNDEFINED, Why.NO_DERIVATIVE])
    status[~truth.certified] = Status.NOT_CERTIFIED.code
    status[undefined] = Status.OUTSIDE.code
    status[undefined & ~np.isfinite(computed)] = Status.UNDEFINED.code
    return status


def _have(status: npt.NDArray[np.int8], standing: Standing) -> BoolArray:
    """The mask of points whose status has this standing."""
    return np.isin(status, [s.code for s in Status if s.standing is standing])
