"""What was asked beside what was given, and what was not: a pass says nothing of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from comparisons.dtypes import FLOAT_TYPES, FloatType

Answer = TypeVar("Answer")


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


def until_an_error(
    what: str, answers: Iterable[Answer], error: type[Exception] = Exception
) -> list[Answer | Unasked]:
    """The answers; one of them may be an error, and then what was said before stands.

    Code need not take what it is asked.

    Args: what, that was asked, in words; error, the kind that may come.
    """
    said: list[Answer | Unasked] = []
    try:
        for answer in answers:
            said.append(answer)  # noqa: PERF402 - one by one, for an error may come
    except error as found:
        said.append(Unasked(what, str(found).partition("\n")[0]))
    return said


def left_out(
    unasked: Iterable[Unasked], dtype: FloatType, asked: Iterable[str] = ()
) -> tuple[str, ...]:
    """In words what a check of one type said nothing of.

    Args: asked, other types that it looked at, or says why it did not.
    """
    others = [name for name in FLOAT_TYPES if name not in {dtype.name, *asked}]
    return (*map(str, unasked), ", ".join(others), "torch.compile", "other devices")
