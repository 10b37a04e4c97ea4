"""Tell what got better and worse between two atlases, such as of two versions of a framework."""

from __future__ import annotations

import math
from collections.abc import Iterator

from comparisons.atlases.atlas import Atlas
from comparisons.judge.vocabulary import verdict_named
from comparisons.report.data.row import Row
from comparisons.report.summaries.changes import Changes, moved
from comparisons.results.views.number import shown

_NOTABLE = 1.25  # of the usual error: below it the worst point is another, the function the same
_COUNTED = ("not_finite", "lost", "wrong_sign")
_Key = tuple[str, str, str, str]  # function, type, framework, way


def differences(old: Atlas, new: Atlas) -> Changes:
    """Compare each cell of `old` with the same cell of `new`.

    A cell is better or worse by its verdict; by equal verdicts, by how many of the same values are
    NaN, lost or of the wrong sign; by equal counts, by a usual error that is over a quarter larger
    or smaller. A cell judged by another formula is neither.
    """
    found = Changes()
    found.other.extend(_setting(old, new))
    before, after = _cells(old), _cells(new)
    for key in [*before, *(k for k in after if k not in before)]:
        function, dtype, framework, way = key
        name = f"{function}, {dtype}, {framework}" + ("" if way == "reverse" else f" {way}")
        if key not in after:
            found.other.append(f"{name}: is no longer asked")
        elif key not in before:
            found.other.append(f"{name}: is new, {_stands(after[key])}")
        else:
            _compare(name, before[key], after[key], found)
    return found


def _compare(name: str, old: Row, new: Row, found: Changes) -> None:
    if old["absent"] or new["absent"]:
        if bool(old["absent"]) != bool(new["absent"]):
            found.other.append(f"{name}: was {_stands(old)}, now {_stands(new)}")
        return
    if old["definition"] != new["definition"]:
        found.other.append(
            f"{name}: is judged by {new['definition']}, was by {old['definition']}; "
            f"was {_stands(old)}, now {_stands(new)}"
        )
        return
    counts = moved(old["counts"], new["counts"])
    because = f" ({counts})" if counts else ""
    was, now = verdict_named(old["verdict"]), verdict_named(new["verdict"])
    if found.by_verdict(name, was, now, because):
        return
    if old["values"] != new["values"]:
        found.other.append(f"{name}: {old['values']:,} values, now {new['values']:,}")
        return
    wrong, wrong_now = (sum(cell[kind] for kind in _COUNTED) for cell in (old, new))
    if wrong != wrong_now:
        side = found.worse if wrong_now > wrong else found.better
        side.append(f"{name}: {now} as before{because}")
        return
    error, error_now = old["usual_ulp"], new["usual_ulp"]
    largest, least = max(error, error_now), min(error, error_now)
    if largest > _NOTABLE * least or math.isnan(error + error_now):
        side = found.better if error_now < error else found.worse
        side.append(f"{name}: error was {shown(error)} ulp, now {shown(error_now)} ulp")


def _stands(cell: Row) -> str:
    if cell["absent"]:
        return f"absent ({cell['absent']})"
    return f"{cell['verdict']}, {shown(cell['usual_ulp'])} ulp"


def _cells(atlas: Atlas) -> dict[_Key, Row]:
    """The cells by what was asked, without frameworks that were not installed."""
    return {
        (c["function"], c["dtype"], c["framework"], c["way"]): c
        for c in atlas.cells
        if c["framework"] not in atlas.missing
    }


def _setting(old: Atlas, new: Atlas) -> Iterator[str]:
    before, after = (
        {**atlas.document["versions"], **atlas.document["machine"]} for atlas in (old, new)
    )
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            was, now = (d.get(name, "not installed") for d in (before, after))
            yield f"{name} {was} → {now}"
