"""The fixture `compare_gradients`, which records what it finds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from comparisons.judge.vocabulary import Verdict, verdict_named
from comparisons.pytest_plugin.collector import COLLECTOR, FOLDER
from comparisons.pytest_plugin.settings import defaults, marked
from comparisons.report.data.row import Row
from comparisons.report.journal import Journal

if TYPE_CHECKING:
    from comparisons.results.comparison import Comparison
    from comparisons.results.engine_table import EngineTable
    from comparisons.results.result import Result
    from comparisons.sweeps.sweep import Sweep

ROWS = pytest.StashKey[list[Row]]()
_JOURNAL = pytest.StashKey[Journal]()


class GradientComparer:
    """The `compare_gradients` fixture: compares as `comparisons` does and records what it found."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item
        # A test that is run again starts anew.
        item.stash[ROWS] = []
        self._journal = _journal(item.config)
        self._journal.begin(item.nodeid)
        item.user_properties[:] = [p for p in item.user_properties if not _is_ours(p[0])]
        self._defaults: dict[str, Any] = {**defaults(item.config), **marked(item)}

    def __call__(
        self,
        subject: Any,
        *given: Any,
        accept: Verdict | str = Verdict.FAILS_AT_INFINITY,
        **options: Any,
    ) -> Comparison:
        """`comparisons.check`: raises GradientMismatch where torch fares worse than `accept`.

        What it asks of your own code beside the gradient is recorded where it fails.
        """
        from comparisons.results.mismatch import accepted
        from comparisons.verbs import answers

        __tracebackhide__ = True
        asked = answers(subject, *given, **{**self._defaults, **options})
        first = next(asked)
        self._add(first)
        accepted(first, accept)
        for other in asked:
            if other.verdict.worse_than(verdict_named(accept)):
                self._add(other)
            accepted(other, accept)
        return first

    def compare(self, subject: Any, *given: Any, **options: Any) -> Comparison:
        """Call `comparisons.compare`, and record what it finds."""
        from comparisons import compare

        comparison = compare(subject, *given, **{**self._defaults, **options})
        self._add(comparison)
        return comparison

    def sweep(self, subject: Any, **options: Any) -> Sweep:
        """Call `comparisons.sweep`, and record what it finds at all 2³² values of float32."""
        from comparisons import sweep

        found = sweep(subject, **options)
        self._add(found)
        return found

    def engines(self, subject: Any, *given: Any, names: Any = None, **options: Any) -> EngineTable:
        """Call `comparisons.compare_engines`, and record what it finds and where engines differ.

        Args: names, of the engines; by default all that torch has.
        """
        from comparisons import compare_engines
        from comparisons.report.data.rows import difference_row

        chosen = {k: v for k, v in self._defaults.items() if k != "engine"} | options
        table = compare_engines(subject, *given, engines=names, **chosen)
        for comparison in table.comparisons.values():
            self._add(comparison)
        for difference in table.beside_first():
            self._record(difference_row(difference, table[difference.first]))
        return table

    def _add(self, found: Result) -> None:
        from comparisons.report.data.rows import result_row

        row = result_row(found)
        self._record(row)
        place = f"symdiff.{row['subject']}.{row['dtype']}.{row['engine']}"
        self._item.user_properties += [
            (f"{place}.verdict", row["verdict"]),
            (f"{place}.bulk_ulp", f"{row['bulk_ulp']:.3g}"),
        ]

    def _record(self, row: Row) -> None:
        self._item.stash[ROWS].append(row)
        self._journal.add(row)


@pytest.fixture
def compare_gradients(request: pytest.FixtureRequest) -> GradientComparer:
    """Compare a torch gradient with its closed form: `compare_gradients("gelu", dtype="float32")`.

    A gradient that disagrees fails the test; the comparison is in the report either way.
    """
    return GradientComparer(request.node)


def _journal(config: pytest.Config) -> Journal:
    """The journal where this process keeps the rows of its tests."""
    if _JOURNAL not in config.stash:
        worker = getattr(config, "workerinput", None)
        if worker is None:
            collector: Any = config.pluginmanager.get_plugin(COLLECTOR)
            config.stash[_JOURNAL] = Journal(collector.folder, "main")
        else:
            config.stash[_JOURNAL] = Journal(Path(worker[FOLDER]), worker["workerid"])
    return config.stash[_JOURNAL]


def _is_ours(name: str) -> bool:
    return name.startswith("symdiff.")
