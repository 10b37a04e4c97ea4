"""Which checkers reject a deliberately wrong backward, as a table's questions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from comparisons.report.data.row import Row


@dataclass(frozen=True, eq=False)
class Detections:
    """The detections of a run, by function and mutation."""

    rows: list[Row]

    def __bool__(self) -> bool:
        return bool(self.rows)

    @cached_property
    def mutations(self) -> list[str]:
        """Each mutation once."""
        return sorted({r["mutation"] for r in self.rows})

    @cached_property
    def checkers(self) -> list[str]:
        """Each checker once."""
        return list(dict.fromkeys(c for r in self.rows for c in r["caught_by"]))

    @cached_property
    def subjects(self) -> list[str]:
        """Each function that was given a wrong backward, once."""
        return sorted({r["subject"] for r in self.rows})

    @cached_property
    def _caught(self) -> dict[tuple[str, str], dict[str, bool]]:
        return {(r["subject"], r["mutation"]): r["caught_by"] for r in self.rows}

    def caught(self, subject: str, mutation: str) -> dict[str, bool] | None:
        """Who caught it; None where the mutation changes nothing."""
        return self._caught.get((subject, mutation))

    def score(self, checker: str, mutation: str) -> str:
        """How many of a mutation a checker caught, as `3/24`."""
        answers = [
            r["caught_by"][checker]
            for r in self.rows
            if r["mutation"] == mutation and checker in r["caught_by"]
        ]
        return f"{sum(answers)}/{len(answers)}"
