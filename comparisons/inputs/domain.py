"""Keep the points that are within a definition's domain, its ends included where f has values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from comparisons.dtypes import Float64Array
from symdiff import Definition
from symdiff.array_types import BoolArray
from symdiff.expression.formula import exact, real_symbol
from symdiff.expression.rewriting import with_values


def within(points: Mapping[str, Float64Array], definition: Definition) -> BoolArray:
    """The mask of points that are finite and within the domain of each variable."""
    inside = np.logical_and.reduce([np.isfinite(v) for v in points.values()])
    for name, (low, high) in definition.domain.items():
        if name not in points:
            continue
        values = points[name]
        inside &= (values > low) | ((values == low) & _has_values(definition, name, low))
        inside &= (values < high) | ((values == high) & _has_values(definition, name, high))
    return np.asarray(inside)


def _has_values(definition: Definition, name: str, end: float) -> bool:
    """Whether f and its derivatives have values at an end of a variable's interval."""
    if not np.isfinite(end):
        return False
    forms = [definition.formula, *(definition.derivative(v) for v in definition.variables)]
    try:
        for form in forms:
            with_values(definition.valued(form), {real_symbol(name): exact(end)})
    except ValueError:
        return False
    return True
