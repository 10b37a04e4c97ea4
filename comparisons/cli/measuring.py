"""Do the jobs of a command one after another, with a progress bar; Ctrl-C keeps what there is."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comparisons.cli.exit_code import ExitCode
from comparisons.judge.vocabulary import Verdict, verdict_named
from comparisons.report.data.row import Row
from comparisons.report.journal import Journal, LiveRun, write_as
from comparisons.report.summaries.terminal_table import table

if TYPE_CHECKING:
    from comparisons.report.jobs import Job
    from comparisons.results.engine_table import EngineTable
    from comparisons.results.result import Result

_LONG = 1.0  # seconds that need no bar


@dataclass
class Measured:
    """The results of a command until its end, or until Ctrl-C."""

    rows: list[Row] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)  # what disagrees, in words
    differences: list[str] = field(default_factory=list)  # where engines do, from each other
    refused: list[str] = field(default_factory=list)  # what could not be compared, and why
    complete: bool = True
    run: LiveRun | None = None  # where the rows are kept until they are written

    def keep(self, found: Result | EngineTable, *, aloud: bool = False) -> None:
        """Keep a result as a row, and print at once what deserves words."""
        from comparisons.report.data.rows import result_row
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
        from comparisons.report.data.rows import difference_row

        for comparison in found.comparisons.values():
            self.keep(comparison)
        for difference in found.beside_first():
            first = found[difference.first]
            self.rows.append(difference_row(difference, first))
            self.differences.append(f"{first.subject}, {first.dtype}: {difference}")
        for why in dict.fromkeys(found.absent.values()):
            names = ", ".join(name for name, reason in found.absent.items() if reason == why)
            self.refused.append(f"{found.called}, {names}: {why}")

    def worse_than(self, accepted: Verdict) -> bool:
        """Whether any gradient has a worse verdict than the one given."""
        verdicts = [verdict_named(row["verdict"]) for row in self.rows if "verdict" in row]
        return any(verdict.worse_than(accepted) for verdict in verdicts)

    def finish(
        self,
        paths: Mapping[str, Path | None],
        *,
        accepted: Verdict = Verdict.FAILS_AT_INFINITY,
        all_asked: bool = True,
    ) -> ExitCode:
        """Print and write what was found, and return the exit code.

        Args: paths, as `write` takes them; accepted, the worst verdict that is no failure;
            all_asked, whether each refusal is one of what was asked for by name.
        """
        self.tell_refusals()
        self.show()
        self.write(**paths)
        if not self.complete:
            return ExitCode.INTERRUPTED
        if self.refused and all_asked:
            return ExitCode.USAGE
        return ExitCode.DISAGREES if self.worse_than(accepted) else ExitCode.DONE

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

    def write(self, **paths: Path | None) -> None:
        """Write each file that was asked for: json, csv, report."""
        for kind, path in paths.items():
            if path is not None:
                write_as(kind, path, self.rows, complete=self.complete)
        if self.run is not None:
            self.run.end()


def measure(jobs: Sequence[Job], **destinations: Path | None) -> Measured:
    """Do each job; Ctrl-C, SIGTERM and SIGHUP end it early, with what there is.

    Args: destinations, where `Measured.write` will write, by kind: if the process is killed,
        `symdiff report --recover` writes them.
    """
    from tqdm import tqdm

    given = {kind: path for kind, path in destinations.items() if path is not None}
    measured = Measured(run=LiveRun(given) if given else None)
    journal = None if measured.run is None else Journal(measured.run.folder, "main")
    try:
        # A bar on a terminal only (disable=None), for what takes longer than a second.
        with (
            interrupted_by_signals(),
            tqdm(jobs, file=sys.stderr, disable=None, delay=_LONG, leave=False) as bar,
        ):
            for job in bar:
                bar.set_description(job.name, refresh=bar.format_dict["elapsed"] > _LONG)
                before = len(measured.rows)
                _add(measured, job)
                if journal is not None:
                    for row in measured.rows[before:]:
                        journal.add(row)
    except KeyboardInterrupt as interrupt:
        measured.complete = False
        found = getattr(interrupt, "found", None)  # of what was interrupted in its middle
        if found is not None:
            measured.keep(found, aloud=True)
        click.echo("interrupted; what was measured so far is kept", err=True)
    return measured


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into a KeyboardInterrupt; a second one ends the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt

    numbers = [n for name in ("SIGTERM", "SIGHUP") if (n := getattr(signal, name, None))]
    before = {n: signal.getsignal(n) for n in numbers}
    ours = [n for n in numbers if before[n] is signal.SIG_DFL]  # who ignores SIGHUP, as nohup does
    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])


def _add(measured: Measured, job: Job) -> None:
    """Do a job; what torch or an engine refuses is told, and loses nothing else."""
    try:
        found = job.ask()
    except (TypeError, ValueError, ModuleNotFoundError) as error:  # each a sentence
        measured.refused.append(str(error))
    else:
        measured.keep(found, aloud=job.aloud)
