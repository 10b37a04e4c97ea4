"""Judge gradients at NaN and ±∞: at ±∞ the truth is the limit, if there is one."""

from __future__ import annotations

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.judge.judgement import Judgement
from comparisons.judge.vocabulary import Standing, Status
from symdiff.oracle.enclosures.enclosure import Enclosure


def judge_beyond_finite(
    found: Judgement, computed: Float64Array, inputs: Float64Array, truth: Enclosure
) -> Judgement:
    """The judgement with the points at NaN and ±∞ judged by their own rules.

    What misses the limit is said to, and does not count as beyond the budget: the verdict tells it
    apart from a gradient that is wrong at a number. Where there is no limit, and at NaN, a point is
    counted and not judged.
    """
    judgement = found.copy()
    limited = np.isinf(inputs) & np.isfinite(truth.bound)
    sound = [s.code for s in Status if s.standing is Standing.SOUND]
    missed = limited & ~np.isin(judgement.status, sound)
    judgement.status[missed] = Status.AT_INFINITY.code
    judgement.excess[missed] = 1.0
    apart = ~np.isfinite(inputs) & ~limited
    judgement.excuse(apart, Status.NON_FINITE_INPUT)
    judgement.status[np.isnan(inputs) & ~np.isnan(computed)] = Status.NAN_IGNORED.code
    judgement.undecided[apart] = False
    return judgement
