"""Say what got better and worse between two runs, such as of two versions of torch."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from comparisons.judge.vocabulary import Status, verdict_named
from comparisons.report.data.row import Row, read
from comparisons.report.summaries.changes import Changes, moved
from comparisons.results.views.number import shown
from symdiff.notation.names import lettered

_Key = tuple[str, str, str, str, str]  # subject, its parameters, type, engine, cotangent
_NOTABLE = 1.25  # of the bulk error: below it the worst point is another, the kernel the same


class Compared(NamedTuple):
    """The little of one comparison's row that says what became of it."""

    verdict: str
    values: int
    counts: tuple[int, ...]  # of each status
    bulk_ulp: float

    @property
    def faulty(self) -> int:
        """The number of values that are wrong in some way."""
        return sum(n for n, status in zip(self.counts, Status, strict=True) if status.faulty)

    @property
    def by_status(self) -> dict[str, int]:
        """The counts by the status's name."""
        return {str(s): n for n, s in zip(self.counts, Status, strict=True)}


def needed(row: Row) -> tuple[_Key, Compared] | None:
    """The part of a row that differences need; None of a row that compares nothing.

    To be kept of each row as it is read: see `read_json`.
    """
    if row["kind"] != "comparison":
        return None
    values = read(row["mathematics"]["parameters"]).items()
    parameters = ", ".join(f"{lettered(name)} = {shown(value)}" for name, value in values)
    words = (parameters, row["dtype"], row["engine"], row["cotangent"])
    counts = tuple(row["counts"].get(str(status), 0) for status in Status)
    verdict, bulk = sys.intern(row["verdict"]), read(row["bulk_ulp"])
    return (row["subject"], *map(sys.intern, words)), Compared(verdict, row["values"], counts, bulk)


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Changes:
    """Compare each comparison of `old` with the same one of `new`.

    A comparison is better or worse by its verdict; by equal verdicts, by how many of the same
    points are wrong in some way; by equal counts, by a bulk error that is over a quarter larger
    or smaller.

    Args: two documents, as `read_json` gives them, of whole rows or of what is `needed` of each.
    """
    found = Changes()
    found.other.extend(_setting(old, new))
    before, after = _comparisons(old), _comparisons(new)
    for key in sorted(before.keys() | after.keys()):
        if key not in after:
            found.other.append(f"{_called(key)}: is no longer compared")
        elif key not in before:
            found.other.append(f"{_called(key)}: is new, {after[key].verdict}")
        else:
            _compare(_called(key), before[key], after[key], found)
    return found


def _compare(name: str, old: Compared, new: Compared, found: Changes) -> None:
    was, now = verdict_named(old.verdict), verdict_named(new.verdict)
    if found.by_verdict(name, was, now, _because(old, new)):
        return
    if old.values != new.values:
        found.other.append(f"{name}: {old.values:,} gradients, now {new.values:,}")
    elif old.counts != new.counts:
        side = found.other
        if old.faulty != new.faulty:
            side = found.worse if new.faulty > old.faulty else found.better
        side.append(f"{name}: {now} as before{_because(old, new)}")
        return
    if max(old.bulk_ulp, new.bulk_ulp) > _NOTABLE * min(old.bulk_ulp, new.bulk_ulp) or math.isnan(
        old.bulk_ulp + new.bulk_ulp
    ):
        side = found.better if new.bulk_ulp < old.bulk_ulp else found.worse
        before, after = shown(old.bulk_ulp), shown(new.bulk_ulp)
        side.append(f"{name}: bulk error was {before} ulp, now {after} ulp")


def _because(old: Compared, new: Compared) -> str:
    counts = moved(old.by_status, new.by_status)
    return f" ({counts})" if counts else ""


def _comparisons(document: Mapping[str, Any]) -> dict[_Key, Compared]:
    """The comparisons by what was compared; of several with one key the worst."""
    found: dict[_Key, Compared] = {}
    for row in document["rows"]:
        pair = row if isinstance(row, tuple) else needed(row)
        if pair is None:
            continue
        key, compared = pair
        other = found.get(key)
        if other is None or verdict_named(compared.verdict).worse_than(
            verdict_named(other.verdict)
        ):
            found[key] = compared
    return found


def _called(key: _Key) -> str:
    subject, parameters, dtype, engine, cotangent = key
    named = f"{subject} ({parameters})" if parameters else subject
    weighted = "" if cotangent == "ones" else f", cotangent {cotangent}"
    return f"{named}, {dtype}, {engine}{weighted}"


def _setting(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before = {**old["versions"], **old["machine"]}
    after = {**new["versions"], **new["machine"]}
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"{name} {before.get(name)} → {after.get(name)}"
    for which, document in (("old", old), ("new", new)):
        if not document["complete"]:
            yield f"the {which} run is incomplete"
