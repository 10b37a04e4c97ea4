"""Errors in units in the last place."""

from __future__ import annotations

import numpy as np

from comparisons.dtypes import Float64Array, FloatType


def ulp(value: Float64Array, dtype: FloatType) -> Float64Array:
    """The unit in the last place of each value in `dtype`.

    ulp(y) = 2^(max(⌊log₂|y|⌋, e_min) − p + 1); zero and subnormals take the smallest subnormal.

    Args: value, any shape, float64, finite. Returns: the same shape, positive.
    Raises: ValueError if a value is NaN or infinite.
    Source: Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed., §2.3.2.
    """
    if not np.isfinite(value).all():
        raise ValueError("ulp is defined for finite values; a NaN or an infinity was given")
    exponent = np.frexp(value)[1] - 1  # |y| = m·2^e with m in [½, 1)
    exponent = np.where(value == 0, dtype.e_min, np.maximum(exponent, dtype.e_min))
    return np.asarray(np.ldexp(1.0, exponent - dtype.precision + 1))


def absolute_error(computed: Float64Array, truth: Float64Array, dtype: FloatType) -> Float64Array:
    """|ĝ − g|, where an ∞ is right exactly if g rounds to it, and NaN only if g is NaN.

    ±0 are equal. A wrong infinity or NaN is infinitely far.

    Args: computed, values of `dtype` held in float64; truth, float64. Returns: their shape, ≥ 0.
    """
    overflows = np.abs(truth) >= dtype.overflow
    rounded = np.where(overflows, np.copysign(np.inf, truth), truth)
    with np.errstate(invalid="ignore"):
        error = np.abs(computed - rounded)
    same = (computed == rounded) | (np.isnan(computed) & np.isnan(truth))
    return np.asarray(np.where(same, 0.0, np.where(np.isnan(error), np.inf, error)))


def ulp_error(computed: Float64Array, truth: Float64Array, dtype: FloatType) -> Float64Array:
    """|ĝ − g| / ulp(g).

    Args: computed, values of `dtype` held in float64; truth, float64. Returns: their shape, ≥ 0.
    Source: Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed., §2.3.3.
    """
    finite = np.clip(np.nan_to_num(truth, nan=0.0), -dtype.largest, dtype.largest)
    with np.errstate(over="ignore"):  # a gradient off by 2^1000 ulp is infinitely wrong
        return np.asarray(absolute_error(computed, truth, dtype) / ulp(finite, dtype))
