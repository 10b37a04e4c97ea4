"""Measure what the gradient of a function costs by each method, and how right it is."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import symdiff
from comparisons.costs.functions import of_function
from comparisons.costs.layers import of_layer
from comparisons.costs.method import Method
from comparisons.costs.methods import FAILURES, first_line, methods
from comparisons.costs.problem import Problem
from comparisons.costs.symbolic import Swell, swell
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
    swell: Swell = field(default_factory=dict)  # of a layer: method → width of a row → operations

    def line(self, method: str, depth: int = 1) -> CostLine:
        """The line of a method by its name. Raises: KeyError if there is none."""
        for line in self.lines:
            if (line.method, line.depth) == (method, depth):
                return line
        raise KeyError(f"{method}, depth {depth}")

    def __repr__(self) -> str:
        head = [
            "depth",
            "method",
            "operations",
            "derived in",
            *(f"ns at {n:,}" for n in self.sizes),
        ]
        rows = [[*head, "bytes", "ulp"], *map(self._cells, self.lines)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                c.ljust(w) if i == 1 else c.rjust(w)
                for i, (c, w) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        lines += [
            f"operations of a row, {method}: "
            + ", ".join(f"{count:,} of {width}" for width, count in counts.items())
            for method, counts in self.swell.items()
        ]
        lines += [f"{name}: {why}" for name, why in self.absent.items()]
        return f"{self.function}, float64, one thread\n" + "\n".join(lines)

    def _cells(self, line: CostLine) -> list[str]:
        count = "" if line.operations is None else f"{line.operations:,} {line.unit}"
        return [
            str(line.depth),
            line.method,
            count,
            f"{shown(1e3 * line.seconds)} ms",
            *(shown(line.nanoseconds[n]) if n in line.nanoseconds else "" for n in self.sizes),
            "" if line.bytes is None else shown(line.bytes),
            "" if line.ulp is None else shown(line.ulp),
        ]

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
        lines = [
            {**asdict(line), "nanoseconds": [list(pair) for pair in line.nanoseconds.items()]}
            for line in self.lines
        ]
        sizes, absent = list(self.sizes), dict(self.absent)
        return {
            "kind": "cost",
            "subject": self.function,
            "sizes": sizes,
            "lines": lines,
            "absent": absent,
            "swell": {
                method: [*map(list, counts.items())] for method, counts in self.swell.items()
            },
        }

    def write(self, path: Path) -> None:
        """Write the costs as JSON; an infinite error is null."""
        path.parent.mkdir(parents=True, exist_ok=True)
        found: dict[str, Any] = asdict(self)
        for line in found["lines"]:
            if line["ulp"] is not None and not line["ulp"] < float("inf"):
                line["ulp"] = None
        text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")


def cost(
    function: str | Definition,
    *,
    depths: Iterable[int] = (1,),
    sizes: Sequence[int] = SIZES,
    without: Collection[str] = (),
    **parameters: object,
) -> Cost:
    """Compare symbolic and automatic differentiation of a function or a layer, put into itself.

    Every figure is of float64 and of one thread, and times are processor time: what holds are the
    ratios within one table. Of a layer it is the gradients of all inputs, for a cotangent drawn
    once; `comparisons.costs.layers` says which shapes it has.

    Args:
        function: a catalogue name of one variable that torch has, its `Definition`, or the name
            of a layer, such as `softmax`.
        depths: how often it is put into itself, its other inputs the same each time.
        sizes: entries of the first input; of a layer, rounded to whole rows.
        without: methods that are not asked, such as `torch compiled`, which takes seconds.
        parameters: values for the definition's parameters, or a layer's options.

    Raises: ValueError, one sentence, if the function is unknown, torch has none, or a layer's
        output does not fit its input.
    """
    absent: dict[str, str] = {}
    grown: Swell = {}
    problems = [_problem(function, depth, parameters) for depth in depths]
    with _one_quiet_thread():
        lines = [one for problem in problems for one in _lines(problem, sizes, without, absent)]
        if problems[0].widths and "sympy diff" not in without:
            grown, beyond = swell(problems[0])
            absent |= beyond
    return Cost(problems[0].name, list(sizes), lines, absent, grown)


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
    problem: Problem, sizes: Sequence[int], without: Collection[str], absent: dict[str, str]
) -> Iterator[CostLine]:
    """The cost of every method.

    Args: absent, where it is put down why one is missing, or what it leaves out.
    """
    truth = truth_of(problem)
    for name, method in methods(problem, without):
        said = method if isinstance(method, str) else method.note
        if said:
            absent[f"{name}, depth {problem.depth}"] = said
        if isinstance(method, str):
            continue
        try:
            yield _line(method, problem, sizes, error(method, problem, truth))
        except FAILURES as failure:
            absent[f"{name}, depth {problem.depth}"] = first_line(failure)


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
        method.name,
        method.operations,
        method.unit,
        method.seconds,
        times,
        most,
        off,
    )
