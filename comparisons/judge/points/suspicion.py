"""Choose which of very many gradients to certify: those furthest from a float64 estimate.

The truth of a point in ball arithmetic costs some 20 microseconds a form, its estimate in float64 a
hundredth of that. So very many points are computed, and only the worst are certified and judged;
an estimate decides nothing but where to look.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import seeded
from symdiff.array_types import IndexArray

_UNKNOWN = 2.0**-20  # of a value: an estimate that is further off says nothing
_ABSOLUTE, _RELATIVE, _OPEN = 4, 2, 1  # shares, of 8, of what is chosen; the last two by chance


@dataclass(frozen=True)
class Estimate:
    """One adjoint in plain float64 at many points, with a bound of its error."""

    value: Float64Array
    bound: Float64Array  # of its error; infinite or NaN where nothing is known
    moved: Float64Array  # its sensitivity, Σ |v ∂g/∂v|
    scale: Float64Array  # |cotangent|, which a gradient is small or large beside

    def at(self, chosen: IndexArray) -> Estimate:
        """The estimate at some of the points."""
        parts = (self.value, self.bound, self.moved, self.scale)
        return Estimate(*(part[chosen] for part in parts))


def suspicious(
    computed: Float64Array, estimate: Estimate, dtype: FloatType, most: int
) -> IndexArray:
    """The positions of the values that are most likely wrong, at most so many.

    Half of them by the error beside the larger of the gradient and its cotangent, a quarter beside
    the gradient, an eighth where the estimate says nothing, and the others by chance.

    Args: computed, one-dimensional values of `dtype`, held in float64.
    """
    if computed.size <= most:
        return np.arange(computed.size)
    with np.errstate(all="ignore"):
        g, bound = estimate.value, estimate.bound
        over = np.abs(g) >= dtype.overflow
        unknown = ~np.isfinite(bound) | ~(bound <= _UNKNOWN * np.abs(g) + dtype.smallest_normal)
        unknown |= np.isnan(g)
        size = np.minimum(np.abs(np.nan_to_num(g)), dtype.largest)
        error = np.abs(computed - g)
        moved = np.minimum(dtype.unit_roundoff * estimate.moved, 2.0**10 * dtype.ulp(size))
        allowed = moved + np.nan_to_num(bound, posinf=0.0)
        beside_one = dtype.ulp(np.minimum(np.maximum(size, estimate.scale), dtype.largest))
        absolute = error / (beside_one + allowed)
        relative = error / (dtype.ulp(size) + allowed)
    infinite = np.isinf(computed) & (computed == np.copysign(np.inf, g))
    wrong = np.where(over, ~infinite, ~np.isfinite(computed))
    for excess in (absolute, relative):
        excess[wrong] = np.inf
        excess[(over & infinite) | unknown] = 0.0
        excess[np.isnan(excess)] = 0.0
    draw = seeded()
    chosen = [
        _largest(absolute, most * _ABSOLUTE // 8),
        _largest(relative, most * _RELATIVE // 8),
        draw.permutation(np.flatnonzero(unknown))[: most * _OPEN // 8],
        draw.integers(0, computed.size, size=most * _OPEN // 8),
    ]
    return np.unique(np.concatenate(chosen))


def _largest(values: Float64Array, count: int) -> IndexArray:
    return np.argpartition(values, values.size - count)[values.size - count :]
