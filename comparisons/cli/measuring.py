"""Comparisons one after another, as a command runs them: with a bar, and stoppable."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from comparisons.report.terminal_table import COLOURS, table

if TYPE_CHECKING:
    from comparisons.comparison import Comparison
    from comparisons.engine_table import EngineTable
    from comparisons.subjects import Subject
    from comparisons.sweep import Sweep


_LONG = 1.0  # seconds that need no bar


@dataclass(frozen=True)
class Job:
    """One subject in one type, to be compared in some engines."""

    subject: Subject
    dtype: str
    engines: Sequence[str] = ("reverse",)
    points: str | None = None


@dataclass
class Measured:
    """What was found until the end or until Ctrl-C."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)  # what disagrees, in words
    differences: list[str] = field(default_factory=list)  # where engines do, from each other
    refused: list[str] = field(default_factory=list)  # what could not be compared, and why
    complete: bool = True

    def keep(self, found: Comparison | Sweep | EngineTable) -> None:
        """What was found: a row each, and what is worth words."""
        from comparisons import Comparison, EngineTable, Verdict
        from comparisons.mismatch import describe
        from comparisons.report.rows import comparison_row, difference_row

        if isinstance(found, EngineTable):
            for comparison in found.comparisons.values():
                self.keep(comparison)
            for difference in found.beside_first():
                first = found[difference.first]
                self.rows.append(difference_row(difference, first))
                self.differences.append(f"{first.subject}, {first.dtype}: {difference}")
            for why in dict.fromkeys(found.absent.values()):
                names = ", ".join(name for name, reason in found.absent.items() if reason == why)
                self.refused.append(f"{found.called}, {names}: {why}")
            return
        self.rows.append(comparison_row(found))
        if found.verdict is Verdict.DISAGREES:
            self.findings.append(describe(found))
        elif not isinstance(found, Comparison):
            self.findings.append(repr(found))  # of all values at once it is worth its own words

    def tell_refusals(self) -> None:
        """What could not be compared, on stderr."""
        for reason in dict.fromkeys(self.refused):
            click.echo(f"not compared: {reason}", err=True)

    def show(self) -> None:
        """The table and the findings on stdout."""
        if not self.rows:
            return
        for line in table(r for r in self.rows if r["kind"] == "comparison"):
            cells = (
                click.style(text, fg=COLOURS[verdict]) if verdict else text
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
    """Compare a case; what torch or an engine refuses is told, and loses nothing else."""
    from comparisons import compare, compare_engines

    swept = case.points == "all" and case.dtype == "float32"
    asks: list[Callable[..., Any]] = [partial(compare, engine=engine) for engine in case.engines]
    if len(asks) > 1 and not swept:
        asks = [partial(compare_engines, engines=case.engines)]
    for ask in asks:
        try:
            found = ask(case.subject, dtype=case.dtype, points=case.points)
        except (TypeError, ValueError, ModuleNotFoundError) as error:  # each a sentence
            measured.refused.append(str(error))
        else:
            measured.keep(found)
