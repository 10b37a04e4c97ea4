"""Tabulate what a gradient costs by each method, for the page's table and plot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from comparisons.report.data.row import Row


@dataclass(frozen=True)
class Time:
    """The nanoseconds a value, and whether no other method of the depth, or width, takes less."""

    value: float
    least: bool


@dataclass(frozen=True)
class CostedMethod:
    """One method's line of the table."""

    number: int  # of its point in the plot; 0 if it has none
    depth: int
    width: int  # entries of a row; 1 of a function
    method: str
    operations: int | None
    unit: str
    seconds: float
    times: Sequence[Time | None]  # by the sizes
    bytes: float | None
    ulp: float | None
    rightest: bool  # whether no other method beside it has a smaller error


@dataclass(frozen=True)
class Costs:
    """The table of one function, and the points of its plot."""

    subject: str
    sizes: Sequence[int]
    lines: Sequence[CostedMethod]
    absent: Mapping[str, str]
    points: Sequence[tuple[float, float]] = ()  # nanoseconds at the largest, ulp
    by_width: Sequence[CostedMethod] = ()  # of a layer with narrower rows, at the largest size

    @property
    def largest(self) -> int:
        """The size at which the plot is drawn."""
        return max(self.sizes)


def costs_of(rows: Iterable[Row]) -> list[Costs]:
    """The tables of the rows of the kind `cost`; a method that was only counted is no point."""
    return [_costs(row) for row in rows]


def _costs(row: Row) -> Costs:
    sizes = row["sizes"]
    at_largest = [dict(line["nanoseconds"]).get(max(sizes)) for line in row["lines"]]
    points = {
        place: (time, line["ulp"])
        for place, (line, time) in enumerate(zip(row["lines"], at_largest, strict=True))
        if time is not None and line["ulp"] is not None
    }
    return Costs(
        row["subject"],
        sizes,
        _beside_each_other(row["lines"], sizes, "depth", [*points]),
        row["absent"],
        [*points.values()],
        _beside_each_other(row["by_width"], [max(sizes)], "width"),
    )


def _beside_each_other(
    found: Sequence[Mapping[str, Any]], sizes: Sequence[int], alike: str, drawn: Sequence[int] = ()
) -> list[CostedMethod]:
    """The lines of a table, the fastest and the rightest of each depth or width marked.

    Args:
        found: the lines as they are kept.
        sizes: whose times are told.
        alike: `depth` or `width`, by which lines are compared.
        drawn: the places of the lines that are points of the plot, in its order.
    """
    lines = []
    times = [dict(line["nanoseconds"]) for line in found]
    for place, (line, taken) in enumerate(zip(found, times, strict=True)):
        beside = [k for k, other in enumerate(found) if other[alike] == line[alike]]
        judged = [k for k in beside if found[k]["ulp"] is not None]  # a pass is no gradient
        fastest = [min((times[k][s] for k in judged if s in times[k]), default=0.0) for s in sizes]
        rightest = min((found[k]["ulp"] for k in judged), default=0.0)
        lines.append(
            CostedMethod(
                number=drawn.index(place) + 1 if place in drawn else 0,
                **{k: line[k] for k in _AS_KEPT},
                times=[
                    Time(taken[s], line["ulp"] is not None and taken[s] <= least)
                    if s in taken
                    else None
                    for s, least in zip(sizes, fastest, strict=True)
                ],
                rightest=line["ulp"] is not None and line["ulp"] <= rightest,
            )
        )
    return lines


_AS_KEPT = ("depth", "width", "method", "operations", "unit", "seconds", "bytes", "ulp")
