"""Check that there is a gradient where there should be one, and None where there should be none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import Inputs
from symdiff.graph.adjoints.derivation import NO_DEPENDENCE

_ROUNDINGS, _MOST = 2.0**10, 2.0**-6


def zero_at_nan(value: Float64Array | None, at: Inputs) -> Float64Array | None:
    """The gradient with 0 where an input is NaN, where any gradient will do."""
    if value is None or any(v.shape != value.shape for v in at.values()):
        return value
    return np.where(np.logical_or.reduce([np.isnan(v) for v in at.values()]), 0.0, value)


def is_computed(gradient: Float64Array | None) -> bool:
    """Whether the gradient is an array of numbers, and not None."""
    return gradient is not None and gradient.size > 0


def residue(
    name: str,
    at: Inputs,
    summed: Sequence[tuple[Float64Array, Float64Array]],
    dtype: FloatType,
) -> Float64Array:
    """The number that rounding may leave of an input's gradient where all its parts cancel.

    A change of x by a part of itself changes Σ v y by so many roundings of it, and no more.

    Args: at, the inputs; summed, each v with its y; dtype, that torch computed in.
    """
    x = at.get(name, np.zeros(()))
    parts = (np.abs(v * y) for v, y in summed)
    total = sum(float(p.sum(where=np.isfinite(p))) for p in parts)
    share = min(_ROUNDINGS * dtype.unit_roundoff, _MOST)
    sized = np.isfinite(x) & (x != 0)
    return np.divide(share * total, np.abs(x), out=np.zeros(np.shape(x)), where=sized)


def presence(
    value: Float64Array | None,
    *,
    requires_grad: bool,
    expected: bool,
    missing: str | None,
    left: Float64Array,
) -> str | None:
    """Say in words if a gradient is missing or should be; a gradient of zeros is not none.

    Args: missing, why there should be none; left, what rounding may leave of none.
    """
    if missing == NO_DEPENDENCE:  # torch may well give zeros where nothing depends on a value
        useless = value is None or bool((np.abs(value) <= left).all())
        return None if useless else f"has a gradient, and should have none: {missing}"
    if requires_grad != expected:
        return f"has requires_grad = {requires_grad}, and should have {expected}"
    if missing is None:
        return "has no gradient (None), and should have one" if value is None else None
    return None if value is None else f"has a gradient, and should have none: {missing}"
