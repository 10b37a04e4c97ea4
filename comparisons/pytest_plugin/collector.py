"""Gather what a pytest run compared from every process, and report it at its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from comparisons.judge.vocabulary import verdict_named
from comparisons.report.data.row import Row
from comparisons.report.journal import LiveRun, kept, write_as
from comparisons.report.summaries.terminal_table import table

COLLECTOR = "symdiff-collector"  # the plugin's name
FOLDER = "symdiff_folder"  # of a worker's input
_MOST = 20  # functions in the summary without -v


class Collector:
    """The pytest plugin that gathers the rows of tests, here and in xdist's workers."""

    def __init__(self, destinations: Mapping[str, Path]) -> None:
        """`destinations` are files by kind: report, json, csv."""
        self.destinations = destinations
        self.complete = True
        self.failures: list[str] = []
        self._run: LiveRun | None = None
        # By test: the last report of one holds all its rows, and a rerun takes the place of a run.
        self._rows: dict[str, list[Row]] = {}

    @property
    def folder(self) -> Path:
        """The folder where every process of the run keeps its rows until the report is written."""
        if self._run is None:
            self._run = LiveRun(self.destinations)
        return self._run.folder

    @property
    def rows(self) -> list[Row]:
        """Every row in the order of the tests' names, whatever process sent it first."""
        return [row for name in sorted(self._rows) for row in self._rows[name]]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        rows = getattr(report, "symdiff_rows", None)
        if rows is not None:
            self._rows[report.nodeid] = rows

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[FOLDER] = str(self.folder)  # for a worker of xdist's

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, error: object) -> None:
        if error:  # a worker of xdist's died in the middle of a test
            self.complete = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        self.complete = False  # at once: a second Ctrl-C would keep the exit status from saying so

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        broken = {pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR}
        if exitstatus in broken or session.shouldstop or session.shouldfail:
            self.complete = False
        if session.config.option.collectonly:
            return
        if self._run is not None:
            for test, rows in kept(self.folder).items():
                if len(rows) > len(self._rows.get(test, [])):  # its set-up was reported, at most
                    self._rows[test] = rows
        for kind, path in self.destinations.items():
            try:
                write_as(kind, path, self.rows, complete=self.complete)
            except Exception as error:  # noqa: BLE001 - whatever it was, the tests' results matter more
                self.failures.append(f"{path}: {type(error).__name__}: {error}")
                if session.exitstatus in (0, None):
                    session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_unconfigure(self) -> None:
        if self._run is not None:
            self._run.end(keep=bool(self.failures))  # what could not be written

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        rows = [row for row in self.rows if row["kind"] == "comparison"]
        if rows:
            terminalreporter.section("gradients beside their closed forms")
            _show(rows, terminalreporter)
        if terminalreporter.config.option.collectonly:
            return
        mark = "" if self.complete else " (incomplete: the run was cut short)"
        for kind, path in self.destinations.items():
            if not any(failure.startswith(f"{path}: ") for failure in self.failures):
                terminalreporter.line(f"symdiff {kind}: {path}{mark}")
        for failure in self.failures:
            terminalreporter.line(f"symdiff could not write {failure}", red=True)


def _show(rows: Iterable[Row], terminal: pytest.TerminalReporter) -> None:
    most = None if terminal.config.option.verbose > 0 else _MOST
    for line in table(rows, most):
        for position, (text, verdict) in enumerate(line):
            colour = {verdict_named(verdict).colour: True} if verdict else {}
            terminal.write("  " if position else "")
            terminal.write(text, **colour)
        terminal.line("")
