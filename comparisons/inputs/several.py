"""Choose points of functions of several variables: usual numbers, every size, borders and ties."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.borders import borders
from comparisons.inputs.domain import within
from comparisons.inputs.values import seeded
from symdiff import Definition

_USUAL = 4096  # points of moderate size
_SPREAD = 1024  # points of every size in the type, and as many of the sizes in _NEAR
_NEAR = (-20.0, 12.0)  # exponents
_TIED = 256  # points of every size at which all variables are equal, and as many one unit apart
_AT = (0.0, 1.0, -1.0, 0.5, 2.0)  # where the last variable stays while the first has every size


def several(definition: Definition, dtype: FloatType) -> dict[str, Float64Array]:
    """Points of a function of two variables or more, within its domain.

    Of moderate size, of every size in the type, equal ones; and the borders of its formula.
    """
    parts = [usual(definition, dtype), _spread(definition, dtype), borders(definition, dtype)]
    return {v: np.concatenate([part[v] for part in parts]) for v in definition.variables}


def usual(definition: Definition, dtype: FloatType) -> dict[str, Float64Array]:
    """Points of moderate size.

    Random ones, with each variable but the first at 0, 1 (if its domain reaches them) and at a
    distance of 0 or of a parameter from the one before for some, since losses change there.
    """
    draw = seeded()
    names = definition.variables
    domain = definition.domain
    points = {n: _inside(draw.normal(scale=2.0, size=_USUAL), domain.get(n), draw) for n in names}
    offsets = [0.0, *(float(p) for p in definition.parameters.values() if p.is_finite)]
    offsets += [-o for o in offsets]
    eighth = _USUAL // 8
    for before, name in pairwise(names):
        low, high = domain.get(name, (-np.inf, np.inf))
        for value, part in ((0.0, slice(eighth)), (1.0, slice(eighth, 2 * eighth))):
            if low <= value <= high:
                points[name][part] = value
        if name not in domain:
            chosen = slice(2 * eighth, 4 * eighth)
            distance = draw.choice(offsets, size=2 * eighth)
            points[name][chosen] = points[before][chosen] + distance
    return {n: dtype.round(v) for n, v in points.items()}


def _inside(
    values: Float64Array, interval: tuple[float, float] | None, draw: np.random.Generator
) -> Float64Array:
    """The values, or, for an interval, uniform ones a little inside it."""
    if interval is None:
        return values
    low, high = interval
    return np.asarray(low + (high - low) * draw.uniform(2**-7, 1 - 2**-7, size=values.shape))


def _spread(definition: Definition, dtype: FloatType) -> dict[str, Float64Array]:
    """Points of every size: apart, with the last variable at a usual number, and equal."""
    draw, names = seeded(), definition.variables
    everywhere = float(dtype.e_min - dtype.precision + 1), float(dtype.e_max + 1)
    parts: list[dict[str, Float64Array]] = []
    for exponents in (_NEAR, everywhere):
        parts.append({n: _sized(draw, exponents, _SPREAD, dtype) for n in names})
        fixed = {n: _sized(draw, exponents, _SPREAD, dtype) for n in names[:-1]}
        parts.append({**fixed, names[-1]: draw.choice(_AT, size=_SPREAD)})
        same = _sized(draw, exponents, _TIED, dtype)
        parts.append(dict.fromkeys(names, same))
        step = np.where(np.isfinite(same), same, 0.0)
        beside = same + draw.choice([-1.0, 1.0], size=_TIED) * dtype.ulp(step)
        parts.append({n: beside if n == names[-1] else same for n in names})
    zeros = np.array(list(product((0.0, -0.0), repeat=len(names)))).T
    parts.append(dict(zip(names, zeros, strict=True)))
    points = {n: np.concatenate([p[n] for p in parts]) for n in names}
    points = _towards_the_ends(points, definition)
    points = {n: dtype.round(v) for n, v in points.items()}
    inside = within(points, definition)
    return {n: v[inside] for n, v in points.items()}


def _sized(
    draw: np.random.Generator, exponents: tuple[float, float], count: int, dtype: FloatType
) -> Float64Array:
    """Numbers of either sign, their exponents evenly spread."""
    sign = draw.choice([-1.0, 1.0], size=count)
    return dtype.round(sign * np.exp2(draw.uniform(*exponents, size=count)))


def _towards_the_ends(
    points: dict[str, Float64Array], definition: Definition
) -> dict[str, Float64Array]:
    """The points; of a variable with an upper end those below 0 as distances from it."""
    found = dict(points)
    for name, (low, high) in definition.domain.items():
        values = points[name]
        if np.isfinite(low) and np.isfinite(high):
            size = np.abs(values)
            found[name] = np.where(values < 0, high - size, low + size)
    return found
