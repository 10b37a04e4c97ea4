"""Comparisons one after another, as a command runs them: with a bar, and stoppable."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from comparisons.cli.arguments import refusals_are_usage_errors
from comparisons.report.terminal_table import COLOURS, table

if TYPE_CHECKING:
    from comparisons.subjects import Subject


_LONG = 1.0  # seconds that need no bar


@dataclass(frozen=True)
class Job:
    """One comparison to make."""

    subject: Subject
    dtype: str
    engine: str
    points: str | None = None


@dataclass
class Measured:
    """What was found until the end or until Ctrl-C."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)  # what disagrees, in words
    complete: bool = True

    def show(self) -> None:
        """The table and the findings, on stdout."""
        if not self.rows:
            return
        for line in table(self.rows):
            cells = (
                click.style(text, fg=COLOURS[verdict]) if verdict else text
                for text, verdict in line
            )
            click.echo("  ".join(cells))
        for finding in self.findings:
            click.echo(f"\n{finding}")

    def write(self, *, json: Path | None, csv: Path | None, report: Path | None) -> None:
        """Each file that was asked for."""
        if json is not None:
            from comparisons.report.data import write_json

            write_json(json, self.rows, complete=self.complete)
        if csv is not None:
            from comparisons.report.data import write_csv

            write_csv(csv, self.rows)
        if report is not None:
            from comparisons.report.document import write

            write(report, self.rows, complete=self.complete)


def measure(cases: Sequence[Job]) -> Measured:
    """Compare each case; Ctrl-C ends it early, with what there is."""
    from tqdm import tqdm

    measured = Measured()
    try:
        # A bar on a terminal only (disable=None), for what takes longer than a second.
        with tqdm(cases, file=sys.stderr, disable=None, delay=_LONG, leave=False) as bar:
            for case in bar:
                now = f"{case.subject}, {case.dtype}"
                bar.set_description(now, refresh=bar.format_dict["elapsed"] > _LONG)
                _add(measured, case)
    except KeyboardInterrupt:
        measured.complete = False
        click.echo("interrupted; what was measured so far is kept", err=True)
    return measured


def _add(measured: Measured, case: Job) -> None:
    from comparisons import Comparison, Verdict, compare
    from comparisons.mismatch import describe
    from comparisons.report.rows import comparison_row

    options: Any = {"dtype": case.dtype, "engine": case.engine, "points": case.points}
    with refusals_are_usage_errors():
        found: Any = compare(case.subject, **options)
    if isinstance(found, Comparison):
        measured.rows.append(comparison_row(found))
        if found.verdict is Verdict.DISAGREES:
            measured.findings.append(describe(found))
        return
    # A sweep of 2³² values holds no points; its own words are the finding.
    labels = {k: str(getattr(found, k)) for k in ("subject", "dtype", "engine", "verdict")}
    measured.rows.append({**labels, "bulk_ulp": found.bulk_ulp})
    measured.findings.append(repr(found))
