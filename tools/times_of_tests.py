"""Write what the tests cost as tables, by folder and test by test; `make test-times` renews them.

A pytest plugin: `-p tools.times_of_tests --times PATH`. Times are processor time of a test's setup,
call and teardown and of the processes that it started and waited for: they hold on a busy machine.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Generator
from pathlib import Path, PurePosixPath

import pytest

START, END = "<!-- times: made by `make test-times` -->", "<!-- end of times -->"
LONGEST = 20
_NAME = "processor seconds"
_BEGAN = pytest.StashKey[float]()
_FOUND = pytest.StashKey[dict[str, float]]()


def processor_seconds() -> float:
    """The processor time of this process and of those that it waited for."""
    now = os.times()
    return now.user + now.system + now.children_user + now.children_system


def tables(times: dict[str, float]) -> str:
    """The times of folders, and of the longest tests, in Markdown."""
    folders: dict[str, float] = defaultdict(float)
    counts: Counter[str] = Counter()
    for test, seconds in times.items():
        parts = PurePosixPath(test.partition("::")[0]).parent.parts
        folder = "/".join(parts[:2])
        folders[folder] += seconds
        counts[folder] += 1
    rows = ["| folder | tests | CPU seconds |", "|---|---|---|"]
    falling = sorted(folders.items(), key=lambda one: -one[1])
    rows += [f"| {folder} | {counts[folder]:,} | {seconds:.0f} |" for folder, seconds in falling]
    rows += [f"| all | {len(times):,} | {sum(times.values()):.0f} |", ""]
    rows += ["| the longest tests | CPU seconds |", "|---|---|"]
    longest = sorted(times.items(), key=lambda one: -one[1])[:LONGEST]
    rows += [f"| {_shown(test)} | {seconds:.1f} |" for test, seconds in longest]
    return "\n".join(rows)


def _shown(test: str) -> str:
    path, _, name = test.partition("::")
    return f"`{PurePosixPath(path).name}`, `{name.replace('|', '¦')}`"


def renewed(text: str, times: dict[str, float]) -> str:
    """The text with the tables between their marks made anew.

    Raises: ValueError if the marks are not there.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"the text has no lines {START!r} and {END!r} to put the tables between")
    return f"{before}{start}\n{tables(times)}\n{end}{after}"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the file whose tables are renewed."""
    parser.addoption("--times", type=Path, metavar="PATH", help="renew the tables of times there")


def pytest_configure(config: pytest.Config) -> None:
    """Begin with no times."""
    config.stash[_FOUND] = {}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Put down when a test begins."""
    item.stash[_BEGAN] = processor_seconds()
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Send what a test took with the last of its reports."""
    try:
        return (yield)
    finally:
        spent = processor_seconds() - item.stash[_BEGAN]
        item.user_properties.append((_NAME, round(spent, 3)))


class _Collected:
    """What the process that prints is told."""

    def __init__(self, config: pytest.Config) -> None:
        self.times: dict[str, float] = config.stash[_FOUND]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Put down the time of a test that is over."""
        for name, value in report.user_properties:
            if name == _NAME:
                self.times[report.nodeid] = float(str(value))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Collect in the process that prints, not in its workers."""
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(_Collected(session.config))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Renew the tables."""
    path = session.config.getoption("--times")
    if path is not None and not hasattr(session.config, "workerinput"):
        text = renewed(path.read_text(encoding="utf-8"), session.config.stash[_FOUND])
        path.write_text(text, encoding="utf-8")
