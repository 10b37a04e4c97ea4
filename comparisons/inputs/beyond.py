"""Judge a function of several variables at ±∞ and NaN.

One variable is there at a time, while the others stay at usual numbers, labels among them; and all
at once, where a truth is seldom known and nothing is judged.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.domain import within
from symdiff import Definition

_NOTHING = (np.nan,)
_STAY = (0.0, 1.0, -1.0, 0.3, -1.7, 2.5)  # where the others are


def beyond(definition: Definition, dtype: FloatType) -> dict[str, Float64Array]:
    """Points with one variable at ±∞ or NaN, and points with all of them.

    At an infinity only where the variable has no end there, at NaN where it has none at all.
    """
    names = definition.variables
    ends = {n: _ends(definition, n) for n in names}
    points = [
        {**dict.fromkeys(names, stay), name: end}
        for name in names
        for end in (*ends[name], *_NOTHING[name in definition.domain :])
        for stay in _STAY
    ]
    points = [p for p in points if _others_within(p, definition)]
    together = [dict(zip(names, p, strict=True)) for p in product(*ends.values())]
    points += [*together, *(dict.fromkeys(names, x) for x in _NOTHING[bool(definition.domain) :])]
    return {n: dtype.round(np.array([p[n] for p in points])) for n in names}


def _ends(definition: Definition, name: str) -> list[float]:
    low, high = definition.domain.get(name, (-np.inf, np.inf))
    return [end for end in (low, high) if np.isinf(end)]


def _others_within(point: dict[str, float], definition: Definition) -> bool:
    """Whether the variables that are numbers are within the domain."""
    numbers = {n: np.array([x]) for n, x in point.items() if np.isfinite(x)}
    return bool(within(numbers, definition).all())
