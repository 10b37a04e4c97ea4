"""State what gradients are judged by as plain numbers, and hold what bounds decided of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Status
from comparisons.results.envelope import Bin
from comparisons.sweeps.tally import Extreme, Tally
from symdiff.array_types import IndexArray

_STATUSES = len(Status)
KNOWN = 5
BULK, CONDITIONED, ABOVE, BELOW, LINE = range(KNOWN)  # of the maxima that are known
MAY_BE_CONDITIONED, MAY_BE_LINE = 5, 6  # the least that these two are


class Rules(NamedTuple):
    """What gradients are judged by, as plain numbers."""

    smallest_normal: float
    scale: float  # 2^(1 − p)
    smallest: float  # the smallest subnormal
    largest: float
    overflow: float  # the least that rounds to ∞
    edge: float  # from here on the judge looks closer
    unit_roundoff: float
    accurate: float
    absolute: float
    bulk_from: float


class Deciding(NamedTuple):
    """What a pass needs to decide: the rules, and the stretches it leaves alone."""

    rules: Rules
    fences: Float64Array  # rows of two numbers, around a kink each
    by_input: bool  # whether it is by the input alone that rounding moves the gradient

    @classmethod
    def of(
        cls,
        dtype: FloatType,
        budget: Budget,
        bulk_from: float,
        kinks: Float64Array,
        *,
        by_input: bool,
    ) -> Deciding:
        """Those of a type, a budget, and the kinks, each with an ulp on either side."""
        largest = dtype.largest
        edge = largest - budget.accurate * float(dtype.ulp(np.asarray(largest)))
        unit = dtype.ulp(kinks)
        rules = Rules(
            dtype.smallest_normal,
            2.0 ** (1 - dtype.precision),
            dtype.smallest_subnormal,
            largest,
            dtype.overflow,
            edge,
            dtype.unit_roundoff,
            float(budget.accurate),
            float(budget.absolute),
            bulk_from,
        )
        return cls(rules, np.stack([kinks - unit, kinks + unit], axis=-1), by_input)


NOTHING = Deciding(
    Rules(*[0.0] * len(Rules._fields)), np.array([[-np.inf, np.inf]]), by_input=False
)


class Found(NamedTuple):
    """What was counted, and what may be the most."""

    numbers: IndexArray  # by status
    first: IndexArray  # by status, the first place; −1 if there is none
    truth: Float64Array  # and the gradient there
    wrong: IndexArray  # one number: off by more than is allowed
    least: Float64Array  # by status, the least that the largest excess is
    most: Float64Array  # the maxima that are known, and the least that others are
    waiting: IndexArray  # places of what may be a maximum, and a status each
    ends: Float64Array  # the most that its excess, conditioned error, line are; wrong; truth, bound
    equals: Float64Array  # by status, the excess and the ulps of one that waits and is known


def found_of(count: int) -> Found:
    """Nothing yet, of so many points."""
    most = np.zeros(7)
    return Found(
        np.zeros(_STATUSES, np.int64),
        np.full(_STATUSES, -1, np.int64),
        np.zeros(_STATUSES),
        np.zeros(2, np.int64),  # and how many wait
        np.full(_STATUSES, -1.0),
        most,
        np.empty((count, 2), np.int64),
        np.empty((count, 6)),
        np.full((_STATUSES, 2), -1.0),
    )


def tally_of(found: Found, first: int, computed: Any, number: int) -> Tally:
    """The tally of what was counted.

    Args: first, the bit pattern of the first place; computed, the gradients; number, of the bin.
    """
    counts = {s: int(found.numbers[s.code]) for s in Status if found.numbers[s.code]}
    if not counts:
        return Tally()
    worst: Mapping[Status, Extreme] = {
        s: _non_finite_extreme(
            first + int(found.first[s.code]),
            computed[found.first[s.code]],
            float(found.truth[s.code]),
        )
        for s in (Status.SPURIOUS, Status.MISSED)
        if found.numbers[s.code]
    }
    bulk, conditioned, above, below, line = map(float, found.most[:KNOWN])
    envelope = {number: Bin(above, below, line, int(found.wrong[0]))} if line else {}
    return Tally(counts, bulk, worst=worst, conditioned_ulp=conditioned, envelope=envelope)


def _non_finite_extreme(pattern: int, computed: Any, truth: float) -> Extreme:
    value = float(np.uint32(pattern).view(np.float32))
    return Extreme(pattern, value, float(computed), truth, np.inf, np.inf)
