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


def left_out(
    unasked: Iterable[Unasked], dtype: FloatType, asked: Iterable[str] = ()
) -> tuple[str, ...]:
    """In words what a check of one type said nothing of.

    Args: asked, other types that it looked at, or says why it did not.
    """
    others = [name for name in FLOAT_TYPES if name not in {dtype.name, *asked}]
    return (*map(str, unasked), ", ".join(others), "torch.compile", "other devices")
