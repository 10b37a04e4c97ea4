"""A task asks every framework for one function in one type; it is what travels to a worker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock

import numpy as np

from comparisons.atlases.cell import absent_cell, cell
from comparisons.cases.asked import Asked, case_of
from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array, FloatType, float_type
from comparisons.frameworks.apart import ApartEngine
from comparisons.frameworks.array_framework import ArrayFramework
from comparisons.frameworks.every import framework_named
from comparisons.inputs.values import Inputs
from comparisons.judge.truth import Truth
from comparisons.report.data.row import Row
from comparisons.subjects.subject import Subject
from symdiff.oracle.enclosures.enclosure import Enclosure

# The precision of ball arithmetic is a setting of the whole process: threads take turns.
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True)
class Task:
    """A task names a function, a type and the frameworks, so that it can be sent to a process."""

    function: str
    dtype: str
    columns: tuple[tuple[str, str], ...]  # framework and way

    @property
    def key(self) -> str:
        """The text by which a journal knows the task."""
        return f"{self.function} {self.dtype}"


def measure(task: Task) -> list[Row]:
    """Judge each framework and way that has the function; a failed one's cell has the reason."""
    dtype, kept = float_type(task.dtype), _Kept()
    with _ONE_AT_A_TIME:
        return [
            _measured(task, framework, way, dtype, kept)
            for framework, way in task.columns
            if task.function in framework_named(framework).functions
        ]


def _measured(task: Task, name: str, way: str, dtype: FloatType, kept: _Kept) -> Row:
    framework = framework_named(name)
    own = framework.own(task.function)
    head = {
        "function": task.function,
        "dtype": task.dtype,
        "framework": name,
        "way": way,
        "code": own.code,
        "note": own.note,
    }
    reason = framework.missing()
    if reason is not None:
        return absent_cell(head, reason)
    subject = framework.subject(task.function)
    try:
        engine = framework.engine(way)
        if isinstance(framework, ArrayFramework):
            engine = ApartEngine(framework, way, task.function)
        return cell(head, kept.case(subject, dtype).answer(engine))
    except (TypeError, ValueError) as error:  # no kernel of this type, no such transform
        return absent_cell(head, str(error).partition("\n")[0][:300])


@dataclass
class _Kept:
    """The cases of one function in one type: one truth for all that are documented alike."""

    cases: dict[str, Case] = field(default_factory=dict)

    def case(self, subject: Subject, dtype: FloatType) -> Case:
        """The case of a subject, its truth shared."""
        definition = subject.definition
        assert definition is not None  # noqa: S101 - every function of a framework has one
        # What departs from the mathematical function is told by the documented formulas alone.
        subject = replace(subject, definition=replace(definition, ideal=None))
        key = f"{definition.valued(definition.formula)}"
        if key not in self.cases:
            found = case_of(Asked(subject, dtype))
            self.cases[key] = replace(found, derived=_Remembering(found.derived.graph))
        return replace(self.cases[key], subject=subject)


@dataclass(frozen=True)
class _Remembering(Truth):
    """A truth that is asked at the same inputs by every framework."""

    found: dict[bytes, dict[str, Enclosure]] = field(default_factory=dict, compare=False)

    def enclosed(
        self,
        inputs: Inputs,
        dtype: FloatType,
        enough: Mapping[str, Float64Array] | None = None,
    ) -> dict[str, Enclosure]:
        """Every adjoint with a proven bound, enclosed once."""
        key = b"".join(np.ascontiguousarray(v).tobytes() for v in inputs.values())
        if key not in self.found:
            self.found[key] = super().enclosed(inputs, dtype, enough)
        return self.found[key]


def tasks_of(
    functions: list[str], dtypes: list[str], columns: list[tuple[str, str]]
) -> Iterator[Task]:
    """The tasks of an atlas, one for each function and type."""
    for dtype in dtypes:
        for function in functions:
            yield Task(function, dtype, tuple(columns))
