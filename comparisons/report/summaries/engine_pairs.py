"""Count where engines differ, and which of two is nearer the truth, over a whole run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from comparisons.report.data.row import Row


@dataclass(frozen=True)
class EnginePair:
    """Two engines, over all gradients that both were asked for."""

    first: str
    second: str
    asked: int  # functions in a type
    differ: int  # of these
    points: int  # at which their gradients are not the same number
    compared: int  # points, of the functions that differ
    first_nearer: int
    second_nearer: int

    @property
    def nearer(self) -> str:
        """The engine that is nearer the truth more often, with how often either is."""
        if self.first_nearer == self.second_nearer:
            return f"neither, {self.first_nearer:,} to {self.second_nearer:,}"
        names = sorted([(self.first_nearer, self.first), (self.second_nearer, self.second)])
        (fewer, _), (more, name) = names
        return f"{name}, {more:,} to {fewer:,}"


def engine_pairs(comparisons: Iterable[Row], differences: Iterable[Row]) -> list[EnginePair]:
    """A line for each pair that differs somewhere, in the order of their names.

    Args: rows of a run, each with a `title`.
    """
    engines: dict[tuple[str, str], set[str]] = {}
    for row in comparisons:
        engines.setdefault((row["title"], row["dtype"]), set()).add(row["engine"])
    found: dict[tuple[str, str], list[Row]] = {}
    for row in differences:
        found.setdefault((row["first"], row["second"]), []).append(row)
    return [
        EnginePair(
            *pair,
            sum(asked >= set(pair) for asked in engines.values()),
            len({(row["title"], row["dtype"]) for row in rows}),
            *(sum(row[key] for row in rows) for key in _ADDED_UP),
        )
        for pair, rows in sorted(found.items())
    ]


_ADDED_UP = ("points", "compared", "first_nearer", "second_nearer")
