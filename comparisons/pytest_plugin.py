"""The pytest plugin: a fixture that compares gradients, a report of all that a run compared.

Loaded at every start of pytest in an environment that has it, so it imports nothing heavy; torch
and SymPy come with the first comparison.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from comparisons.comparison import Comparison

_PROPERTY = "symdiff"
_SUFFIXES = (".html", ".md")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--symdiff-report=PATH`."""
    parser.getgroup("symdiff", "gradients beside their closed forms").addoption(
        "--symdiff-report",
        metavar="PATH",
        type=Path,
        help="write a report of every comparison the run made, as .html or .md",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect rows where reports arrive; refuse a report that cannot be written before the run."""
    path: Path | None = config.getoption("--symdiff-report")
    if path is not None:
        _check_writable(path)
    if not hasattr(config, "workerinput"):  # under xdist the controller alone reports
        config.pluginmanager.register(_Collector(path), "symdiff-collector")


def _check_writable(path: Path) -> None:
    if path.suffix not in _SUFFIXES:
        raise pytest.UsageError(
            f"--symdiff-report={path}: a report ends in {' or '.join(_SUFFIXES)}"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise pytest.UsageError(f"--symdiff-report={path} cannot be written: {error}") from None


class _Collector:
    """Gathers the rows that tests recorded, in this process or in xdist's workers."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.rows += [row for name, row in report.user_properties if name == _PROPERTY]  # type: ignore[misc]  # values are any

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if self.path is not None:
            from comparisons.report.document import write

            interrupted = exitstatus in (
                pytest.ExitCode.INTERRUPTED,
                pytest.ExitCode.INTERNAL_ERROR,
            )
            write(self.path, self.rows, complete=not interrupted)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        rows = [row for row in self.rows if row["kind"] == "comparison"]
        if rows:
            terminalreporter.section("gradients beside their closed forms")
            for line in _summary(rows):
                terminalreporter.line(line)
        if self.path is not None:
            terminalreporter.line(f"report: {self.path}")


def _summary(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    """One line a subject: each type with its verdict and bulk error."""
    by_subject: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_subject.setdefault(row["subject"], []).append(row)
    width = max(map(len, by_subject))
    for subject, found in sorted(by_subject.items()):
        cells = [f"{r['dtype']} {r['verdict']} ({r['bulk_ulp']:.3g} ulp)" for r in found]
        yield f"{subject:<{width}}  {' · '.join(cells)}"


class GradientComparer:
    """The `compare_gradients` fixture: compares as `comparisons` does and records what it found."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def __call__(self, subject: Any, definition: Any = None, **options: Any) -> Comparison:
        """`comparisons.check`: raises GradientMismatch where torch disagrees."""
        from comparisons import GradientMismatch, Verdict

        comparison = self.compare(subject, definition, **options)
        if comparison.verdict is Verdict.DISAGREES:
            raise GradientMismatch(comparison)
        return comparison

    def compare(self, subject: Any, definition: Any = None, **options: Any) -> Comparison:
        """`comparisons.compare`: whatever it finds."""
        from comparisons import compare
        from comparisons.report.rows import comparison_row

        comparison = compare(subject, definition, **options)
        self._record(comparison_row(comparison))
        return comparison

    def record_detection(self, subject: str, mutation: str, **caught_by: bool) -> None:
        """Record which checkers rejected a deliberately wrong backward."""
        from comparisons.report.rows import detection_row

        self._record(detection_row(subject, mutation, caught_by))

    def _record(self, row: dict[str, Any]) -> None:
        self._item.user_properties.append((_PROPERTY, row))


@pytest.fixture
def compare_gradients(request: pytest.FixtureRequest) -> GradientComparer:
    """Compare a torch gradient with its closed form: `compare_gradients("gelu", dtype="float32")`.

    A gradient that disagrees fails the test; the comparison is in the report either way.
    """
    return GradientComparer(request.node)
