"""Measure errors in units in the last place, where the truth is known within a bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from symdiff.array_types import BoolArray
from symdiff.oracle.enclosures.enclosure import Enclosure


@dataclass(frozen=True)
class Interval:
    """An interval that holds an error, since the truth lies in an enclosure."""

    least: Float64Array
    greatest: Float64Array

    def __truediv__(self, unit: Float64Array) -> Interval:
        with np.errstate(over="ignore"):  # 2^1000 ulp is infinitely wrong
            return Interval(self.least / unit, self.greatest / unit)

    def times(self, number: float) -> Interval:
        """The interval times a number."""
        with np.errstate(over="ignore"):
            return Interval(self.least * number, self.greatest * number)

    def straddles(self, threshold: float) -> BoolArray:
        """Whether a threshold lies inside the interval, so that it decides nothing."""
        return np.asarray((self.least <= threshold) & (self.greatest > threshold))


def absolute_error(computed: Float64Array, truth: Enclosure, dtype: FloatType) -> Interval:
    """The error |ĝ − g|, where an ∞ is right exactly if g rounds to it.

    ±0 are equal. A wrong infinity, and a NaN, is infinitely far; where nothing is known of the
    truth (its bound is infinite) the error is anything.

    Args: computed, values of `dtype` held in float64, of the truth's shape. Returns: that shape.
    """
    least, greatest = truth.distance(computed)
    overflows = np.abs(truth.high) >= dtype.overflow
    beyond = np.where(computed == np.copysign(np.inf, truth.high), 0.0, np.inf)
    least, greatest = (np.where(overflows, beyond, side) for side in (least, greatest))
    wrong = np.isnan(computed)
    return Interval(np.where(wrong, np.inf, least), np.where(wrong, np.inf, greatest))


def ulp_error(computed: Float64Array, truth: Enclosure, dtype: FloatType) -> Interval:
    """The error |ĝ − g| / ulp(g).

    Args: computed, values of `dtype` held in float64, of the truth's shape. Returns: that shape.
    Source: Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed., §2.3.3.
    """
    return absolute_error(computed, truth, dtype) / dtype.ulp(finite_truth(truth, dtype))


def finite_truth(truth: Enclosure, dtype: FloatType) -> Float64Array:
    """The true value limited to the range of `dtype`; 0 where it is not known."""
    known = np.isfinite(truth.bound)
    return np.clip(np.where(known, truth.high, 0.0), -dtype.largest, dtype.largest)
