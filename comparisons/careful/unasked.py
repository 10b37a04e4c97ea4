"""What was asked beside what was given, and what was not: a pass says nothing of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from comparisons.dtypes import FLOAT_TYPES, FloatType


@dataclass(frozen=True)
class Unasked:
    """One thing that a check could not ask, or did not."""

    what: str
    why: str  # in words

    def __str__(self) -> str:
        return f"{self.what} ({self.why})" if self.why else self.what


@dataclass(frozen=True)
class Also:
    """One thing that a check asked beside, in words."""

    what: str


def left_out(unasked: Iterable[Unasked], dtype: FloatType) -> tuple[str, ...]:
    """In words what a check of one type said nothing of."""
    others = [name for name in FLOAT_TYPES if name != dtype.name]
    return (*map(str, unasked), ", ".join(others), "torch.compile", "other devices")
