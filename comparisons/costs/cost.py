"""Measure what the gradient of a function costs by each method, and how right it is."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import symdiff
from comparisons.costs.functions import of_function
from comparisons.costs.layers import WIDTHS, of_layer
from comparisons.costs.method import Method
from comparisons.costs.methods import FAILURES, NOT_BY_WIDTH, first_line, methods
from comparisons.costs.problem import Problem
from comparisons.costs.timing import bytes_a_value, error, nanoseconds_a_value, truth_of
from comparisons.report.data.row import Row
from comparisons.results.views.number import shown
from comparisons.subjects.catalogue.layers import LAYERS, layer
from symdiff import Definition
from symdiff.suggestion import closest

SIZES = (1_000, 100_000, 1_000_000)


@dataclass(frozen=True)
class CostLine:
    """The cost and the accuracy of one method at one depth."""

    depth: int
    width: int  # entries of a row; 1 of a function
    method: str
    operations: int | None
    unit: str  # of the operations
    seconds: float  # of processor time to derive, trace or compile, until it can be called
    nanoseconds: Mapping[int, float]  # of processor time a value, by the size
    bytes: float | None  # the most held, a value, at the largest size; None where not known
    ulp: float | None  # the largest error where gradients are of their usual size


@dataclass(frozen=True)
class Cost:
    """The costs of every method side by side."""

    function: str
    sizes: Sequence[int]
    lines: Sequence[CostLine]
    absent: Mapping[str, str]  # method and depth → why it could not be asked, or not in full
    by_width: Sequence[CostLine] = ()  # of a layer with narrower rows, at the largest size

    def line(self, method: str, depth: int = 1) -> CostLine:
        """The line of a method by its name. Raises: KeyError if there is none."""
        for line in self.lines:
            if (line.method, line.depth) == (method, depth):
                return line
        raise KeyError(f"{method}, depth {depth}")

    def __repr__(self) -> str:
        parts = [f"{self.function}, float64, one thread", _table("depth", self.sizes, self.lines)]
        if self.by_width:
            parts += ["by the entries of a row", _table("row", [max(self.sizes)], self.by_width)]
        return "\n".join([*parts, *(f"{name}: {why}" for name, why in self.absent.items())])

    def plot(self) -> str:
        """Error against time at the largest size, as SVG; a point a method."""
        from comparisons.costs.plot import drawn

        largest = max(self.sizes)
        points = [
            (f"{line.method}, depth {line.depth}", line.nanoseconds[largest], line.ulp)
            for line in self.lines
            if line.ulp is not None
        ]
        return drawn(f"{self.function}: error against time at {largest:,} values", points)

    def row(self) -> Row:
        """The row that a report keeps."""
        return {
            "kind": "cost",
            "subject": self.function,
            "sizes": list(self.sizes),
            "lines": [_as_data(line) for line in self.lines],
            "by_width": [_as_data(line) for line in self.by_width],
            "absent": dict(self.absent),
        }

    def write(self, path: Path) -> None:
        """Write the costs as JSON; an infinite error is null."""
        path.parent.mkdir(parents=True, exist_ok=True)
        found: dict[str, Any] = asdict(self)
        for line in (*found["lines"], *found["by_width"]):
            if line["ulp"] is not None and not line["ulp"] < float("inf"):
                line["ulp"] = None
        text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")


def _as_data(line: CostLine) -> dict[str, Any]:
    return {**asdict(line), "nanoseconds": [list(pair) for pair in line.nanoseconds.items()]}


def _table(by: str, sizes: Sequence[int], lines: Sequence[CostLine]) -> str:
    """Lines in columns, under each other. Args: by, `depth` or `row`, what comes first."""
    head = [by, "method", "operations", "derived in", *(f"ns at {n:,}" for n in sizes)]
    rows = [[*head, "bytes", "ulp"]]
    rows += [[str(x.width if by == "row" else x.depth), *_cells(x, sizes)] for x in lines]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            c.ljust(w) if i == 1 else c.rjust(w)
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _cells(line: CostLine, sizes: Sequence[int]) -> list[str]:
    return [
        line.method,
        "" if line.operations is None else f"{line.operations:,} {line.unit}",
        f"{shown(1e3 * line.seconds)} ms",
        *(shown(line.nanoseconds[n]) if n in line.nanoseconds else "" for n in sizes),
        "" if line.bytes is None else shown(line.bytes),
        "" if line.ulp is None else shown(line.ulp),
    ]


def cost(
    function: str | Definition,
    *,
    depths: Iterable[int] = (1,),
    sizes: Sequence[int] = SIZES,
    widths: Sequence[int] = WIDTHS,
    without: Collection[str] = (),
    **parameters: object,
) -> Cost:
    """Compare symbolic and automatic differentiation of a function or a layer, put into itself.

    Every figure is of float64 and of one thread, and times are processor time: what holds are the
    ratios within one table. Of a layer it is the gradients of all inputs, for a cotangent drawn
    once; `comparisons.costs.layers` says which shapes it has. SymPy derives a layer component by
    component, so its rows are narrow, and the other methods stand beside it with the same rows.

    Args:
        function: a catalogue name of one variable that torch has, its `Definition`, or the name
            of a layer, such as `softmax`.
        depths: how often it is put into itself, its other inputs the same each time.
        sizes: entries of the first input; of a layer, rounded to whole rows.
        widths: entries of the narrow rows of a layer, that SymPy's diff is measured with.
        without: methods that are not asked, such as `torch compiled`, which takes seconds.
        parameters: values for the definition's parameters, or a layer's options.

    Raises: ValueError, one sentence, if the function is unknown, torch has none, or a layer's
        output does not fit its input.
    """
    absent: dict[str, str] = {}
    by_width: list[CostLine] = []
    problems = [_problem(function, depth, parameters) for depth in depths]
    with _one_quiet_thread():
        lines = [
            one
            for problem in problems
            for one in _lines(problem, sizes, without, absent, f"depth {problem.depth}")
        ]
        if "sympy diff" not in without:
            for width in () if problems[0].pointwise else widths:
                narrow = problems[0].at_width(width)
                left_out = [*without, *NOT_BY_WIDTH]
                by_width += _lines(narrow, [max(sizes)], left_out, absent, f"rows of {width}")
    return Cost(problems[0].name, list(sizes), lines, absent, by_width)


@contextmanager
def _one_quiet_thread() -> Iterator[None]:
    """One thread of torch's, and no warning of numpy's where a function has no value."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        torch.set_num_threads(threads)


