"""What the comparison of a function of points is worth: the error that would have been rejected.

At a point whose gradient is off by e already, an error of it, of either sign, is rejected from
A + e on, where A is the wider of the budget's two lines. Between the points nothing is asked.
"""

from __future__ import annotations

import math

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.judge.budget import Budget
from comparisons.judge.judgement import Judgement
from comparisons.judge.power import ALLCLOSE, GRADCHECK, Power, seen, tolerance
from comparisons.judge.statuses import OVERFLOWN
from comparisons.judge.ulp import finite_truth
from comparisons.judge.vocabulary import Standing, Status
from symdiff.oracle.enclosure import Enclosure

_USUAL = 64.0  # |z| up to which the widest gap between points is named
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
    """What the comparison of the adjoint `name` would have rejected, and where it did not look.

    Args: moved, Σ |v ∂g/∂v| over the values that g is computed from.
    """
    apart = [s.code for s in Status if s.standing in (Standing.NOT_JUDGED, Standing.EXCUSED)]
    judged = ~np.isin(judgement.status, apart) & np.isfinite(truth.high) & np.isfinite(computed)
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
        allowed = np.maximum(line, budget.accurate * (unit + rounding))
        off = np.where(judgement.excess > 1, 0.0, truth.distance(computed)[1])
    zero = judged & truth.contains(np.zeros(size.shape))
    telling = judged & ~zero
    own = seen(allowed + off, size, telling)
    return Power(
        adjoint=name,
        entries=int(judged.sum()),
        zeros=int(zero.sum()),
        absolute=float(allowed[zero].max(initial=0.0)),
        own=own,
        gradcheck=seen(tolerance(GRADCHECK, size), size, telling),
        allclose=seen(tolerance(ALLCLOSE, size), size, telling),
        least=0.0,
        line=math.inf,
        common=math.inf,
        found=0.0,
        in_double=dtype.name == "float64",
        beyond_allclose=bool((off > tolerance(ALLCLOSE, size))[telling].any()),
        between=_between(inputs, computed.shape, dtype),
    )


def _between(inputs: Inputs, shape: tuple[int, ...], dtype: FloatType) -> str:
    """Which numbers were not asked, in words."""
    own = [v for k, v in inputs.items() if k != COTANGENT and np.shape(v) == shape]
    if len(own) != 1:
        return "errors at other inputs are not seen"
    z = np.unique(own[0][np.isfinite(own[0])])
    if z.size >= 2**dtype.precision * (dtype.e_max - dtype.e_min + 2) - 1:  # ±0 is one
        return "every number of the type was asked"
    z = z[np.abs(z) <= _USUAL]
    if z.size < 2:
        return "errors at other inputs are not seen"
    gaps = np.diff(z) / np.maximum(np.maximum(np.abs(z[1:]), np.abs(z[:-1])), _SMALL)
    i = int(np.argmax(gaps))
    return f"errors between the points are not seen, such as from {z[i]:.4g} to {z[i + 1]:.4g}"
