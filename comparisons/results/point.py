"""One input with the gradient there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comparisons.inputs.position import position
from comparisons.judge.vocabulary import Status


@dataclass(frozen=True)
class Point:
    """One input with the gradient there."""

    inputs: Mapping[str, float]
    computed: float
    truth: float  # rounded to float64
    ulp: float  # the error in units in the last place of the truth, in the type computed in
    relative: float  # the error as a part of the truth
    status: Status
    index: tuple[int, ...] | None = None  # in the array, as its user has it; None of points
    allowed: float = float("nan")  # the error beyond which it is wrong; NaN if any is
    at_tie: bool = False  # whether the truth is the derivative on both sides of a tie of cases

    def __str__(self) -> str:
        at = ", ".join(f"{k} = {v:.17g}" for k, v in self.inputs.items())
        place = ", where ".join(filter(None, (position(self.index), at)))
        return f"{place}: {self.computed:.9g} for {self.truth:.9g}, {self.ulp:.3g} ulp"


def relative_error(computed: float, truth: float) -> float:
    """|ĝ − g| / |g|; of g = 0 it is 0 or infinite."""
    return abs(computed - truth) / abs(truth) if truth else float("inf") if computed else 0.0
