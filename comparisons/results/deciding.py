"""Find in a judgement the number that its verdict was taken from."""

from __future__ import annotations

import math

import numpy as np

from comparisons.judge.budget import Budget
from comparisons.judge.judgement import Judgement
from comparisons.judge.power.power import Power
from comparisons.judge.vocabulary import Status, Verdict, status_at
from comparisons.results.decision import (
    ALLOWED,
    AT_INFINITY,
    CONDITIONED,
    OF_ONE,
    RELATIVE,
    SEEN,
    Decision,
)


def decision(
    verdict: Verdict,
    judgement: Judgement,
    budget: Budget,
    power: Power | None,
    *,
    pointwise: bool,
) -> Decision:
    """The largest of the errors that decided the verdict, in the unit of the line it was held to.

    Of an accurate gradient in conditioned ulp, as `budget.accurate` is; of points that agree, or
    are wrong, in ulp of max(|g|, 1), as `budget.absolute` is; of arrays as a multiple of what is
    allowed. Where all values together are off, by how much; where one is wrong however small its
    error is, its status in words.
    """
    if verdict is Verdict.INCONCLUSIVE:
        return undecided(power)
    if verdict is Verdict.FAILS_AT_INFINITY:
        return Decision(float(judgement.counts()[Status.AT_INFINITY]), AT_INFINITY)
    if verdict is Verdict.DISAGREES and power is not None and not judgement.wrong:
        return Decision(abs(power.found), RELATIVE)
    if verdict is Verdict.ACCURATE and pointwise:
        return Decision(float(judgement.conditioned.max(initial=0.0)), CONDITIONED)
    excess = float(judgement.excess.max(initial=0.0))
    return beyond(excess, _worst_status(judgement), budget, pointwise=pointwise)


def beyond(excess: float, status: Status, budget: Budget, *, pointwise: bool) -> Decision:
    """The error as a multiple of its line; the status in words where it is no number."""
    if not math.isfinite(excess):
        return Decision(None, str(status))
    return Decision(excess * budget.absolute, OF_ONE) if pointwise else Decision(excess, ALLOWED)


def undecided(power: Power | None) -> Decision:
    """The least relative error that would have been seen, if any would."""
    seen = math.inf if power is None else min(power.least, power.common)
    if power is None or power.unjudged or not math.isfinite(seen):
        return Decision(None, "none judged")
    return Decision(seen, SEEN)


def _worst_status(judgement: Judgement) -> Status:
    return status_at(int(judgement.status.flat[int(np.argmax(judgement.excess))]))
