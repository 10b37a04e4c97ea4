"""Say what became of gradients from one run to another: worse, better, otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from comparisons.judge.vocabulary import Status, Verdict
from symdiff.notation.printable import printable

_LONGEST = 400  # characters of a sentence


@dataclass(frozen=True)
class Changes:
    """The changes as sentences, each about one thing that is in both runs or in one."""

    worse: list[str] = field(default_factory=list)
    better: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)  # counts that moved, other versions and subjects

    def by_verdict(self, name: str, was: Verdict, now: Verdict, because: str = "") -> bool:
        """File a change by its verdict; False where that is the same."""
        if was is not now:
            side = self.worse if now.worse_than(was) else self.better
            side.append(f"{name}: was {was}, now {now}{because}")
        return was is not now

    def __str__(self) -> str:
        kinds = {"Worse": self.worse, "Better": self.better, "Changed": self.other}
        parts = [
            f"{kind}:\n" + "\n".join(f"  {printable(sentence, _LONGEST)}" for sentence in sentences)
            for kind, sentences in kinds.items()
            if sentences
        ]
        return "\n".join(parts) or "No difference."


def moved(old: Mapping[str, int], new: Mapping[str, int]) -> str:
    """The counts that differ, the gravest status first: `0 → 3 lost; 9 → 6 faithful`."""
    counts = [(old.get(str(s), 0), new.get(str(s), 0), s) for s in reversed(Status)]
    return "; ".join(f"{a:,} → {b:,} {status}" for a, b, status in counts if a != b)