def _lines(
    problem: Problem,
    sizes: Sequence[int],
    without: Collection[str],
    absent: dict[str, str],
    place: str,
) -> Iterator[CostLine]:
    """The cost of every method.

    Args:
        problem: what is differentiated.
        sizes: entries of the first input.
        without: methods that are not asked.
        absent: where it is put down why a method is missing, or what it leaves out.
        place: in the table, as it is named there.
    """
    truth = truth_of(problem)
    for name, method in methods(problem, without):
        said = method if isinstance(method, str) else method.note
        if said:
            absent[f"{name}, {place}"] = said
        if isinstance(method, str):
            continue
        try:
            yield _line(method, problem, sizes, error(method, problem, truth))
        except FAILURES as failure:
            absent[f"{name}, {place}"] = first_line(failure)


def _problem(function: str | Definition, depth: int, parameters: Mapping[str, object]) -> Problem:
    """What is differentiated. Raises: ValueError, one sentence, if it cannot be."""
    if isinstance(function, str) and function in LAYERS:
        return of_layer(layer(function, **parameters), depth, function)
    if isinstance(function, str) and function in {**symdiff.losses, **symdiff.array_losses}:
        raise ValueError(
            f"{function!r} is a loss, and costs are of activations and layers; "
            f"comparisons.compare({function!r}) judges its gradient"
        )
    if isinstance(function, str) and function not in symdiff.activations:
        near = closest(function, LAYERS)
        if near is not None and closest(function, symdiff.activations) is None:
            raise ValueError(f"unknown function {function!r}; did you mean {near!r}?")
    return of_function(symdiff.activation(function, **parameters), depth)


def _line(method: Method, problem: Problem, sizes: Sequence[int], off: float | None) -> CostLine:
    """What a method costs at each size."""
    times, most = {}, None
    if method.call is not None:
        times = {size: nanoseconds_a_value(method, problem, size) for size in sizes}
        most = bytes_a_value(method, problem, max(sizes)) if method.frugal else None
    return CostLine(
        problem.depth,
        problem.width,
        method.name,
        method.operations,
        method.unit,
        method.seconds,
        times,
        most,
        off,
    )
