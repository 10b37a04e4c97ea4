"""Choose the inputs at which gradients are compared, those at which errors hide among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.several import several
from comparisons.inputs.values import Inputs, seeded
from symdiff import Definition

Points = Literal["structured", "all"]
Function = Callable[[Float64Array], Float64Array]

_PER_BINADE = 3
_NEIGHBOURS = range(-3, 4)


def points_of(
    definition: Definition, dtype: FloatType, points: Points | None, derivative: Function | None
) -> Inputs:
    """The inputs at which a function of one variable or of several is judged by default.

    Args:
        definition: of the function.
        dtype: the type; of a 16-bit one every value, if `points` does not say otherwise.
        points: `structured` or `all`.
        derivative: by its variable, near whose roots points are put, if it has one.

    Raises: ValueError if all values are too many.
    """
    of_several = len(definition.variables) > 1
    if points == "all" and (of_several or dtype.bits > 16):
        hint = "; comparisons.sweep takes all 2³²" if dtype.bits == 32 and not of_several else ""
        raise ValueError(
            f"points='all' is for functions of one variable in a 16-bit type; {definition} in "
            f"{dtype} has too many{hint}"
        )
    if of_several:
        return several(definition, dtype)
    (variable,) = definition.variables
    if dtype.bits == 16 and points != "structured":
        return {variable: every_pattern(dtype)}
    special = [float(kink.at) for kink in definition.kinks()]
    ends = [end for u in definition.unresolved_kinks() for end in (u.low, u.high)]
    special += [end for end in ends if np.isfinite(end)]
    return {variable: structured(dtype, special, derivative)}


def structured(
    dtype: FloatType,
    special: Iterable[float] = (),
    derivative: Function | None = None,
) -> Float64Array:
    """Inputs of one variable: everywhere, and densely where the formula changes.

    Every binade of both signs, a fine grid over [−32, 32], ±0, the smallest and largest subnormal
    and normal numbers, ±800 and ±1e30, and the three neighbours on each side of every `special`
    point and of every root of `derivative`; last ±∞ and NaN.

    Returns: float64 holding values of `dtype`, the finite ones in order and without repetition.
    """
    grid = dtype.round(np.linspace(-32, 32, 4097))
    edges = [0.0, dtype.smallest_subnormal, dtype.smallest_normal, dtype.largest]
    edges += [dtype.smallest_normal - dtype.smallest_subnormal, 800.0, 1e30]
    values = [grid, _binades(dtype), dtype.round(edges), -dtype.round(edges)]
    centres = [float(s) for s in special]
    if derivative is not None:
        centres += list(_roots(grid, derivative))
    values += [neighbours(c, dtype) for c in centres]
    points = np.concatenate(values)
    points = np.unique(points[np.isfinite(points) & (points != 0)])
    below, above = points[points < 0], points[points > 0]
    return np.concatenate([below, [-0.0, 0.0], above, [-np.inf, np.inf, np.nan]])


def every_pattern(dtype: FloatType) -> Float64Array:
    """All values of a 16-bit type in the order of their bit patterns, NaNs and ±∞ included."""
    import torch

    patterns = torch.arange(2**16, dtype=torch.int32).to(torch.int16)
    return np.asarray(patterns.view(dtype.torch).to(torch.float64).numpy())


def neighbours(centre: float, dtype: FloatType) -> Float64Array:
    """The value of `dtype` nearest to `centre` and the three on either side."""
    nearest = dtype.round([centre])
    # Rounding up to 4 units past a power of two keeps distinct neighbours, if not adjacent ones.
    with np.errstate(over="ignore"):  # beyond the largest number there is ∞
        return dtype.round(nearest + np.array(_NEIGHBOURS) * dtype.ulp(nearest))


def _binades(dtype: FloatType) -> Float64Array:
    draw = seeded()
    exponents = np.arange(dtype.e_min - dtype.precision + 1, dtype.e_max + 1)
    mantissas = 1 + draw.random((len(exponents), _PER_BINADE))
    mantissas[:, 0] = 1.0
    magnitudes = np.ldexp(mantissas, exponents[:, np.newaxis]).ravel()
    return dtype.round(np.concatenate([magnitudes, -magnitudes]))


def _roots(grid: Float64Array, f: Function) -> Float64Array:
    """The numbers where f changes sign between grid points, by bisection in float64."""
    at = f(grid)
    crossing = np.flatnonzero((at[:-1] * at[1:]) < 0)
    low, high = grid[crossing], grid[crossing + 1]
    rising = at[crossing] < 0
    for _ in range(60):
        middle = (low + high) / 2
        below = (f(middle) < 0) == rising
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(low)
