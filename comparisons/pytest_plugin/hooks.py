"""The hooks that pytest calls: options, the run's set-up, a line of its header, test reports."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from comparisons.pytest_plugin.collector import COLLECTOR, Collector
from comparisons.pytest_plugin.fixture import ROWS
from comparisons.pytest_plugin.settings import check_defaults, defaults, setting
from comparisons.report.destination import PAGES, checked
from comparisons.report.journal import recover

_RECOVERED = pytest.StashKey[list[str]]()
_FILES = {
    "report": (PAGES, "write a report of every comparison the run made, as .html or .md"),
    "json": ((".json",), "write every comparison the run made as JSON"),
    "csv": ((".csv",), "write a line for every comparison the run made"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--symdiff-report` and its like, each with an ini option of the same name."""
    group = parser.getgroup("symdiff", "gradients beside their closed forms")
    for kind, (_, text) in _FILES.items():
        group.addoption(f"--symdiff-{kind}", metavar="PATH", help=text)
        parser.addini(f"symdiff_{kind}", f"{text}; from the root folder of the run")
    for name, what in {"dtype": "TYPE", "engine": "ENGINE"}.items():
        text = f"the {name} of comparisons that choose none"
        group.addoption(f"--symdiff-{name}", metavar=what, help=text)
        parser.addini(f"symdiff_{name}", text)


def pytest_configure(config: pytest.Config) -> None:
    """Collect rows where reports arrive; refuse before the run what cannot be done after it."""
    config.addinivalue_line(
        "markers",
        "symdiff(dtype=…, engine=…, points=…, strict=…): what compare_gradients uses in this test "
        "where a call says nothing else",
    )
    try:
        check_defaults(config)
        if hasattr(config, "workerinput"):  # under xdist the controller alone reports
            return
        collecting = config.option.collectonly
        paths = {} if collecting else {kind: _destination(config, kind) for kind in _FILES}
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(str(error)) from None
    found = {kind: path for kind, path in paths.items() if path is not None}
    config.pluginmanager.register(Collector(found), COLLECTOR)
    if not collecting:
        config.stash[_RECOVERED] = recover()
    if found:
        _stop_at_signals(config)


def _stop_at_signals(config: pytest.Config) -> None:
    """End a run that is told to end as Ctrl-C does: what was compared is in the report."""
    if threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)
            config.add_cleanup(partial(_die_of, number))


def _die_of(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)


def _stop(number: int, _: object) -> None:
    _die_of(number)  # a second one ends it at once
    pytest.exit(f"ended by {signal.Signals(number).name}", returncode=128 + number)


def _destination(config: pytest.Config, kind: str) -> Path | None:
    text = setting(config, kind)
    if text is None:
        return None
    # As every path: the command line's from where it is typed, the ini file's from the root.
    typed = config.getoption(f"symdiff_{kind}")
    path = Path(text) if typed else config.rootpath / text
    return checked(path, _FILES[kind][0], f"--symdiff-{kind}")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """The line of the header: which torch is judged, the defaults, and what was recovered."""
    try:
        torch = f"torch {version('torch')}"
    except PackageNotFoundError:
        torch = "torch not installed"
    chosen = {"dtype": "float64", "engine": "reverse", **defaults(config)}
    line = f"symdiff: {torch}, {', '.join(f'{k} {v}' for k, v in chosen.items())}"
    return [line, *(f"symdiff: {told}" for told in config.stash.get(_RECOVERED, []))]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Send the rows along with the report, which xdist carries between processes.

    Not as user properties: those are written into JUnit's XML, where a row would be a page of text.
    """
    report = yield
    if ROWS in item.stash:
        report.symdiff_rows = item.stash[ROWS]  # type: ignore[attr-defined]  # reports take more
    return report
