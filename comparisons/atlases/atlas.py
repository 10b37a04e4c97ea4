"""Make the atlas: judge each framework's gradient of each function in each type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tqdm import tqdm

from comparisons.atlases.data import about, write_document
from comparisons.atlases.task import Task, measure, tasks_of
from comparisons.atlases.task_journal import TaskJournal
from comparisons.dtypes import FLOAT_TYPES, float_type
from comparisons.frameworks.every import FRAMEWORKS, framework_named
from comparisons.frameworks.framework import Framework
from comparisons.judge.vocabulary import verdict_named
from comparisons.report.data.row import WIDEST_FIRST, Row, plain_data, read
from comparisons.results.views.number import shown


@dataclass(frozen=True, eq=False)
class Atlas:
    """An atlas holds the verdict on each framework's gradient of each function in each type."""

    document: Row  # as it is written: versions, machine, date, cells

    @cached_property
    def cells(self) -> Sequence[Row]:
        """The cells with their numbers as floats; of one not asked `absent` says why."""
        found: Sequence[Row] = read(self.document["cells"])
        return found

    @property
    def missing(self) -> Mapping[str, str]:
        """Frameworks that are not installed, each with the line that installs it."""
        found: Mapping[str, str] = self.document["missing"]
        return found

    @cached_property
    def columns(self) -> Sequence[tuple[str, str]]:
        """The frameworks asked, each with a way to differentiate, as titles of columns."""
        return [(name, way) for name, way in self.document["columns"] if name not in self.missing]

    @property
    def dtypes(self) -> Sequence[str]:
        """The floating-point types, in the order in which they were asked for."""
        found: Sequence[str] = self.document["dtypes"]
        return found

    @property
    def dtypes_in_order(self) -> Sequence[str]:
        """The floating-point types, the widest first."""
        return [dtype for dtype in WIDEST_FIRST if dtype in self.dtypes]

    @property
    def functions(self) -> Sequence[str]:
        """The names of the functions, in the order in which they were asked for."""
        found: Sequence[str] = self.document["functions"]
        return found

    def cell(self, function: str, dtype: str, framework: str, way: str = "reverse") -> Row | None:
        """The cell of a function, type and column; None where the framework lacks the function."""
        return self._by_place.get((function, dtype, framework, way))

    @cached_property
    def _by_place(self) -> Mapping[tuple[str, str, str, str], Row]:
        return {(c["function"], c["dtype"], c["framework"], c["way"]): c for c in self.cells}

    def best(self, function: str, dtype: str) -> Sequence[tuple[str, str]]:
        """The columns whose gradients are best: by verdict, then by the largest error."""
        found = {
            column: (verdict_named(c["verdict"]).rank, round(c["usual_ulp"], 2))
            for column in self.columns
            if (c := self.cell(function, dtype, *column)) is not None and not c["absent"]
        }
        least = min(found.values(), default=None)
        return [column for column, fares in found.items() if fares == least]

    def write(self, path: Path) -> None:
        """Write the atlas as JSON, the same bytes for the same findings."""
        write_document(path, self.document)

    def __repr__(self) -> str:
        lines = []
        names = [name if way == "reverse" else f"{name} {way}" for name, way in self.columns]
        for dtype in self.dtypes:
            lines.append(f"{dtype:<17}" + "".join(f"{name:>17}" for name in names))
            for function in self.functions:
                best = self.best(function, dtype)
                found = [
                    _brief(self.cell(function, dtype, *c), best=c in best) for c in self.columns
                ]
                lines.append(f"{function:<17}" + "".join(f"{text:>17}" for text in found))
        lines += self.missing.values()
        lines += self._unanswered()
        return "\n".join(lines)

    def _unanswered(self) -> Iterator[str]:
        """Why a framework that is installed answered nothing at all: it may be broken."""
        for column in self.columns:
            asked = [c for c in self.cells if (c["framework"], c["way"]) == column]
            if asked and all(c["absent"] for c in asked):
                yield f"{self.document['titles'][column[0]]} has no gradient: {asked[0]['absent']}"


def _brief(found: Row | None, *, best: bool) -> str:
    """Mark, error in ulp, and a star for the best of the row."""
    if found is None:
        return ""
    if found["absent"]:
        return "–"
    mark = verdict_named(found["verdict"]).mark
    return f"{mark} {shown(found['usual_ulp'])}{'*' if best else ' '}"


def atlas(
    *,
    frameworks: Iterable[str | Framework] | None = None,
    dtypes: Iterable[str] | None = None,
    functions: Iterable[str] | None = None,
    ways: Iterable[str] = ("reverse",),
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
) -> Atlas:
    """Say how far every framework's gradient of every function is from the truth, in every type.

    Of a 16-bit type all 65,536 values are asked, of a wider one the structured points.

    Args:
        frameworks: by name; by default all. Those not installed are named, and nothing fails.
        dtypes: by default float64, float32, bfloat16 and float16.
        functions: by default those that two of the known frameworks have by name.
        ways: `reverse`, `forward`, `compiled`; a framework without one is left out there.
        executor: where tasks run, any of `concurrent.futures`; by default in this process. One
            that is given is not shut down.
        checkpoint: a file by which an atlas that was stopped goes on where it was.

    Raises: ValueError, one sentence, if a name is unknown, or the checkpoint is another atlas's.
    """
    chosen = [framework_named(f) for f in (FRAMEWORKS if frameworks is None else frameworks)]
    kinds = [float_type(d).name for d in (FLOAT_TYPES if dtypes is None else dtypes)]
    names = _functions(chosen, functions)
    columns = [(f.name, way) for f in chosen for way in ways if way in f.ways]
    head = about(chosen, names, kinds, columns)
    tasks = list(tasks_of(names, kinds, columns))
    journal = None if checkpoint is None else TaskJournal(Path(checkpoint), head)
    done: dict[str, Any] = {} if journal is None else dict(journal.done)
    left = [task for task in tasks if task.key not in done]
    with tqdm(total=len(tasks), initial=len(tasks) - len(left), unit="task", disable=None) as bar:
        bar.set_description("atlas")
        for task, cells in _run(left, executor):
            done[task.key] = plain_data(cells)
            if journal is not None:
                journal.add(task.key, done[task.key])
            bar.update()
    began = head if journal is None else journal.about
    return Atlas({**began, "cells": [c for task in tasks for c in done[task.key]]})


def _functions(chosen: Sequence[Framework], given: Iterable[str] | None) -> list[str]:
    counted = Counter(name for f in FRAMEWORKS.values() for name in f.functions)
    if given is None:
        return [name for name, n in counted.items() if n > 1]
    names = list(given)
    for name in names:
        if not any(name in f.functions for f in chosen):
            known = ", ".join(counted)
            raise ValueError(f"no framework has a function for {name!r}; known are {known}")
    return names


def _run(tasks: Sequence[Task], executor: Executor | None) -> Iterator[tuple[Task, list[Row]]]:
    if executor is None:
        yield from ((task, measure(task)) for task in tasks)
        return
    futures: dict[Future[list[Row]], Task] = {executor.submit(measure, t): t for t in tasks}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()
