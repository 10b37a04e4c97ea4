"""What was not asked of a user's code, and why: a pass says nothing of it."""

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


def left_out(
    unasked: Iterable[Unasked], dtype: FloatType, asked: Iterable[str] = ()
) -> tuple[str, ...]:
    """In words what a check of one type said nothing of.

    Args: asked, other types that one in float64 looks at, or says why it did not.
    """
    too = asked if dtype.name == "float64" else ()
    others = [name for name in FLOAT_TYPES if name not in {dtype.name, *too}]
    return (*map(str, unasked), ", ".join(others), "torch.compile", "other devices")
