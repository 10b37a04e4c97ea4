"""Refuse code whose slope is not that of its graph, as of a search for a root.

A graph is what ran, with the branches that were taken. A bisection that ran has the slope of its
first bounds; the root that it found has another one, and so has the backward written for it. Before
such a backward is called wrong the code itself is asked, by central differences.
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from comparisons.capture.captured import A_COMPARISON
from comparisons.capture.refusal import WAY_OUT, Refused
from comparisons.careful.running.calls import Calls
from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array
from comparisons.inputs.values import seeded
from comparisons.judge.vocabulary import Verdict
from comparisons.results.comparison import Comparison

# Steps of a difference, relative to the largest entry: as small as rounding lets tell a slope.
_STEPS = {
    "float64": (2.0**-12, 2.0**-16, 2.0**-20),
    "float32": (2.0**-7, 2.0**-9),
}
_ALIKE, _UNLIKE = 2.0**-7, 2.0**-4  # of the sum of the terms' absolute values


def require_its_own_slope(case: Case, found: Comparison) -> None:
    """Refuse code whose differences agree with the backward that is called wrong.

    Raises: Refused, if differences of the code agree with the backward that is called wrong.
    """
    if _of_another_function(case, found):
        raise Refused(
            f"{case.subject}{case.subject.origin.where} cannot be captured: differences of its "
            "values agree with its backward, and not with the branches that it took, as of a "
            f"search for a root; {WAY_OUT}"
        )


def _of_another_function(case: Case, found: Comparison) -> bool:
    """Whether each gradient that is called wrong is the slope of the code, and the truth is not.

    Of code that draws differences say nothing. What is a table, as rounding is, has the slope 0.
    """
    bare, subject = case.subject.bare, case.subject
    steps = _STEPS.get(case.dtype.name)
    if bare is None or not bare.written or steps is None:
        return False
    table = any(not said.startswith(A_COMPARISON) for said in subject.flat())
    if subject.draws or subject.surrogate or table:
        return False
    wrong = [a for a in found.adjoints.values() if a.verdict is Verdict.DISAGREES]
    calls = Calls(case, bare)
    if not wrong or found.wrong_presence or any(a.name not in calls.names for a in wrong):
        return False
    return all(_of_the_code(calls, a.name, a.computed, a.truth, steps) for a in wrong)


def _of_the_code(
    calls: Calls,
    name: str,
    computed: Float64Array,
    truth: Float64Array,
    steps: tuple[float, ...],
) -> bool:
    given = calls.given[name]
    tangent = seeded().normal(size=given.shape)
    own, true = (np.reshape(g, given.shape) * tangent for g in (computed, truth))
    size = float(np.abs(own).sum())
    if not (np.isfinite(size) and np.isfinite(true).all()):
        return False
    largest = float(np.abs(given).max(initial=0.0))
    return any(
        abs(slope - own.sum()) <= _ALIKE * size and abs(slope - true.sum()) >= _UNLIKE * size
        for slope in (_difference(calls, name, tangent, step * largest) for step in steps)
    )


def _difference(calls: Calls, name: str, tangent: Float64Array, step: float) -> float:
    """The slope of the weighted outputs along a tangent; NaN where the code does not run."""
    beside = []
    with suppress(Exception):
        for side in (step, -step):
            moved = calls.case.dtype.round(calls.given[name] + side * tangent)
            values = calls.values(calls.leaves(asked=(), given={**calls.given, name: moved}))
            weights = calls.bare.weights
            beside.append(
                sum(
                    float((np.reshape(calls.case.inputs[weights[y]], v.shape) * v).sum())
                    for y, v in values.items()
                    if y in weights
                )
            )
        return (beside[0] - beside[1]) / (2 * step)
    return float("nan")
