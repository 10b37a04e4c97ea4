"""Whether there is a truth to judge by: a verdict on nothing would say that all is right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.inputs.values import Inputs
from comparisons.judge.judgement import Judgement
from comparisons.judge.vocabulary import Status
from symdiff.oracle.enclosure import Enclosure, Why

_ELSEWHERE = "give other numbers, at which every operation on the way has a value and a derivative"
_NONE_THERE = (Status.UNDEFINED, Status.OUTSIDE)


def something_known(name: str, truth: Enclosure, at: Inputs, beside: str = "") -> None:
    """Nothing, if there is. Args: beside, what else is to be said if there is not.

    Raises: ValueError if there may be truths at finite inputs, and none was certified.
    """
    finite = np.ones(truth.shape, dtype=bool)
    for v in at.values():
        if v.shape == truth.shape:
            finite &= np.isfinite(v)
    unsettled = truth.unsettled & finite
    if unsettled.any() and not (truth.certified & finite).any():
        why = Why(int(truth.why[unsettled][0]))
        way_out = "" if why is Why.OUT_OF_BUDGET else f"; {_ELSEWHERE}"
        raise ValueError(
            f"the truth of {name} was certified at no point, so nothing can be judged: "
            f"{why.sentence}{beside}{way_out}"
        )


def something_judged(of: str, judgements: Iterable[Judgement], beside: str = "") -> None:
    """Nothing, if it is. Args: as above.

    Raises: ValueError if there are entries, and none of them has a gradient.
    """
    statuses = [found.status.ravel() for found in judgements]
    every = np.concatenate(statuses) if statuses else np.zeros(0)
    if every.size and np.isin(every, [s.code for s in _NONE_THERE]).all():
        raise ValueError(
            f"no gradient of {of} can be judged: there is none at the numbers given{beside}; "
            f"{_ELSEWHERE}"
        )


def without_value(values: Mapping[str, Float64Array | None]) -> str:
    """How many entries of the outputs are no number, as a clause; empty where all are numbers."""
    for name, value in values.items():
        if value is not None and np.isnan(value).any():
            return f" ({name} is NaN in {np.isnan(value).sum()} of {value.size} entries)"
    return ""
