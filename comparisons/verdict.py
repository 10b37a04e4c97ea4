"""What each computed gradient is, point by point, and what follows for the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
from sympy import S

from comparisons.budget import Budget
from comparisons.dtypes import Float64Array, FloatType
from comparisons.ulp import Interval, absolute_error, finite_truth, ulp
from symdiff.kinks import Kink, Unresolved
from symdiff.oracle.enclosure import Enclosure, Why


class Verdict(Enum):
    """How a whole gradient fares; the worse, the later."""

    ACCURATE = "accurate"  # within the type's own limits at every point
    AGREES = "agrees"  # sound, but small values have lost their relative accuracy
    FAILS_AT_INFINITY = "fails at ∞"  # sound at finite inputs, wrong at ±∞, where f' has a limit
    DISAGREES = "disagrees"  # some point is wrong

    def __str__(self) -> str:
        return self.value

    def worse_than(self, other: Verdict) -> bool:
        """Whether it comes later in the order above."""
        order = tuple(Verdict)
        return order.index(self) > order.index(other)


class Status(Enum):
    """What one computed gradient is, next to the true one."""

    CORRECT = "correctly rounded"  # at most half an ulp off
    FAITHFUL = "faithful"  # less than one ulp off
    WITHIN = "within budget"  # within what the type could give
    KINK_INSIDE = "kink, inside"  # at a kink, in the interval between the one-sided derivatives
    UNDEFINED = "undefined"  # NaN or ∞ where the truth is undefined: a pole, outside the domain
    OUTSIDE = "outside the domain"  # a finite number there: it answers nothing, and is not judged
    NOT_CERTIFIED = "not certified"  # the truth is not known well enough to judge by
    NON_FINITE_INPUT = "input not finite"  # NaN, or ±∞ without a limit: counted apart, not judged
    NAN_IGNORED = "NaN in, number out"  # the same, where the input's NaN left no trace
    INACCURATE = "inaccurate"  # beyond what the type could give
    LOST = "lost"  # zero or subnormal, where the truth is a normal number
    WRONG_SIGN = "wrong sign"
    AT_INFINITY = "wrong at ∞"  # NaN or another number at ±∞, where f' has a limit
    KINK_OUTSIDE = "kink, outside"
    SPURIOUS = "spurious non-finite"  # NaN or ∞ for a finite truth
    MISSED = "missed non-finite"  # finite, or the wrong ∞, where the truth overflows

    def __str__(self) -> str:
        return self.value


_STATUSES: Sequence[Status] = tuple(Status)
_SMALL_VALUES = {Status.INACCURATE, Status.LOST, Status.WRONG_SIGN}  # excused if small in absolute
_SOUND = {Status.CORRECT, Status.FAITHFUL, Status.WITHIN}
_ALWAYS_WRONG = {Status.KINK_OUTSIDE, Status.SPURIOUS, Status.MISSED}
_NOT_JUDGED = {Status.UNDEFINED, Status.OUTSIDE, Status.NOT_CERTIFIED}  # there is no truth to tell


@dataclass(frozen=True)
class Judged:
    """Errors and statuses of computed gradients, all of one shape."""

    ulp: Float64Array  # |ĝ − g| / ulp(g)
    conditioned: Float64Array  # |ĝ − g| / (ulp(g) + u·Σ|v ∂g/∂v|)
    excess: Float64Array  # error over what is allowed; above 1 the point is wrong
    status: npt.NDArray[np.int8]  # positions in Status
    undecided: npt.NDArray[np.bool_]  # where the truth's enclosure straddles a threshold

    def copies(
        self,
    ) -> tuple[Float64Array, Float64Array, Float64Array, npt.NDArray[np.int8]]:
        """Excess, ulp, conditioned and status, to be changed."""
        return self.excess.copy(), self.ulp.copy(), self.conditioned.copy(), self.status.copy()

    def at(self, chosen: npt.NDArray[np.intp]) -> Judged:
        """The same at some of the points, by their positions in reading order."""
        parts = (self.ulp, self.conditioned, self.excess, self.status, self.undecided)
        return Judged(*(part.ravel()[chosen] for part in parts))  # type: ignore[arg-type]  # each of its own type

    def counts(self) -> dict[Status, int]:
        """How many points have each status that occurs."""
        numbers = np.bincount(self.status.ravel(), minlength=len(_STATUSES))
        return {s: int(n) for s, n in zip(_STATUSES, numbers, strict=True) if n}

    def verdict(self) -> Verdict:
        """The verdict on all points together."""
        return verdict_of(self.counts(), wrong=bool((self.excess > 1).any()))


def verdict_of(counts: Mapping[Status, int], *, wrong: bool) -> Verdict:
    """The verdict that follows from the statuses and from whether any point exceeds the budget."""
    if wrong:
        return Verdict.DISAGREES
    if Status.AT_INFINITY in counts:
        return Verdict.FAILS_AT_INFINITY
    return Verdict.AGREES if _SMALL_VALUES & counts.keys() else Verdict.ACCURATE


def verdict_named(verdict: Verdict | str) -> Verdict:
    """The verdict, or the one so called. Raises: ValueError, naming all, if there is none."""
    try:
        return Verdict(verdict)
    except ValueError:
        known = ", ".join(map(repr, map(str, Verdict)))
        raise ValueError(f"unknown verdict {verdict!r}; known are {known}") from None


def judge(
    computed: Float64Array,
    truth: Enclosure,
    sensitivity: Float64Array,
    dtype: FloatType,
    budget: Budget,
    scale: Float64Array | float = 1.0,
) -> Judged:
    """Each computed gradient against the enclosure of the true one.

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
    unit = ulp(g, dtype)
    error = _forgiving_at_the_edge(computed, truth, dtype, budget)
    moved = np.where(np.isfinite(sensitivity), sensitivity, 0.0) * dtype.unit_roundoff
    ulps, conditioned = error / unit, error / (unit + moved)
    floor = ulp(np.maximum(np.abs(g), scale), dtype) + moved
    if budget.absolute > 0:
        excess = (error / (floor * budget.absolute)).greatest
    else:  # nothing is allowed: any error is infinitely more
        excess = np.where(error.greatest > 0, np.inf, 0.0)
    status = _statuses(computed, truth, ulps.greatest, conditioned.greatest, dtype, budget)
    excess = np.where(np.isin(status, [_code(s) for s in _ALWAYS_WRONG]), np.inf, excess)
    excess = np.where(conditioned.greatest <= budget.accurate, np.minimum(excess, 1.0), excess)
    apart = np.isin(status, [_code(s) for s in _NOT_JUDGED])
    excess, ulp_at_most, conditioned_at_most = (
        np.where(apart, 0.0, values) for values in (excess, ulps.greatest, conditioned.greatest)
    )
    undecided = ulps.straddles(0.5) | ulps.straddles(1) | conditioned.straddles(budget.accurate)
    undecided &= np.isfinite(truth.bound)
    return Judged(ulp_at_most, conditioned_at_most, excess, status, undecided & ~apart)


