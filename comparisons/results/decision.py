"""The number beside a verdict: the error that was compared with a line, in that line's unit."""

from __future__ import annotations

from dataclasses import dataclass

from comparisons.results.views.number import shown

CONDITIONED = "conditioned ulp"  # of points, where accurate
OF_ONE = "ulp of max(|g|, 1)"  # of points, beyond that
ALLOWED = "× allowed"  # of arrays
RELATIVE = "relative"  # of all values together
SEEN = "relative is seen"  # of what is inconclusive: the least error that would have been seen
AT_INFINITY = "values at ±∞"
_SHORT = {CONDITIONED: "ulp", OF_ONE: "ulp"}


@dataclass(frozen=True)
class Decision:
    """The error that a verdict was taken from, with its unit.

    Args: error, the number; None where words say it. unit, of the number, or these words.
    """

    error: float | None
    unit: str

    def __str__(self) -> str:
        return self.unit if self.error is None else f"{shown(self.error)} {self.short}"

    @property
    def short(self) -> str:
        """The unit as a table has it: every kind of ulp is `ulp`."""
        return _SHORT.get(self.unit, self.unit)
