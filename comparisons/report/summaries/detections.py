"""Tabulate which checkers reject which deliberately wrong backward."""

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
        """The mutations, each once."""
        return sorted({r["mutation"] for r in self.rows})

    @cached_property
    def checkers(self) -> list[str]:
        """The checkers, each once."""
        return list(dict.fromkeys(c for r in self.rows for c in r["caught_by"]))

    @cached_property
    def subjects(self) -> list[str]:
        """The functions that were given a wrong backward, each once."""
        return sorted({r["subject"] for r in self.rows})

    @cached_property
    def _caught(self) -> dict[tuple[str, str], dict[str, bool]]:
        return {(r["subject"], r["mutation"]): r["caught_by"] for r in self.rows}

    def caught(self, subject: str, mutation: str) -> dict[str, bool] | None:
        """Whether a checker rejected it; None where the mutation changes nothing."""
        return self._caught.get((subject, mutation))

    def score(self, checker: str, mutation: str) -> str:
        """The share of a mutation's backwards that a checker rejected, as `3/24`."""
        answers = [
            r["caught_by"][checker]
            for r in self.rows
            if r["mutation"] == mutation and checker in r["caught_by"]
        ]
        return f"{sum(answers)}/{len(answers)}"
