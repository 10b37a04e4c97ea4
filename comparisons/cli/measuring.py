"""Jobs done one after another, as a command does them: with a bar, and stoppable."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comparisons.judge.vocabulary import Verdict, verdict_named
from comparisons.report.row import Row
from comparisons.report.terminal_table import table

if TYPE_CHECKING:
    from comparisons.report.jobs import Job
    from comparisons.results.engine_table import EngineTable
    from comparisons.results.result import Result

_LONG = 1.0  # seconds that need no bar


@dataclass
class Measured:
    """What was found until the end or until Ctrl-C."""

    rows: list[Row] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)  # what disagrees, in words
    differences: list[str] = field(default_factory=list)  # where engines do, from each other
    refused: list[str] = field(default_factory=list)  # what could not be compared, and why
    complete: bool = True

    def keep(self, found: Result | EngineTable, *, aloud: bool = False) -> None:
        """Keep what was found: a row each, and what is worth words."""
        from comparisons.report.rows import result_row
        from comparisons.results.engine_table import EngineTable
        from comparisons.results.mismatch import describe

        if isinstance(found, EngineTable):
            self._keep_table(found)
            return
        self.rows.append(result_row(found))
        if found.verdict is Verdict.DISAGREES:
            self.findings.append(describe(found))
        elif aloud:
            self.findings.append(repr(found))

    def _keep_table(self, found: EngineTable) -> None:
        from comparisons.report.rows import difference_row

        for comparison in found.comparisons.values():
            self.keep(comparison)
        for difference in found.beside_first():
            first = found[difference.first]
            self.rows.append(difference_row(difference, first))
            self.differences.append(f"{first.subject}, {first.dtype}: {difference}")
        for why in dict.fromkeys(found.absent.values()):
            names = ", ".join(name for name, reason in found.absent.items() if reason == why)
            self.refused.append(f"{found.called}, {names}: {why}")

    @property
    def disagrees(self) -> bool:
        """Whether any gradient does."""
        return self.worse_than(Verdict.FAILS_AT_INFINITY)

    def worse_than(self, accepted: Verdict) -> bool:
        """Whether any gradient fares worse than a verdict."""
        verdicts = [verdict_named(row["verdict"]) for row in self.rows if "verdict" in row]
        return any(verdict.worse_than(accepted) for verdict in verdicts)

    def tell_refusals(self) -> None:
        """Say on stderr what could not be compared."""
        for reason in dict.fromkeys(self.refused):
            click.echo(f"not compared: {reason}", err=True)

    def show(self) -> None:
        """Show the table and the findings on stdout."""
        if not self.rows:
            return
        for line in table(r for r in self.rows if r["kind"] == "comparison"):
            cells = (
                click.style(text, fg=verdict_named(verdict).colour) if verdict else text
                for text, verdict in line
            )
            click.echo("  ".join(cells))
        for finding in self.findings:
            click.echo(f"\n{finding}")
        if self.differences:
            click.echo("\nwhere engines differ")
        for difference in self.differences:
            click.echo(f"  {difference}")

    def write(self, *, json: Path | None, csv: Path | None, report: Path | None) -> None:
        """Write each file that was asked for."""
        if json is not None:
            from comparisons.report.data import write_json

            write_json(json, self.rows, complete=self.complete)
        if csv is not None:
            from comparisons.report.data import write_csv

            write_csv(csv, self.rows)
        if report is not None:
            from comparisons.report.document import write

            write(report, self.rows, complete=self.complete)


def measure(jobs: Sequence[Job]) -> Measured:
    """Do each job; Ctrl-C ends it early, with what there is."""
    from tqdm import tqdm

    measured = Measured()
    try:
        # A bar on a terminal only (disable=None), for what takes longer than a second.
        with tqdm(jobs, file=sys.stderr, disable=None, delay=_LONG, leave=False) as bar:
            for job in bar:
                bar.set_description(job.name, refresh=bar.format_dict["elapsed"] > _LONG)
                _add(measured, job)
    except KeyboardInterrupt:
        measured.complete = False
        click.echo("interrupted; what was measured so far is kept", err=True)
    return measured


def _add(measured: Measured, job: Job) -> None:
    """Do a job; what torch or an engine refuses is told, and loses nothing else."""
    try:
        found = job.ask()
    except (TypeError, ValueError, ModuleNotFoundError) as error:  # each a sentence
        measured.refused.append(str(error))
    else:
        measured.keep(found, aloud=job.aloud)
