"""Tabulate what a gradient costs by each method, for the page's table and plot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from comparisons.report.data.row import Row


@dataclass(frozen=True)
class Time:
    """The nanoseconds a value, and whether no other method of the depth takes less."""

    value: float
    least: bool


@dataclass(frozen=True)
class CostedMethod:
    """One method's line of the table."""

    number: int  # of its point in the plot; 0 if it has none
    depth: int
    method: str
    operations: int | None
    unit: str
    seconds: float
    times: Sequence[Time | None]  # by the sizes
    bytes: float | None
    ulp: float | None
    rightest: bool  # whether no other method of the depth has a smaller error


@dataclass(frozen=True)
class Swell:
    """How the operations of a layer's gradients grow with its row, by each method."""

    widths: Sequence[int]
    lines: Sequence[tuple[str, Sequence[int | None]]]  # by the widths; None where out of reach


@dataclass(frozen=True)
class Costs:
    """The table of one function, and the points of its plot."""

    subject: str
    sizes: Sequence[int]
    lines: Sequence[CostedMethod]
    absent: Mapping[str, str]
    points: Sequence[tuple[float, float]] = field(default=())  # nanoseconds at the largest, ulp
    swell: Swell | None = None  # of a layer

    @property
    def largest(self) -> int:
        """The size at which the plot is drawn."""
        return max(self.sizes)


def costs_of(rows: Iterable[Row]) -> list[Costs]:
    """The tables of the rows of the kind `cost`; a method that was only counted is no point."""
    return [_costs(row) for row in rows]


def _costs(row: Row) -> Costs:
    sizes, points, lines = row["sizes"], [], []
    largest = max(sizes)
    times = [dict(line["nanoseconds"]) for line in row["lines"]]
    for line, taken in zip(row["lines"], times, strict=True):
        alike = [k for k, other in enumerate(row["lines"]) if other["depth"] == line["depth"]]
        judged = [k for k in alike if row["lines"][k]["ulp"] is not None]  # a pass is no gradient
        fastest = [min((times[k][s] for k in judged if s in times[k]), default=0.0) for s in sizes]
        errors = [row["lines"][k]["ulp"] for k in judged]
        number = 0
        if largest in taken and line["ulp"] is not None:
            points.append((taken[largest], line["ulp"]))
            number = len(points)
        lines.append(
            CostedMethod(
                number=number,
                **{k: line[k] for k in ("depth", "method", "operations", "unit", "seconds")},
                times=[
                    Time(taken[s], line["ulp"] is not None and taken[s] <= least)
                    if s in taken
                    else None
                    for s, least in zip(sizes, fastest, strict=True)
                ],
                bytes=line["bytes"],
                ulp=line["ulp"],
                rightest=line["ulp"] is not None and line["ulp"] <= min(errors),
            )
        )
    return Costs(row["subject"], sizes, lines, row["absent"], points, _swell(row.get("swell", {})))


def _swell(found: Mapping[str, Sequence[tuple[int, int]]]) -> Swell | None:
    counts = {method: dict(pairs) for method, pairs in found.items()}
    widths = sorted({width for of in counts.values() for width in of})
    if not widths:
        return None
    return Swell(widths, [(method, [of.get(w) for w in widths]) for method, of in counts.items()])
