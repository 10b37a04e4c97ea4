"""What sorting gradients gives: how many are plainly faithful, what is the most among these."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array
from symdiff.array_types import IndexArray


class Most(NamedTuple):
    """What is the most among gradients that are plainly faithful, in ulp."""

    bulk: float  # error where |g| is at least `bulk_from`
    above: float  # error upwards
    below: float  # error downwards
    smallest: float  # |g|, not in ulp; infinite if there is none

    def joined(self, other: Most) -> Most:
        """That among the gradients of both."""
        return Most(
            max(self.bulk, other.bulk),
            max(self.above, other.above),
            max(self.below, other.below),
            min(self.smallest, other.smallest),
        )


class Sorted(NamedTuple):
    """Each gradient's kind, and what is the most among those of the first two kinds."""

    kind: npt.NDArray[np.uint8]
    most: Most


class Counted(NamedTuple):
    """What `sort_patterns` found among consecutive values, and what it left."""

    correct: int
    faithful: int
    most: Most
    other: IndexArray  # the places of those that are neither, with the truth there
    high: Float64Array
    bound: Float64Array
    open: IndexArray  # the places where the table says nothing
