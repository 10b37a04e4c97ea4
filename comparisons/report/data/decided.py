"""Print the number beside a verdict: what it was taken from, in its unit, and how bad it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from comparisons.judge.vocabulary import Standing, Status, status_named, verdict_named
from comparisons.results.decision import ALLOWED, AT_INFINITY, SEEN, Decision
from comparisons.results.views.number import shown

_BRIEF = {
    str(Status.SPURIOUS): "NaN or ∞",
    str(Status.MISSED): "∞ missed",
    ALLOWED: "×",
    AT_INFINITY: "values",
    SEEN: "",
}


def decided(of: Mapping[str, Any]) -> str:
    """The number with its unit, as `1.98 ulp`; of old documents the error in bulk."""
    return str(_decision(of))


def briefly(of: Mapping[str, Any]) -> str:
    """The number with a short unit, under a heading that has the units in full."""
    found = _decision(of)
    if found.error is None:
        return _BRIEF.get(found.unit, found.unit)
    unit = _BRIEF.get(found.unit, found.short)
    return f"{shown(found.error)} {unit}".rstrip()


def badness(row: Mapping[str, Any]) -> tuple[int, float]:
    """The key to sort comparisons by: the verdict, then the error that it was taken from."""
    error = _decision(row).error
    return verdict_named(row["verdict"]).rank, math.inf if error is None else float(error)


def unit(row: Mapping[str, Any]) -> str:
    """The unit of the number; empty where there is none."""
    found = _decision(row)
    return "" if found.error is None else found.short


def judged(rows: Iterable[Mapping[str, Any]]) -> int:
    """The number of judged values of some comparisons."""
    counts = (item for row in rows for item in row["counts"].items())
    return sum(n for s, n in counts if status_named(s).standing is not Standing.NOT_JUDGED)


def _decision(of: Mapping[str, Any]) -> Decision:
    found = of.get("decided_by")
    return Decision(of["bulk_ulp"], "ulp in bulk") if found is None else Decision(**found)
