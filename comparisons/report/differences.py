"""What got better and what got worse between two documents, such as those of two torch versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from comparisons.verdict import verdict_named

_NOTICEABLE = 1.001  # ulps are compared as they are printed, to three digits

Row = Mapping[str, Any]
_Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Differences:
    """Sentences, each about one comparison that both documents have or only one."""

    worse: list[str]
    better: list[str]
    changed: list[str]  # neither: other counts, a comparison less or more

    def __str__(self) -> str:
        parts = {"worse": self.worse, "better": self.better, "changed": self.changed}
        lines = [f"{kind}: {sentence}" for kind, found in parts.items() for sentence in found]
        return "\n".join(lines) or "nothing changed"


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Differences:
    """Each comparison of the new document beside the same one of the old.

    A later verdict is worse, and so is a larger error in bulk or a larger conditioned error under
    the same verdict.
    """
    before, after = _comparisons(old), _comparisons(new)
    found = Differences([], [], [])
    for key in dict.fromkeys([*before, *after]):
        name = _name(key)
        if key not in after:
            found.changed.append(f"{name} is no longer compared")
        elif key not in before:
            found.changed.append(f"{name} is compared for the first time: {after[key]['verdict']}")
        else:
            _compare(name, before[key], after[key], found)
    return found


def _compare(name: str, old: Row, new: Row, found: Differences) -> None:
    was, now = verdict_named(old["verdict"]), verdict_named(new["verdict"])
    if was is not now:
        side = found.worse if now.worse_than(was) else found.better
        side.append(f"{name}: {was} became {now}")
        return
    for what in ("bulk_ulp", "conditioned_ulp"):
        a, b = _measure(old, what), _measure(new, what)
        if b > a * _NOTICEABLE or b < a / _NOTICEABLE:
            kind = "error in bulk" if what == "bulk_ulp" else "conditioned error"
            side = found.worse if b > a else found.better
            side.append(f"{name}: the largest {kind} went from {a:.3g} to {b:.3g} ulp")
            return
    if old["counts"] != new["counts"]:
        found.changed.append(f"{name}: {_moved(old['counts'], new['counts'])}")


def _measure(row: Row, what: str) -> float:
    """The largest over the adjoints; a document has infinities as text."""
    return max((float(a[what]) for a in row["adjoints"]), default=0.0)


def _moved(old: Mapping[str, int], new: Mapping[str, int]) -> str:
    """The statuses whose counts changed."""
    changed = [s for s in dict.fromkeys([*old, *new]) if old.get(s, 0) != new.get(s, 0)]
    return ", ".join(f"{old.get(s, 0)} → {new.get(s, 0)} {s}" for s in changed)


def _comparisons(document: Mapping[str, Any]) -> dict[_Key, Row]:
    return {
        (r["subject"], r["dtype"], r["engine"], r["cotangent"]): r
        for r in document["rows"]
        if r["kind"] == "comparison"
    }


def _name(key: _Key) -> str:
    subject, dtype, engine, cotangent = key
    return f"{subject}, {dtype}, {engine}" + ("" if cotangent == "ones" else f", {cotangent}")
