"""Describe the precision that values, and sums inside kernels, are rounded to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Precision:
    """The precision of a floating-point type: its unit roundoff, smallest number and sums.

    Args:
        unit: u = 2^(−p), the largest relative error of rounding to nearest.
        smallest: the smallest normal number; below it errors are absolute.
        accumulator: the unit that sums are carried in; by default the type's own. 16-bit kernels
            sum in float32.
    """

    unit: float
    smallest: float
    accumulator: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.unit < 1:
            raise ValueError(
                f"a unit roundoff is between 0 and 1, such as 2**-53, float64's; {self.unit} "
                "was given"
            )

    @property
    def summing(self) -> float:
        """The unit roundoff that sums are carried in."""
        return self.unit if self.accumulator is None else self.accumulator

    def stored(self, size: Any) -> Any:
        """The error `size`, a number of units times a magnitude, raised to the smallest number."""
        return np.where(size == 0, 0.0, np.maximum(size, self.smallest))


DOUBLE = Precision(2.0**-53, 2.0**-1022)
SINGLE = Precision(2.0**-24, 2.0**-126)
