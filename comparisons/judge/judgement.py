"""A judgement holds errors and statuses, point by point, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array
from comparisons.judge.vocabulary import Standing, Status, Verdict
from symdiff.array_types import BoolArray, IndexArray


@dataclass(frozen=True)
class Judgement:
    """The errors and statuses of computed gradients, as arrays of one shape."""

    ulp: Float64Array  # |ĝ − g| / ulp(g)
    conditioned: Float64Array  # |ĝ − g| / (ulp(g) + u·Σ|v ∂g/∂v|)
    excess: Float64Array  # error over what is allowed; above 1 the point is wrong
    status: npt.NDArray[np.int8]  # codes of Status
    undecided: BoolArray  # where the truth's enclosure straddles a threshold

    def copy(self) -> Judgement:
        """A copy that may be changed."""
        parts = (self.ulp, self.conditioned, self.excess, self.status, self.undecided)
        return Judgement(*(part.copy() for part in parts))  # type: ignore[arg-type]  # each of its own type

    def excuse(self, where: BoolArray, status: Status) -> None:
        """Give some points a status that counts no error."""
        self.status[where] = status.code
        self.excess[where] = self.ulp[where] = self.conditioned[where] = 0.0

    def at(self, chosen: IndexArray) -> Judgement:
        """The judgement of some of the points, by their positions in reading order."""
        parts = (self.ulp, self.conditioned, self.excess, self.status, self.undecided)
        return Judgement(*(part.ravel()[chosen] for part in parts))  # type: ignore[arg-type]  # each of its own type

    def counts(self) -> dict[Status, int]:
        """The number of points of each status that occurs."""
        numbers = np.bincount(self.status.ravel(), minlength=len(Status))
        return {s: int(n) for s, n in zip(Status, numbers, strict=True) if n}

    @property
    def wrong(self) -> int:
        """The number of points off by more than is allowed."""
        return int((self.excess > 1).sum())

    def verdict(self) -> Verdict:
        """The verdict on all points together."""
        return verdict_of(self.counts(), wrong=self.wrong > 0)


def verdict_of(counts: Mapping[Status, int], *, wrong: bool) -> Verdict:
    """The verdict that follows from the statuses and from whether any point exceeds the budget.

    Where not one point could be judged nothing was found out.
    """
    if wrong:
        return Verdict.DISAGREES
    if counts and all(status.standing is Standing.NOT_JUDGED for status in counts):
        return Verdict.INCONCLUSIVE
    if Status.AT_INFINITY in counts:
        return Verdict.FAILS_AT_INFINITY
    imprecise = any(status.standing is Standing.IMPRECISE for status in counts)
    return Verdict.AGREES if imprecise else Verdict.ACCURATE
