"""Hold what sorting gradients gives: how many are plainly faithful, and their extremes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array
from comparisons.sweeps.rules import Found
from symdiff.array_types import IndexArray


class Most(NamedTuple):
    """The extremes among gradients that are plainly faithful, in ulp."""

    bulk: float  # error where |g| is at least `bulk_from`
    above: float  # error upwards
    below: float  # error downwards
    smallest: float  # |g|, not in ulp; infinite if there is none

    def joined(self, other: Most) -> Most:
        """The extremes among the gradients of both."""
        return Most(
            max(self.bulk, other.bulk),
            max(self.above, other.above),
            max(self.below, other.below),
            min(self.smallest, other.smallest),
        )


class Sorted(NamedTuple):
    """Each gradient's kind, and the extremes among those of the first two kinds."""

    kind: npt.NDArray[np.uint8]
    most: Most


class Counted(NamedTuple):
    """The counts that `sort_patterns` made among consecutive values, and the values it left."""

    correct: int
    faithful: int
    most: Most
    other: IndexArray  # the places of those that are neither, with the truth there
    high: Float64Array
    bound: Float64Array
    open: IndexArray  # the places where the table says nothing
    decided: Found | None  # of neither kind, and counted all the same
