"""Record what a check asked beside what was given, and what it could not ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from comparisons.dtypes import FLOAT_TYPES, FloatType

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Unasked:
    """One question that a check could not ask, or did not, and why."""

    what: str
    why: str  # in words

    def __str__(self) -> str:
        return f"{self.what} ({self.why})" if self.why else self.what


@dataclass(frozen=True)
class Also:
    """One question that a check asked beside what was given, in words."""

    what: str


def until_an_error(
    what: str, answers: Iterable[Answer], error: type[Exception] = Exception
) -> list[Answer | Unasked]:
    """The answers up to an exception, which ends them without loss of those before.

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
    """In words what a check of one type says nothing about.

    Args: asked, other types that it looked at, or says why it did not.
    """
    others = [name for name in FLOAT_TYPES if name not in {dtype.name, *asked}]
    return (*dict.fromkeys(map(str, unasked)), ", ".join(others), "torch.compile", "other devices")
