"""Say which error the comparison of a function of points would have rejected.

At a point whose gradient is off by e already, an error of it, of either sign, is rejected from
A + e on, where A is the wider of the budget's two lines. Between the points nothing is asked. In a
16-bit type, where A is much, an error that all numbers of the type have in common is seen earlier.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.judge.budget import Budget
from comparisons.judge.judgement import Judgement
from comparisons.judge.points.statuses import OVERFLOWN
from comparisons.judge.power.power import Power, by_line, judged_in, nonzero
from comparisons.judge.ulp import finite_truth
from symdiff.array_types import BoolArray
from symdiff.oracle.enclosures.enclosure import Enclosure

_USUAL = 64.0  # |z| up to which the widest gap between points is named
_ALL = "every number of the type was asked"
_SINGLE = 2.0**-24  # in longer types what one point is allowed is small anyway
_CHANCE = 1e-9  # that independent errors within what is allowed add up beyond the line
_SMALL = 1.0  # a gap is measured beside |z|, or this where z is smaller


def power_at_points(
    name: str,
    computed: Float64Array,
    truth: Enclosure,
    judgement: Judgement,
    moved: Float64Array,
    inputs: Inputs,
    dtype: FloatType,
    budget: Budget,
) -> Power:
    """The error in the adjoint `name` that would have been rejected, and where nobody looked.

    Args: moved, Σ |v ∂g/∂v| over the values that g is computed from.
    """
    judged = judged_in(judgement, truth, computed)
    judged &= np.abs(truth.high) < dtype.overflow
    size = np.abs(truth.high)
    scale = np.abs(inputs.get(COTANGENT, np.ones(()))) if name != COTANGENT else np.ones(())
    unit = dtype.ulp(finite_truth(truth, dtype))
    beside = np.minimum(np.maximum(size, np.broadcast_to(scale, size.shape)), dtype.largest)
    with np.errstate(over="ignore", invalid="ignore"):
        rounding = np.where(
            np.isfinite(moved), np.nan_to_num(moved) * dtype.unit_roundoff, OVERFLOWN * unit
        )
        line = budget.absolute * (dtype.ulp(np.nan_to_num(beside)) + rounding)
        accurate = budget.accurate * (unit + rounding)
        allowed = np.maximum(line, accurate)
    power = by_line(name, computed, truth, judgement, judged, allowed, dtype)
    between = _between(inputs, computed.shape, dtype)
    if between != _ALL or dtype.unit_roundoff <= _SINGLE:
        return replace(power, between=between)
    within = nonzero(judged, truth) & (judgement.excess <= 1)
    off = computed - truth.high - truth.low
    common, found = _in_common(off, truth.high, allowed, accurate, within)
    return replace(power, between=between, common=common, found=found)


def _in_common(
    off: Float64Array,
    truth: Float64Array,
    allowed: Float64Array,
    accurate: Float64Array,
    where: BoolArray,
) -> tuple[float, float]:
    """The relative error of all points that rounding explains, and the one that they have.

    The fit Σ e g/A² / Σ g²/A² of errors that are each within what is called accurate is at most
    that of these bounds with the signs of g. What a formula loses beside it, within A, differs from
    point to point: independent errors of mean 0 add up to more than √(2 ln(2/δ) / Σ g²/A²) with
    probability δ at most. Asked of all numbers of a type: none was chosen by its error.
    Source: Hoeffding 1963, "Probability inequalities for sums of bounded random variables", th. 2.
    """
    signal = truth[where] / allowed[where]
    power = float(signal @ signal)
    if not power or not math.isfinite(power):
        return math.inf, 0.0
    fit = float((off[where] / allowed[where]) @ signal) / power
    rounding = float((accurate[where] / allowed[where]) @ np.abs(signal)) / power
    return rounding + math.sqrt(2 * math.log(2 / _CHANCE) / power), fit


def _between(inputs: Inputs, shape: tuple[int, ...], dtype: FloatType) -> str:
    """In words which numbers were not asked."""
    own = [v for k, v in inputs.items() if k != COTANGENT and np.shape(v) == shape]
    if len(own) != 1:
        return "errors at other inputs are not seen"
    z = np.unique(own[0][np.isfinite(own[0])])
    if z.size >= 2**dtype.precision * (dtype.e_max - dtype.e_min + 2) - 1:  # ±0 is one
        return _ALL
    z = z[np.abs(z) <= _USUAL]
    if z.size < 2:
        return "errors at other inputs are not seen"
    gaps = np.diff(z) / np.maximum(np.maximum(np.abs(z[1:]), np.abs(z[:-1])), _SMALL)
    i = int(np.argmax(gaps))
    return f"errors between the points are not seen, such as from {z[i]:.4g} to {z[i + 1]:.4g}"
