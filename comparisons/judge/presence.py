"""Whether there is a gradient where there should be one, and none where there should be none."""

from __future__ import annotations

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.inputs.values import Inputs
from symdiff.graph.adjoints.derivation import NO_DEPENDENCE


def of_numbers(value: Float64Array | None, at: Inputs) -> Float64Array | None:
    """The gradient with 0 where an input is NaN: of a NaN none has to come, and any may."""
    if value is None or any(v.shape != value.shape for v in at.values()):
        return value
    return np.where(np.logical_or.reduce([np.isnan(v) for v in at.values()]), 0.0, value)


def is_nought(gradient: Float64Array | None) -> bool:
    """Whether zeros were computed, and not nothing."""
    return gradient is not None and gradient.size > 0 and not gradient.any()


def presence(
    value: Float64Array | None, *, requires_grad: bool, expected: bool, missing: str | None
) -> str | None:
    """Say in words if a gradient is missing or should be; a gradient of zeros is not none.

    Args: missing, why there should be none.
    """
    if missing == NO_DEPENDENCE:  # torch may well give zeros where nothing depends on a value
        useless = value is None or not np.any(value)
        return None if useless else f"has a gradient, and should have none: {missing}"
    if requires_grad != expected:
        return f"has requires_grad = {requires_grad}, and should have {expected}"
    if missing is None:
        return "has no gradient (None), and should have one" if value is None else None
    return None if value is None else f"has a gradient, and should have none: {missing}"
