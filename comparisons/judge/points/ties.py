"""Judge gradients of several variables where two of them tie, or a step beside jumps.

One step of the type in one variable, to either side, leads past a tie. What lies between the
gradients there is a subgradient (Clarke 1983). Where there is no kink these gradients are as near
as a rounding of the input moves them, so nothing is excused that it would not explain.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.judge.judgement import Judgement
from comparisons.judge.truth import Truth
from comparisons.judge.vocabulary import Status


def judge_ties(
    found: Judgement,
    name: str,
    computed: Float64Array,
    inputs: Inputs,
    truth: Truth,
    dtype: FloatType,
) -> Judgement:
    """The judgement of the adjoint `name` with what is wrong at a tie judged by both sides."""
    wrong = found.excess > 1
    for values in inputs.values():
        wrong = wrong & np.isfinite(np.broadcast_to(values, wrong.shape))
    if not wrong.any():
        return found
    at = {k: np.broadcast_to(v, wrong.shape)[wrong] for k, v in inputs.items()}
    low, high = _hull(name, at, truth, dtype)
    below, above = (dtype.ulp(np.clip(e, -dtype.largest, dtype.largest)) for e in (low, high))
    got = computed[wrong]
    with np.errstate(invalid="ignore"):
        between = (got >= low - below) & (got <= high + above)
    judgement, excused = found.copy(), wrong.copy()
    excused[wrong] = between
    judgement.excuse(excused, Status.KINK_INSIDE)
    return judgement


def _hull(
    name: str, at: Mapping[str, Float64Array], truth: Truth, dtype: FloatType
) -> tuple[Float64Array, Float64Array]:
    """The least and the greatest gradient at a point and a step away in each variable.

    Empty (∞, −∞) where nothing is certified.
    """
    shape = next(iter(at.values())).shape
    low, high = np.full(shape, np.inf), np.full(shape, -np.inf)
    moves = [dict(at)]
    for variable in (k for k in at if k != COTANGENT):
        step = dtype.ulp(np.clip(at[variable], -dtype.largest, dtype.largest))
        moves += [{**at, variable: dtype.round(at[variable] + s * step)} for s in (-1, 1)]
    for moved in moves:
        enclosure = truth.enclosed(moved, dtype)[name]
        known = enclosure.certified & np.isfinite(enclosure.high)
        low = np.where(known, np.minimum(low, enclosure.high), low)
        high = np.where(known, np.maximum(high, enclosure.high), high)
    return low, high