def _forgiving_at_the_edge(
    computed: Float64Array, truth: Enclosure, dtype: FloatType, budget: Budget
) -> Interval:
    """|ĝ − g|, where the largest number and ∞ beside it are a unit apart, for a truth near them.

    An error of a few units decides there whether a gradient overflows; it is no more than that.
    """
    error = absolute_error(computed, truth, dtype)
    unit = float(ulp(np.asarray(dtype.largest), dtype))
    edge, beyond = dtype.largest - budget.accurate * unit, dtype.largest + budget.accurate * unit
    near = (np.abs(truth.high) >= edge) & (np.abs(truth.high) <= beyond) & (error.greatest > 0)
    near &= (np.abs(computed) >= edge) & (np.sign(computed) == np.sign(truth.high))
    if not near.any():
        return error
    infinite = np.isinf(computed)
    least, greatest = truth.distance(
        np.where(infinite, np.sign(computed) * dtype.largest, computed)
    )
    return Interval(
        np.where(near, least + unit * infinite, error.least),
        np.where(near, greatest + unit * infinite, error.greatest),
    )


def _statuses(
    computed: Float64Array,
    truth: Enclosure,
    ulps: Float64Array,
    conditioned: Float64Array,
    dtype: FloatType,
    budget: Budget,
) -> npt.NDArray[np.int8]:
    """Written in reverse order of precedence: what is written later wins."""
    g = finite_truth(truth, dtype)
    defined = np.isfinite(truth.bound)
    overflows = defined & (np.abs(truth.high) >= dtype.overflow)
    status = np.full(g.shape, _code(Status.INACCURATE), dtype=np.int8)
    status[np.sign(computed) * np.sign(g) < 0] = _code(Status.WRONG_SIGN)
    status[conditioned <= budget.accurate] = _code(Status.WITHIN)
    # However ill-conditioned: a normal number that came out as nothing is lost.
    small = (np.abs(computed) < dtype.smallest_normal) & (np.abs(g) >= dtype.smallest_normal)
    status[small & (ulps > budget.accurate)] = _code(Status.LOST)
    status[ulps < 1] = _code(Status.FAITHFUL)
    status[ulps <= 0.5] = _code(Status.CORRECT)
    status[overflows & ~(conditioned <= budget.accurate)] = _code(Status.MISSED)
    spurious = ~np.isfinite(computed) & ~overflows & ~(conditioned <= budget.accurate)
    status[spurious] = _code(Status.SPURIOUS)
    undefined = np.isin(truth.why, [Why.UNDEFINED, Why.NO_DERIVATIVE])
    status[~truth.certified] = _code(Status.NOT_CERTIFIED)
    status[undefined] = _code(Status.OUTSIDE)
    status[undefined & ~np.isfinite(computed)] = _code(Status.UNDEFINED)
    return status


