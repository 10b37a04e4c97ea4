"""Find where a formula of one variable changes: roots, thresholds, over- and underflow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.changes import crossings, evaluator_of, parts_of, quantities_of
from symdiff import Definition

_MOST = 256  # landmarks
_MOST_EACH = 64  # of one quantity, the nearest to 0: sin has a root in every binade
# Beside a landmark, relatively: an implementation may change over a little before or behind it.
_BESIDE = np.array([sign * 2.0**-k for k in (1, 2, 3, 4, 6, 9, 13, 18, 24) for sign in (-1, 1)])


def around(landmarks: Sequence[float]) -> Float64Array:
    """Numbers a little before and behind each landmark."""
    centres = np.asarray(landmarks, dtype=np.float64)[:, np.newaxis]
    with np.errstate(over="ignore"):  # of a landmark near the end of the range
        return np.asarray(centres * (1 + _BESIDE)).ravel()


def landmarks(definition: Definition, dtype: FloatType) -> list[float]:
    """Numbers near which a part of f or f' is 0, leaves the type, or is lost in a sum.

    Args: definition, of a function of one variable. Returns: at most 256, in order.
    """
    (variable,), (z,) = definition.variables, definition.symbols
    parts = parts_of(definition)
    evaluate = evaluator_of(parts, {variable: z})
    quantities = quantities_of(parts, {variable: z}, dtype)
    if evaluate is None or not quantities:
        return []
    line = {variable: every_half_binade(dtype)[np.newaxis]}
    with np.errstate(all="ignore"):
        at = crossings({variable: line}, evaluate, quantities, _MOST_EACH)[variable]
    found = np.unique(at[variable])
    found = found[np.abs(found) <= dtype.largest]
    if found.size > _MOST:
        found = found[np.linspace(0, found.size - 1, _MOST).astype(int)]
    return [float(at) for at in found]


def every_half_binade(dtype: FloatType) -> Float64Array:
    """Numbers of both signs: every half binade, every quarter up to 64, and the largest."""
    low, high = dtype.e_min - dtype.precision + 1, dtype.e_max + 1
    sizes = np.exp2(np.arange(2 * low, 2 * high) / 2)
    near = np.arange(0.25, 64, 0.25) + 2.0**-12  # off the round numbers, where roots are
    above = np.unique([*sizes, *near, dtype.largest])
    return np.concatenate([-above[::-1], above])
