"""Tell what changed from a record to a run on the same machine, to the last digit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from comparisons.judge.vocabulary import verdict_named
from comparisons.report.summaries.changes import Changes, moved

_DIGITS = 1.0006  # a record has four digits

Measure = Mapping[str, Any]


def changes(record: Mapping[str, Any], run: Mapping[str, Any]) -> Changes:
    """Compare a run with the record, in the types that the run has.

    An engine that torch no longer has for a function is worse, a new one better.

    Worse is a later verdict, or under the same one a larger error in bulk or a larger conditioned
    error, to the four digits that are recorded.
    """
    found = Changes()
    for dtype, groups in run.items():
        before = dict(_by_engine(record.get(dtype, [])))
        after = dict(_by_engine(groups))
        for engine in dict.fromkeys([*before, *after]):
            where = f"{dtype}, {engine}"
            old, new = before.get(engine), after.get(engine)
            if old is not None and new is not None:
                _compare(where, old, new, found)
            elif old is not None:
                found.worse.append(f"{where}: no longer there")
            else:
                found.better.append(f"{where}: there for the first time")
    return found


def _by_engine(groups: Any) -> Iterator[tuple[str, Measure]]:
    for group in groups:
        if "absent" in group:
            continue
        for engine in group["engines"]:
            yield engine, group


def _compare(where: str, old: Measure, new: Measure, found: Changes) -> None:
    if found.by_verdict(where, verdict_named(old["verdict"]), verdict_named(new["verdict"])):
        return
    for key, what in (("bulk_ulp", "error in bulk"), ("conditioned_ulp", "conditioned error")):
        a, b = float(old[key]), float(new[key])  # an infinity is text
        if max(a, b) > min(a, b) * _DIGITS:
            side = found.worse if b > a else found.better
            side.append(f"{where}: the largest {what} was {a:.4g} ulp, now {b:.4g} ulp")
            return
    if old["counts"] != new["counts"]:
        found.other.append(f"{where}: {moved(old['counts'], new['counts'])}")