def judge_beyond_finite(
    judged: Judged, computed: Float64Array, inputs: Float64Array, truth: Enclosure
) -> Judged:
    """The same with the points at NaN and ±∞ judged in their own way.

    At ±∞ the truth is the limit. What misses it is said to, and does not count as beyond the
    budget: the verdict tells it apart from a gradient that is wrong at a number. Where there is no
    limit, and at NaN, a point is counted and not judged.
    """
    excess, ulps, conditioned, status = judged.copies()
    limited = np.isinf(inputs) & np.isfinite(truth.bound)
    missed = limited & ~np.isin(status, [_code(s) for s in _SOUND])
    status[missed] = _code(Status.AT_INFINITY)
    excess[missed] = 1.0
    apart = ~np.isfinite(inputs) & ~limited
    ignored = np.isnan(inputs) & ~np.isnan(computed)
    status[apart] = _code(Status.NON_FINITE_INPUT)
    status[ignored] = _code(Status.NAN_IGNORED)
    excess[apart] = ulps[apart] = conditioned[apart] = 0.0
    return Judged(ulps, conditioned, excess, status, judged.undecided & ~apart)


def judge_kinks(
    judged: Judged,
    computed: Float64Array,
    inputs: Float64Array,
    kinks: Sequence[Kink],
    dtype: FloatType,
    cotangent: Float64Array | float = 1.0,
) -> Judged:
    """The same with the points at kinks judged by the interval between one-sided derivatives.

    A kink is also where its breakpoint rounds to: torch rounds parameters to the tensor's type.
    An interval's ends may be missed by an ulp. One ulp beside it, the rounding of the condition's
    own operands (0.2 z + 0.5 ≤ 1) may put a point on either side: there the interval excuses, and
    what lies outside is judged as anywhere.
    """
    excess, ulps, conditioned, status = judged.copies()
    for kink in kinks:
        if kink.smooth or S.NaN in (kink.left, kink.right):
            continue
        centre = dtype.round([float(kink.at)])
        here = inputs == centre
        beside = ~here & (np.abs(inputs - centre) <= ulp(centre, dtype)) & (excess > 1)
        with np.errstate(over="ignore"):
            sides = cotangent * float(kink.left), cotangent * float(kink.right)
        low, high = np.minimum(*sides), np.maximum(*sides)
        below, above = (ulp(np.clip(e, -dtype.largest, dtype.largest), dtype) for e in (low, high))
        inside = (computed >= low - below) & (computed <= high + above)
        status[here & ~inside] = _code(Status.KINK_OUTSIDE)
        excess[here & ~inside] = np.inf
        excused = (here | beside) & inside
        status[excused] = _code(Status.KINK_INSIDE)
        excess[excused] = ulps[excused] = conditioned[excused] = 0.0
    return Judged(ulps, conditioned, excess, status, judged.undecided)


def judge_unresolved(
    judged: Judged,
    computed: Float64Array,
    inputs: Float64Array,
    unresolved: Sequence[Unresolved],
    dtype: FloatType,
    cotangent: Float64Array | float = 1.0,
) -> Judged:
    """The same with what is wrong in an interval that may hold kinks judged by both its sides.

    Such a point is excused if it lies between the derivatives at the interval's ends, which may be
    missed by an ulp, and only then; an interval without an end excuses nothing.
    """
    excess, ulps, conditioned, status = judged.copies()
    for interval in unresolved:
        if S.NaN in (interval.left, interval.right):
            continue
        ends = np.clip([interval.low, interval.high], -dtype.largest, dtype.largest)
        first, last = dtype.round(ends)
        low_in, high_in = first - ulp(first, dtype), last + ulp(last, dtype)
        within = (inputs >= low_in) & (inputs <= high_in) & (excess > 1)
        with np.errstate(over="ignore"):
            sides = cotangent * float(interval.left), cotangent * float(interval.right)
        low, high = np.minimum(*sides), np.maximum(*sides)
        below, above = (ulp(np.clip(e, -dtype.largest, dtype.largest), dtype) for e in (low, high))
        excused = within & (computed >= low - below) & (computed <= high + above)
        status[excused] = _code(Status.KINK_INSIDE)
        excess[excused] = ulps[excused] = conditioned[excused] = 0.0
    return Judged(ulps, conditioned, excess, status, judged.undecided)


def _code(status: Status) -> int:
    return _STATUSES.index(status)
