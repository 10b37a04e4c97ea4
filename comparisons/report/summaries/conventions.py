"""Tabulate the derivatives that torch takes at kinks where ways of writing a function disagree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from comparisons.report.data.row import Row
from comparisons.results.views.number import shown


@dataclass(frozen=True)
class Taken:
    """A derivative that torch takes at a kink, with the ways of writing that take it."""

    value: str
    inside: bool  # Clarke's interval
    codes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class KinkConventions:
    """One kink of one function, with the several derivatives that torch takes there."""

    subject: str
    at: str
    between: str  # the one-sided derivatives
    taken: list[Taken]


def kink_conventions(rows: Iterable[Row]) -> list[KinkConventions]:
    """Each kink at which ways of writing the function disagree, with every way.

    Args: rows, as `convention_row` makes them, with their floats.
    """
    kinks: dict[tuple[str, float], list[Row]] = {}
    for row in sorted(rows, key=lambda r: (r["subject"], r["at"])):
        kinks.setdefault((row["subject"], row["at"]), []).append(row)
    found = []
    for (subject, at), ways in kinks.items():
        taken: dict[str, Taken] = {}
        for way in ways:
            value = _minus(shown(way["taken"]))
            taken.setdefault(value, Taken(value, way["inside"])).codes.append(way["code"])
        if len(taken) > 1:
            low, high = sorted((ways[0]["left"], ways[0]["right"]))
            between = f"[{shown(low)}, {shown(high)}]"
            values = sorted(taken.values(), key=_own_first)
            found.append(KinkConventions(subject, _minus(shown(at)), _minus(between), values))
    return found


def _own_first(taken: Taken) -> tuple[bool, int]:
    """Torch's own function before what is put together, then what most ways take."""
    return (not any("nn.functional" in code for code in taken.codes), -len(taken.codes))


def _minus(number: str) -> str:
    return number.replace("-", "−")
