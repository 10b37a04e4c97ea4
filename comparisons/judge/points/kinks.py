"""Judge gradients at kinks: any number between both slopes is a subgradient (Clarke 1983)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sympy import Expr, S

from comparisons.dtypes import Float64Array, FloatType
from comparisons.judge.judgement import Judgement
from comparisons.judge.vocabulary import Status
from symdiff.array_types import BoolArray
from symdiff.kinks import Kink, Unresolved


def judge_kinks(
    found: Judgement,
    computed: Float64Array,
    inputs: Float64Array,
    kinks: Sequence[Kink],
    dtype: FloatType,
    cotangent: Float64Array | float = 1.0,
) -> Judgement:
    """The judgement with the points at kinks judged by the interval between one-sided derivatives.

    A kink is also where its breakpoint rounds to: torch rounds parameters to the tensor's type.
    An interval's ends may be missed by an ulp. One ulp beside it, the rounding of the condition's
    own operands (0.2 z + 0.5 ≤ 1) may put a point on either side: there the interval excuses, and
    what lies outside is judged as anywhere.
    """
    judgement = found.copy()
    for kink in kinks:
        if kink.smooth or S.NaN in (kink.left, kink.right):
            continue
        centre = dtype.round([float(kink.at)])
        here = inputs == centre
        near = np.abs(inputs - centre) <= dtype.ulp(centre)
        beside = ~here & near & (judgement.excess > 1)
        inside = _between(computed, kink.left, kink.right, dtype, cotangent)
        judgement.status[here & ~inside] = Status.KINK_OUTSIDE.code
        judgement.excess[here & ~inside] = np.inf
        judgement.excuse((here | beside) & inside, Status.KINK_INSIDE)
    return judgement


def judge_unresolved(
    found: Judgement,
    computed: Float64Array,
    inputs: Float64Array,
    unresolved: Sequence[Unresolved],
    dtype: FloatType,
    cotangent: Float64Array | float = 1.0,
) -> Judgement:
    """The judgement with wrong points in intervals that may hold kinks judged by both sides.

    Such a point is excused if it lies between the derivatives at the interval's ends, which may be
    missed by an ulp, and only then; an interval without an end excuses nothing.
    """
    judgement = found.copy()
    for interval in unresolved:
        if S.NaN in (interval.left, interval.right):
            continue
        ends = np.clip([interval.low, interval.high], -dtype.largest, dtype.largest)
        first, last = dtype.round(ends)
        low, high = first - dtype.ulp(first), last + dtype.ulp(last)
        within = (inputs >= low) & (inputs <= high) & (judgement.excess > 1)
        between = _between(computed, interval.left, interval.right, dtype, cotangent)
        judgement.excuse(within & between, Status.KINK_INSIDE)
    return judgement


def _between(
    computed: Float64Array,
    left: Expr,
    right: Expr,
    dtype: FloatType,
    cotangent: Float64Array | float,
) -> BoolArray:
    """The mask of gradients between two slopes times the cotangent, or an ulp beside."""
    with np.errstate(over="ignore"):
        sides = cotangent * float(left), cotangent * float(right)
    low, high = np.minimum(*sides), np.maximum(*sides)
    below, above = (dtype.ulp(np.clip(e, -dtype.largest, dtype.largest)) for e in (low, high))
    return np.asarray((computed >= low - below) & (computed <= high + above))
