"""Find where a formula of several variables changes its case, and the points beside it.

A border, such as |y − t| = δ or where e^y leaves the type, is a curve. It is met by moving one
variable at a time, while the others stay at a few numbers: at 0, at powers of two, for which
products are exact and ties are met, and at sizes that others are lost beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.changes import Points, crossings, evaluator_of, parts_of, quantities_of
from comparisons.inputs.domain import within
from comparisons.inputs.landmarks import every_half_binade
from comparisons.inputs.values import seeded
from symdiff import Definition

_STAY = (0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 0.3, 40.0, -100.0, 2.0**-30)
_MOST_LINES = 64  # of one variable that moves: combinations of the others
_MOST_EACH = 4  # of one quantity on a line, the nearest to 0
_MOST_BORDERS = 512  # of one variable that moves
_STEPS = (0, -1, 1, -2, 2)  # in units in the last place, from the number nearest to a border
_BESIDE = (2.0**-12, -(2.0**-12), 2.0**-5, -(2.0**-5))  # relatively


Domain = Mapping[str, tuple[float, float]]


def borders(definition: Definition, dtype: FloatType) -> dict[str, Float64Array]:
    """Points on and beside the borders of f and of its derivatives, in the type and the domain.

    Args: definition, of a function of two variables or more. Returns: none, if there is no border
        or no float64 arithmetic for a part.
    """
    settled = definition.settled()
    names = dict(zip(settled.variables, settled.symbols, strict=True))
    parts = parts_of(settled)
    evaluate, quantities = evaluator_of(parts, names), quantities_of(parts, names, dtype)
    found: list[Points] = [dict.fromkeys(names, np.empty(0))]
    if evaluate is not None and quantities:
        with np.errstate(all="ignore"):
            lines = {moving: _lines(names, moving, dtype, settled.domain) for moving in names}
            for moving, at in crossings(lines, evaluate, quantities, _MOST_EACH).items():
                found.append(_beside(_some(at), moving, dtype))
    points = {k: np.concatenate([f[k] for f in found]) for k in names}
    inside = within(points, settled)
    return {k: v[inside] for k, v in points.items()}


def _lines(
    names: Mapping[str, object], moving: str, dtype: FloatType, domain: Domain
) -> dict[str, Float64Array]:
    """Lines along which one variable moves through the type, the others at some numbers."""
    others = [n for n in names if n != moving]
    stay = [_staying(dtype, domain.get(n)) for n in others]
    chosen = _combined(stay)
    line = every_half_binade(dtype)
    low, high = domain.get(moving, (-np.inf, np.inf))
    line = line[(line >= low) & (line <= high)]
    if np.isfinite(high):  # the upper end has no binades of its own
        line = np.unique([*line, *(high - line[line > 0] * (line[line > 0] < high - low))])
    shape = len(chosen), line.size
    lines = {moving: np.broadcast_to(line, shape)}
    for i, name in enumerate(others):
        lines[name] = np.broadcast_to(chosen[:, i : i + 1], shape)
    return lines


def _staying(dtype: FloatType, interval: tuple[float, float] | None) -> Float64Array:
    """The numbers that a variable stays at, in the type.

    None is near its end: e^y − t is a number for e^y just beyond it, if t is as large, and whoever
    computes e^y there has none.
    """
    large = np.sqrt(dtype.largest)
    values = dtype.round([*_STAY, dtype.smallest_normal, large, -large])
    if interval is not None:
        low, high = interval
        ends = [e for e in interval if np.isfinite(e)]
        middle = [e + s * dtype.unit_roundoff for e, s in zip(ends, (1.0, -1.0), strict=False)]
        values = np.unique(dtype.round([*values, *ends, *middle]))
        values = values[(values >= low) & (values <= high)]
    return values


def _combined(stay: Sequence[Float64Array]) -> Float64Array:
    """At most so many combinations of numbers, one of each list, a row each."""
    combinations = np.array(list(product(*stay)))
    return combinations[seeded().permutation(len(combinations))[:_MOST_LINES]]


def _some(at: Points) -> Points:
    """At most so many of the points, each once."""
    rows = np.unique(np.stack(list(at.values()), axis=1), axis=0)
    if len(rows) > _MOST_BORDERS:
        rows = rows[np.sort(seeded().permutation(len(rows))[:_MOST_BORDERS])]
    return dict(zip(at, rows.T, strict=True))


def _beside(at: Points, moving: str, dtype: FloatType) -> Points:
    """The points rounded, and with the variable that moves a little smaller and larger."""
    centre = dtype.round(at[moving])[:, np.newaxis]
    finite = np.where(np.isfinite(centre), centre, 0.0)
    steps = centre + np.array(_STEPS) * dtype.ulp(finite)
    near = np.concatenate([steps, centre * (1 + np.array(_BESIDE))], axis=1)
    count = near.shape[1]
    moved = {k: np.repeat(v, count) for k, v in at.items()}
    return {k: dtype.round(v) for k, v in {**moved, moving: near.ravel()}.items()}
