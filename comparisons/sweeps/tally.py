"""Add up what a sweep found: counts and extremes, in any order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from comparisons.judge.judgement import verdict_of
from comparisons.judge.vocabulary import Status, Verdict, status_named
from comparisons.results.envelope import Bin, Envelope, joined

_STATUSES = tuple(Status)  # an Enum is slow to go through


@dataclass(frozen=True)
class Extreme:
    """One point: its bit pattern, the gradient there, and what made it extreme."""

    pattern: int
    input: float
    computed: float
    truth: float
    ulp: float
    excess: float

    def __str__(self) -> str:
        at = f"{self.input:.9g} (0x{self.pattern:08x})"
        return f"{at}: {self.computed:.9g} for {self.truth:.9g}, {self.ulp:.3g} ulp"

    def exceeds(self, other: Extreme | None) -> bool:
        """Whether it is more extreme than the other; of equals the lower pattern is."""
        if other is None:
            return True
        mine, theirs = (self.excess, self.ulp), (other.excess, other.ulp)
        return mine > theirs or (mine == theirs and self.pattern < other.pattern)


@dataclass(frozen=True)
class Tally:
    """The counts by status, the largest error in bulk, and the worst point of each status."""

    counts: Mapping[Status, int] = field(default_factory=dict)
    bulk_ulp: float = 0.0
    by_ball: int = 0  # points that the table left to the ball
    uncertified: int = 0
    worst: Mapping[Status, Extreme] = field(default_factory=dict)
    conditioned_ulp: float = 0.0  # the largest, or a bound on it where it is below 1
    envelope: Envelope = field(default_factory=dict)

    def __add__(self, other: Tally) -> Tally:
        counts = {s: self.counts.get(s, 0) + other.counts.get(s, 0) for s in _STATUSES}
        worst = dict(self.worst)
        for status, extreme in other.worst.items():
            if extreme.exceeds(worst.get(status)):
                worst[status] = extreme
        return Tally(
            {s: n for s, n in counts.items() if n},
            max(self.bulk_ulp, other.bulk_ulp),
            self.by_ball + other.by_ball,
            self.uncertified + other.uncertified,
            {s: worst[s] for s in _STATUSES if s in worst},
            max(self.conditioned_ulp, other.conditioned_ulp),
            joined([self.envelope, other.envelope]),
        )

    @property
    def values(self) -> int:
        """The number of gradients counted."""
        return sum(self.counts.values())

    @property
    def wrong(self) -> int:
        """The number of gradients off by more than is allowed, at finite inputs and truths."""
        return sum(extremes.wrong for extremes in self.envelope.values())

    @property
    def verdict(self) -> Verdict:
        """The verdict on all its points together."""
        wrong = any(extreme.excess > 1 for extreme in self.worst.values())
        return verdict_of(self.counts, wrong=wrong)

    def by_wrongness(self) -> list[tuple[Status, Extreme]]:
        """The worst point of each status, the one furthest beyond what is allowed first."""
        found = self.worst.items()
        return sorted(found, key=lambda pair: (-pair[1].excess, -pair[1].ulp, pair[1].pattern))

    def to_json(self) -> dict[str, Any]:
        """The tally as plain values, floats as hexadecimal text, which JSON keeps exactly."""
        return {
            "counts": {s.value: n for s, n in self.counts.items()},
            "bulk_ulp": self.bulk_ulp.hex(),
            "by_ball": self.by_ball,
            "uncertified": self.uncertified,
            "worst": {
                s.value: [e.pattern, *(float(v).hex() for v in _floats(e))]
                for s, e in self.worst.items()
            },
            "conditioned_ulp": self.conditioned_ulp.hex(),
            "envelope": {
                str(number): [*(v.hex() for v in found[:3]), found.wrong]
                for number, found in sorted(self.envelope.items())
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tally:
        """The tally that `to_json` gave as plain values.

        Raises: AttributeError, KeyError, TypeError or ValueError if it is anything else.
        """
        return replace(
            cls(),
            counts={status_named(s): int(n) for s, n in data["counts"].items()},
            bulk_ulp=float.fromhex(data["bulk_ulp"]),
            by_ball=int(data["by_ball"]),
            uncertified=int(data["uncertified"]),
            worst={
                status_named(s): Extreme(int(pattern), *map(float.fromhex, floats))
                for s, (pattern, *floats) in data["worst"].items()
            },
            conditioned_ulp=float.fromhex(data["conditioned_ulp"]),
            envelope={
                int(number): _bin(*extremes) for number, extremes in data["envelope"].items()
            },
        )


def _floats(e: Extreme) -> tuple[float, float, float, float, float]:
    return e.input, e.computed, e.truth, e.ulp, e.excess


def _bin(above: str, below: str, line: str, wrong: int) -> Bin:
    return Bin(float.fromhex(above), float.fromhex(below), float.fromhex(line), int(wrong))
