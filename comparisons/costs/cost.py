"""Measure what the gradient of a function costs by each method, and how right it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import symdiff
from comparisons.costs.chain import graph_of
from comparisons.costs.methods import methods
from comparisons.costs.timing import bytes_a_value, error, nanoseconds_a_value
from comparisons.report.data.row import Row
from comparisons.results.views.number import shown
from symdiff import Definition

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
    absent: Mapping[str, str]  # method and depth → why it could not be asked

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
    **parameters: object,
) -> Cost:
    """Compare symbolic and automatic differentiation of a function, and of its self-compositions.

    Every figure is of float64 and of one thread, and times are processor time: what holds are the
    ratios within one table.

    Args:
        function: a catalogue name of one variable that torch has, or its `Definition`.
        depths: how often it is put into itself.
        sizes: of the arrays that a gradient is computed for.
        parameters: values for the definition's parameters.

    Raises: ValueError, one sentence, if the function is unknown or torch has none.
    """
    import torch

    definition = symdiff.activation(function, **parameters)
    threads, lines, absent = torch.get_num_threads(), [], {}
    torch.set_num_threads(1)
    try:
        for depth in depths:
            graph = graph_of(definition, depth)
            for name, method in methods(definition, depth):
                if isinstance(method, str):
                    absent[f"{name}, depth {depth}"] = method
                    continue
                times, most, off = {}, None, None
                if method.call is not None:
                    times = {size: nanoseconds_a_value(method, size) for size in sizes}
                    most = bytes_a_value(method, max(sizes)) if method.frugal else None
                    off = error(method, graph)
                lines.append(
                    CostLine(
                        depth,
                        method.name,
                        method.operations,
                        method.unit,
                        method.seconds,
                        times,
                        most,
                        off,
                    )
                )
    finally:
        torch.set_num_threads(threads)
    return Cost(str(definition), list(sizes), lines, absent)
