"""The words of a verdict, each with its meaning; light, since pytest imports it at every start."""

from __future__ import annotations

from enum import Enum
from typing import Self


class Verdict(Enum):
    """The verdict on a whole gradient; the worse, the later."""

    ACCURATE = "accurate", "✓", "green", "Within what the type could give, at every point."
    AGREES = (
        "agrees",
        "≈",
        "yellow",
        "Sound, but small gradients have lost their relative accuracy.",
    )
    FAILS_AT_INFINITY = (
        "fails at ∞",
        "∞",
        "yellow",
        "Sound at every finite input, but NaN or wrong at ±∞, where the gradient has a limit.",
    )
    INCONCLUSIVE = (
        "inconclusive",
        "?",
        "yellow",
        "At these inputs no error that matters would have been seen: nothing was found out.",
    )
    DISAGREES = "disagrees", "✗", "red", "Wrong somewhere."

    mark: str  # one character
    colour: str  # on a terminal
    meaning: str

    def __new__(cls, word: str, mark: str, colour: str, meaning: str) -> Self:
        """Its value is the word; the rest says how it looks and what it means."""
        verdict = object.__new__(cls)
        verdict._value_ = word
        verdict.mark, verdict.colour, verdict.meaning = mark, colour, meaning
        return verdict

    def __str__(self) -> str:
        return str(self.value)

    @property
    def rank(self) -> int:
        """The verdict's place in the order above, 0 for the best."""
        return tuple(Verdict).index(self)

    def worse_than(self, other: Verdict) -> bool:
        """Whether this verdict comes later in the order above."""
        return self.rank > other.rank


def verdict_named(verdict: Verdict | str) -> Verdict:
    """The verdict of that name, or the one given.

    Raises: ValueError, naming all, if there is none.
    """
    try:
        return Verdict(verdict)  # type: ignore[call-arg,arg-type]  # by its value
    except ValueError:
        known = ", ".join(map(repr, map(str, Verdict)))
        raise ValueError(f"unknown verdict {verdict!r}; known are {known}") from None


class Standing(Enum):
    """How a status counts: sound, excused, not judged, imprecise or wrong."""

    SOUND = "as near the truth as the type could give"
    EXCUSED = "right by the convention at kinks"
    NOT_JUDGED = "counted, not judged"
    IMPRECISE = "excused where it is small beside 1"
    WRONG = "wrong however small it is"


class Status(Enum):
    """The status of one computed gradient beside the true one."""

    CORRECT = (
        "correctly rounded",
        Standing.SOUND,
        "At most half an ulp off: no number of the type is nearer the truth.",
    )
    FAITHFUL = (
        "faithful",
        Standing.SOUND,
        "Less than one ulp off: one of the two neighbours of the truth.",
    )
    WITHIN = "within budget", Standing.SOUND, "At most {accurate} conditioned ulp off."
    KINK_INSIDE = (
        "kink, inside",
        Standing.EXCUSED,
        "At a kink, between the slopes on its two sides.",
    )
    UNDEFINED = (
        "undefined",
        Standing.NOT_JUDGED,
        "NaN or ∞ where there is no gradient: at a pole, or outside the domain.",
    )
    OUTSIDE = (
        "outside the domain",
        Standing.NOT_JUDGED,
        "A number where there is no gradient: counted, not judged.",
    )
    NOT_CERTIFIED = (
        "not certified",
        Standing.NOT_JUDGED,
        "The truth could not be certified here: counted, not judged.",
    )
    NON_FINITE_INPUT = (
        "input not finite",
        Standing.NOT_JUDGED,
        "The input is NaN, or ±∞ without a limit: counted, not judged.",
    )
    NAN_IGNORED = (
        "NaN in, number out",
        Standing.NOT_JUDGED,
        "NaN went in and a number came out: counted, not judged.",
    )
    INACCURATE = (
        "inaccurate",
        Standing.IMPRECISE,
        "Further off than {accurate} conditioned ulp.",
    )
    LOST = "lost", Standing.IMPRECISE, "Zero or subnormal, where the truth is a normal number."
    WRONG_SIGN = "wrong sign", Standing.IMPRECISE, "Of the other sign than the truth."
    AT_INFINITY = (
        "wrong at ∞",
        Standing.WRONG,
        "At ±∞, NaN or another number than the limit of the gradient.",
    )
    KINK_OUTSIDE = (
        "kink, outside",
        Standing.WRONG,
        "At a kink, not between the slopes on its two sides.",
    )
    SPURIOUS = "spurious non-finite", Standing.WRONG, "NaN or ∞ where the truth is finite."
    MISSED = (
        "missed non-finite",
        Standing.WRONG,
        "Finite, or the wrong ∞, where the truth is beyond the largest number.",
    )

    standing: Standing
    _meaning: str

    # There is one of each. Enum's own hash is slow, and a sweep asks for some 200 a chunk.
    __hash__ = object.__hash__

    def __new__(cls, word: str, standing: Standing, meaning: str) -> Self:
        """Its value is the word."""
        status = object.__new__(cls)
        status._value_ = word
        status.standing, status._meaning = standing, meaning
        return status

    def __str__(self) -> str:
        return str(self.value)

    @property
    def code(self) -> int:
        """The number by which arrays hold the status."""
        return _CODES[self]

    @property
    def faulty(self) -> bool:
        """Whether the gradient is not what it should be, excused or not."""
        return self.standing in (Standing.IMPRECISE, Standing.WRONG)

    def meaning(self, accurate: float) -> str:
        """The status explained, where so many conditioned ulp are called accurate."""
        return self._meaning.format(accurate=f"{accurate:g}")


_CODES = {status: code for code, status in enumerate(Status)}


def status_at(code: int) -> Status:
    """The status that this number stands for in arrays."""
    return tuple(Status)[code]


def status_named(word: str) -> Status:
    """The status of that name. Raises: ValueError if there is none."""
    return Status(word)  # type: ignore[call-arg]  # by its value
