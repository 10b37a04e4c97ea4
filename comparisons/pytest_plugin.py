"""The pytest plugin: a fixture that compares gradients, a report of all that a run compared.

Loaded at every start of pytest in an environment that has it, so it imports nothing heavy; torch
and SymPy come with the first comparison.
"""

from __future__ import annotations

from collections.abc import Generator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from comparisons.collector import FOLDER, Collector, Row
from comparisons.report.destination import PAGES, checked
from comparisons.unsent import Unsent

if TYPE_CHECKING:
    from comparisons.comparison import Comparison
    from comparisons.engine_table import EngineTable
    from comparisons.kink_conventions import Convention

_ROWS = pytest.StashKey[list[Row]]()
_UNSENT = pytest.StashKey[Unsent]()
_COLLECTOR = "symdiff-collector"
_DEFAULTS = ("dtype", "engine")
_MARKED = (*_DEFAULTS, "points")
_FILES = {
    "report": (PAGES, "write a report of every comparison the run made, as .html or .md"),
    "json": ((".json",), "write every comparison the run made as JSON"),
    "csv": ((".csv",), "write a line for every comparison the run made"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--symdiff-report` and its like, each with an ini option of the same name."""
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
        "symdiff(dtype=…, engine=…, points=…): what compare_gradients uses in this test where a "
        "call says nothing else",
    )
    try:
        _check_defaults(_defaults(config))
        if hasattr(config, "workerinput"):  # under xdist the controller alone reports
            return
        collecting = config.option.collectonly
        paths = {} if collecting else {kind: _destination(config, kind) for kind in _FILES}
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(str(error)) from None
    found = {kind: path for kind, path in paths.items() if path is not None}
    config.pluginmanager.register(Collector(found), _COLLECTOR)


def _setting(config: pytest.Config, name: str) -> str | None:
    """An option of the command line, or else of the ini file."""
    return config.getoption(f"symdiff_{name}") or config.getini(f"symdiff_{name}") or None


def _destination(config: pytest.Config, kind: str) -> Path | None:
    text = _setting(config, kind)
    if text is None:
        return None
    # As every path: the command line's from where it is typed, the ini file's from the root.
    typed = config.getoption(f"symdiff_{kind}")
    path = Path(text) if typed else config.rootpath / text
    return checked(path, _FILES[kind][0], f"--symdiff-{kind}")


def _defaults(config: pytest.Config) -> dict[str, str]:
    found = {name: _setting(config, name) for name in _DEFAULTS}
    return {name: value for name, value in found.items() if value is not None}


def _check_defaults(defaults: dict[str, str]) -> None:
    if "dtype" in defaults:
        from comparisons.dtypes import float_type

        float_type(defaults["dtype"])
    if "engine" in defaults:
        from comparisons.engines import ENGINES

        if defaults["engine"] not in ENGINES:
            raise ValueError(
                f"--symdiff-engine={defaults['engine']}: unknown engine; "
                f"known are {', '.join(ENGINES)}"
            )


def pytest_report_header(config: pytest.Config) -> str:
    """One line: the torch that is judged, and what comparisons default to."""
    try:
        torch = f"torch {version('torch')}"
    except PackageNotFoundError:
        torch = "torch not installed"
    chosen = {"dtype": "float64", "engine": "reverse", **_defaults(config)}
    return f"symdiff: {torch}, {', '.join(f'{k} {v}' for k, v in chosen.items())}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Send the rows along with the report, which xdist carries between processes.

    Not as user properties: those are written into JUnit's XML, where a row would be a page of text.
    """
    report = yield
    if _ROWS in item.stash:
        report.symdiff_rows = item.stash[_ROWS]  # type: ignore[attr-defined]  # reports take more
    return report


class GradientComparer:
    """The `compare_gradients` fixture: compares as `comparisons` does and records what it found."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item
        # A test that is run again starts anew.
        item.stash[_ROWS] = []
        self._unsent = _unsent(item.config)
        self._unsent.begin(item.nodeid)
        item.user_properties[:] = [p for p in item.user_properties if not _is_ours(p[0])]
        self._defaults: dict[str, Any] = {**_defaults(item.config), **_marked(item)}

    def __call__(
        self, subject: Any, definition: Any = None, *, accept: str = "fails at ∞", **options: Any
    ) -> Comparison:
        """`comparisons.check`: raises GradientMismatch where torch fares worse than `accept`."""
        from comparisons.mismatch import accepted

        return accepted(self.compare(subject, definition, **options), accept)

    def compare(self, subject: Any, definition: Any = None, **options: Any) -> Comparison:
        """`comparisons.compare`: whatever it finds."""
        from comparisons import compare

        comparison = compare(subject, definition, **{**self._defaults, **options})
        self._add(comparison)
        return comparison

    def _add(self, comparison: Comparison) -> None:
        from comparisons.report.rows import comparison_row

        row = comparison_row(comparison)
        self._record(row)
        place = f"symdiff.{row['subject']}.{row['dtype']}.{row['engine']}"
        self._item.user_properties += [
            (f"{place}.verdict", row["verdict"]),
            (f"{place}.bulk_ulp", f"{row['bulk_ulp']:.3g}"),
        ]

    def engines(
        self, subject: Any, definition: Any = None, *, names: Any = None, **options: Any
    ) -> EngineTable:
        """`comparisons.compare_engines`: whatever it finds, and where engines differ.

        Args: names, of the engines; by default all that torch has.
        """
        from comparisons import compare_engines
        from comparisons.report.rows import difference_row

        chosen = {k: v for k, v in self._defaults.items() if k != "engine"} | options
        table = compare_engines(subject, definition, engines=names, **chosen)
        for comparison in table.comparisons.values():
            self._add(comparison)
        for difference in table.beside_first():
            self._record(difference_row(difference, table[difference.first]))
        return table

    def record_detection(self, subject: str, mutation: str, **caught_by: bool) -> None:
        """Record which checkers rejected a deliberately wrong backward."""
        from comparisons.report.rows import detection_row

        self._record(detection_row(subject, mutation, caught_by))

    def record_conventions(self, name: str) -> list[Convention]:
        """Record what torch takes at a function's kinks, however it is written."""
        from comparisons.kink_conventions import conventions
        from comparisons.report.rows import convention_row

        found = conventions(name)
        for convention in found:
            self._record(convention_row(convention))
        return found

    def _record(self, row: Row) -> None:
        self._item.stash[_ROWS].append(row)
        self._unsent.add(row)


def _unsent(config: pytest.Config) -> Unsent:
    """Where this process keeps the rows of the test it is in."""
    if _UNSENT not in config.stash:
        worker = getattr(config, "workerinput", None)
        if worker is None:
            collector: Any = config.pluginmanager.get_plugin(_COLLECTOR)
            config.stash[_UNSENT] = Unsent(collector.folder, "main")
        else:
            config.stash[_UNSENT] = Unsent(Path(worker[FOLDER]), worker["workerid"])
    return config.stash[_UNSENT]


def _is_ours(name: str) -> bool:
    return name.startswith("symdiff.")


def _marked(item: pytest.Item) -> dict[str, Any]:
    """The markers' options, the nearest to the test last."""
    found: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("symdiff"))):
        unknown = [*map(repr, marker.args), *sorted(marker.kwargs.keys() - set(_MARKED))]
        if unknown:
            raise pytest.UsageError(
                f"@pytest.mark.symdiff takes {', '.join(_MARKED)} by keyword, not {unknown[0]}"
            )
        found |= marker.kwargs
    return found


@pytest.fixture
def compare_gradients(request: pytest.FixtureRequest) -> GradientComparer:
    """Compare a torch gradient with its closed form: `compare_gradients("gelu", dtype="float32")`.

    A gradient that disagrees fails the test; the comparison is in the report either way.
    """
    return GradientComparer(request.node)
