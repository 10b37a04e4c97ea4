"""What got better and worse between two runs, such as of two versions of torch: what is notable."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from comparisons.judge.vocabulary import status_named, verdict_named
from comparisons.report.data.row import read
from comparisons.report.summaries.changes import Changes, moved
from comparisons.results.number import shown
from symdiff.notation.names import lettered

_Key = tuple[str, str, str, str, str]  # subject, its parameters, type, engine, cotangent
_NEEDED = (
    "kind",
    "subject",
    "dtype",
    "engine",
    "cotangent",
    "verdict",
    "values",
    "counts",
    "bulk_ulp",
)
_NOTABLE = 1.25  # of the bulk error: below it the worst point is another, the kernel the same


def slim(document: Mapping[str, Any]) -> dict[str, Any]:
    """What `differences` needs of a document: a tenth of it, so that two fit where one did."""
    rows = [
        {
            **{k: row[k] for k in _NEEDED},
            "mathematics": {"parameters": row["mathematics"]["parameters"]},
        }
        for row in document["rows"]
        if row["kind"] == "comparison"
    ]
    return {**{k: document[k] for k in ("versions", "machine", "complete")}, "rows": rows}


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Changes:
    """What became of each comparison of `old` in `new`.

    A comparison is better or worse by its verdict; by equal verdicts, by how many of the same
    points are wrong in some way; by equal counts, by a bulk error that is over a quarter larger
    or smaller.

    Args: two documents, as `read_json` gives them, or `slim` leaves them.
    """
    found = Changes()
    found.other.extend(_setting(old, new))
    before, after = _comparisons(old), _comparisons(new)
    for key in sorted(before.keys() | after.keys()):
        if key not in after:
            found.other.append(f"{_called(key)}: is no longer compared")
        elif key not in before:
            found.other.append(f"{_called(key)}: is new, {after[key]['verdict']}")
        else:
            _compare(_called(key), before[key], after[key], found)
    return found


def _compare(name: str, old: Any, new: Any, found: Changes) -> None:
    was, now = verdict_named(old["verdict"]), verdict_named(new["verdict"])
    if found.by_verdict(name, was, now, _because(old, new)):
        return
    if old["values"] != new["values"]:
        found.other.append(f"{name}: {old['values']:,} gradients, now {new['values']:,}")
    elif old["counts"] != new["counts"]:
        wrong = [
            sum(n for s, n in r["counts"].items() if status_named(s).faulty) for r in (old, new)
        ]
        side = found.other
        if wrong[0] != wrong[1]:
            side = found.worse if wrong[1] > wrong[0] else found.better
        side.append(f"{name}: {now} as before{_because(old, new)}")
        return
    was_ulp, now_ulp = old["bulk_ulp"], new["bulk_ulp"]
    if max(was_ulp, now_ulp) > _NOTABLE * min(was_ulp, now_ulp) or math.isnan(was_ulp + now_ulp):
        side = found.better if now_ulp < was_ulp else found.worse
        side.append(f"{name}: bulk error was {shown(was_ulp)} ulp, now {shown(now_ulp)} ulp")


def _because(old: Any, new: Any) -> str:
    counts = moved(old["counts"], new["counts"])
    return f" ({counts})" if counts else ""


def _comparisons(document: Mapping[str, Any]) -> dict[_Key, Any]:
    """By what was compared; of several of one key the worst."""
    found: dict[_Key, Any] = {}
    for row in map(read, document["rows"]):
        if row["kind"] != "comparison":
            continue
        values = row["mathematics"]["parameters"].items()
        parameters = ", ".join(f"{lettered(name)} = {shown(value)}" for name, value in values)
        key = (row["subject"], parameters, row["dtype"], row["engine"], row["cotangent"])
        other = found.get(key)
        if other is None or verdict_named(row["verdict"]).worse_than(
            verdict_named(other["verdict"])
        ):
            found[key] = row
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
