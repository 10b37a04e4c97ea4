"""torch's own test database: what of it can be captured, and whether the derivatives are right.

`python tests/comparisons/capture/opinfos.py docs/opinfos.md` writes the table of all operations.
"""

from __future__ import annotations

import json
import sys
import time
import types
import unittest
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

import symdiff
from comparisons.capture import Captured, Refused, capture
from comparisons.capture.capturing import forward
from symdiff.graph import (
    Graph,
    Input,
    Node,
    constant,
    contraction,
    elementwise,
    literal,
    topological,
)

VALUE, FIRST, SECOND = 1e-10, 1e-8, 1e-7  # relative to a tensor's largest entry
NOTHING = 1e-12  # where the truth is 0, with cotangents of order 1
SEED = 20240229
PATIENCE = 300.0  # seconds for one operation


@dataclass
class Row:
    """What was found of one operation: how many of torch's samples are right, and why not all."""

    name: str
    samples: int = 0
    captured: int = 0
    first: int = 0
    second_asked: int = 0
    second: int = 0
    has_second: bool = True  # whether torch says so
    torch_wrong: int = 0  # samples where central differences say that torch's gradient is
    seconds: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Whether the value and every first derivative is right in every sample."""
        return self.samples > 0 and self.first == self.samples

    @property
    def right_twice(self) -> bool:
        """Whether the second derivatives are right too, of every sample where torch has one."""
        return self.right and 0 < self.second == self.second_asked


@lru_cache(maxsize=1)
def operations() -> Mapping[str, Any]:
    """The operations with a gradient in float64, by name."""
    if "expecttest" not in sys.modules:  # torch imports it for a base class that is not used here
        stand_in = types.ModuleType("expecttest")
        stand_in.TestCase = unittest.TestCase  # type: ignore[attr-defined]
        sys.modules["expecttest"] = stand_in
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    return {
        f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name: op
        for op in op_db
        if op.supports_autograd and torch.float64 in op.supported_dtypes("cpu")
    }


def measure(name: str) -> Row:
    """Capture an operation at every sample and compare its derivatives with torch's."""
    op, reasons = operations()[name], Counter[str]()
    row = Row(name, has_second=op.supports_gradgrad)
    torch.default_generator.manual_seed(SEED)
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for sample in op.sample_inputs("cpu", torch.float64, requires_grad=True):
            given = tree_leaves((sample.input, sample.args, sample.kwargs))
            if not any(map(_is_real, given)):
                continue  # nothing to differentiate by
            row.samples += 1
            if time.perf_counter() - started > PATIENCE:
                reasons["out of time"] += 1
                continue
            try:
                _sample(op, sample, row, reasons)
            except Refused as refusal:
                reasons[_shortened(str(refusal))] += 1
            except Exception as error:  # noqa: BLE001 - a table says what went wrong
                reasons[f"{type(error).__name__}: {str(error)[:90]}"] += 1
    row.seconds, row.reasons = time.perf_counter() - started, dict(reasons)
    return row


def _is_real(leaf: Any) -> bool:
    return isinstance(leaf, Tensor) and (leaf.is_floating_point() or leaf.is_complex())


def _sample(op: Any, sample: Any, row: Row, reasons: Counter[str]) -> None:
    captured = capture(op, sample.input, *sample.args, **sample.kwargs)
    row.captured += 1
    worst = value_error(captured)
    if not worst < VALUE:
        reasons[f"value off by {worst:.0e}"] += 1
        return
    worst = first_error(captured)
    if not worst < FIRST:
        if not torch_is_wrong(captured):
            reasons[f"first derivative off by {worst:.0e}"] += 1
            return
        reasons[f"torch's gradient is wrong by {worst:.0e}"] += 1
        row.torch_wrong += 1
    row.first += 1
    if not op.supports_gradgrad or not worst < FIRST:
        return
    try:
        worst = second_error(captured)
    except RuntimeError as error:
        reasons[f"torch has no second derivative: {str(error)[:60]}"] += 1
        return
    row.second_asked += 1
    if worst < SECOND:
        row.second += 1
    else:
        reasons[f"second derivative off by {worst:.0e}"] += 1


def value_error(captured: Captured) -> float:
    """The largest error of an output, relative to its tensor; of those held in float64."""
    _, outputs, _ = _run(captured)
    mine = forward(captured)(**captured.arrays)
    exact = [n for n, t in outputs.items() if t.dtype == torch.float64 and not captured.types]
    return max((_relative(mine[n], _squeezed(outputs[n])) for n in exact), default=0.0)


def first_error(captured: Captured) -> float:
    """The largest error of torch's gradient against the graph's, relative to each tensor."""
    leaves, outputs, cotangents = _run(captured)
    live = {n: t for n, t in outputs.items() if t.requires_grad}
    mine = _adjoints(captured, cotangents)
    theirs = _gradients(list(live.values()), leaves, [cotangents[n] for n in live])
    return _apart(captured, mine, theirs)


def torch_is_wrong(captured: Captured) -> bool:
    """Whether central differences say so, at every entry where torch and the graph differ most.

    The graph's derivative has to agree with them to 10⁻⁵, and ten times better than torch's.
    """
    leaves, outputs, cotangents = _run(captured)
    live = {n: t for n, t in outputs.items() if t.requires_grad}
    mine = _adjoints(captured, cotangents)
    theirs = _gradients(list(live.values()), leaves, [cotangents[n] for n in live])

    def total(name: str, place: int, step: float) -> float:
        moved = {n: t.detach().clone().contiguous() for n, t in leaves.items()}
        moved[name].view(-1)[place] += step
        with torch.no_grad():
            found = captured.call(**moved)
        return float(sum((cotangents[n] * found[n]).sum() for n in live))

    for name, value in captured.arrays.items():
        zero = np.zeros(value.shape)
        a = np.broadcast_to(mine.get(name, zero), value.shape).ravel()
        b = zero.ravel() if theirs[name] is None else _squeezed(theirs[name]).ravel()
        scale = np.abs(a).max(initial=0.0)
        if not a.size or np.array_equal(a, b):
            continue
        place = int(np.argmax(np.abs(a - b)))
        if np.abs(a - b)[place] <= max(NOTHING, FIRST * scale):
            continue
        h = 1e-4 * max(1.0, abs(float(value.ravel()[place])))
        near, far = (
            (total(name, place, s * h) - total(name, place, -s * h)) / (2 * s * h) for s in (1, 2)
        )
        slope = (4 * near - far) / 3
        if not abs(a[place] - slope) <= min(1e-5 * max(scale, 1e-3), abs(b[place] - slope) / 10):
            return False
    return True


def second_error(captured: Captured) -> float:
    """The same of the gradient of Σ w x̄ for random w."""
    leaves, outputs, cotangents = _run(captured)
    live = {n: t for n, t in outputs.items() if t.requires_grad}
    gradients = torch.autograd.grad(
        list(live.values()),
        list(leaves.values()),
        [cotangents[n] for n in live],
        allow_unused=True,
        create_graph=True,
    )
    weights = {n: torch.randn_like(t) for n, t in leaves.items()}
    again = {
        n: g for n, g in zip(leaves, gradients, strict=True) if g is not None and g.requires_grad
    }
    theirs: Mapping[str, Any] = dict.fromkeys(leaves)
    if again:
        theirs = _gradients(list(again.values()), leaves, [weights[n] for n in again])
    graph = _weighted(captured, weights)
    mine: Mapping[str, Any] = {}
    if graph is not None:
        values = {**captured.arrays, **_cotangent_values(captured, cotangents)}
        needed = {i.name for i in graph.inputs}
        given = {k: v for k, v in values.items() if k in needed}
        mine = _scaled(captured, cotangents, symdiff.adjoints(graph).lambdify()(**given))
    return _apart(captured, mine, theirs)


def _weighted(captured: Captured, weights: Mapping[str, Tensor]) -> Graph | None:
    """Σ w x̄ as a graph; None if no adjoint depends on anything."""
    total: Node = constant(0)
    for name, node in symdiff.adjoints(captured.graph).nodes.items():
        if name in weights:
            w = literal(_squeezed(weights[name]), node.axes)
            total = elementwise(lambda a, b: a + b, total, contraction((node, w), ()))
    inputs = tuple(n for n in topological([total], computed=True) if isinstance(n, Input))
    if not inputs:
        return None
    return Graph("second", inputs, {"total": total}, lengths=captured.graph.lengths)


def _run(captured: Captured) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
    torch.default_generator.manual_seed(SEED)
    leaves = {n: torch.tensor(v, requires_grad=True) for n, v in captured.inputs.items()}
    outputs = captured.call(**leaves)
    cotangents = {n: torch.randn_like(t) for n, t in outputs.items()}
    return leaves, outputs, cotangents


def _cotangent_values(captured: Captured, cotangents: Mapping[str, Tensor]) -> dict[str, Any]:
    wanted = symdiff.adjoints(captured.graph).signature.inputs
    called = {n: f"v_{n}" for n in cotangents}
    if len(cotangents) == 1 and "v" not in captured.inputs:
        called = dict.fromkeys(cotangents, "v")
    return {called[n]: _squeezed(t) for n, t in cotangents.items() if called[n] in wanted}


def _adjoints(captured: Captured, cotangents: Mapping[str, Tensor]) -> Mapping[str, Any]:
    found = symdiff.adjoints(captured.graph)
    if not found.nodes:
        return {}
    values = {**captured.arrays, **_cotangent_values(captured, cotangents)}
    return _scaled(captured, cotangents, found.lambdify()(**values))


def _scaled(
    captured: Captured, cotangents: Mapping[str, Tensor], found: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Of a single number the graph's cotangent is 1, where torch was given another."""
    if len(cotangents) > 1 or captured.graph.output.axes:
        return found
    (only,) = cotangents.values()
    return {k: float(only.detach().reshape(())) * np.asarray(v) for k, v in found.items()}


def _gradients(
    outputs: list[Tensor], leaves: Mapping[str, Tensor], cotangents: list[Tensor]
) -> Mapping[str, Any]:
    if not outputs:
        return dict.fromkeys(leaves)
    found = torch.autograd.grad(outputs, list(leaves.values()), cotangents, allow_unused=True)
    return dict(zip(leaves, found, strict=True))


def _apart(captured: Captured, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> float:
    worst = 0.0
    for name, value in captured.arrays.items():
        zero = np.zeros(value.shape)
        a = np.broadcast_to(mine.get(name, zero), value.shape)
        b = zero if theirs[name] is None else _squeezed(theirs[name])
        worst = max(worst, _relative(a, b))
    return worst


def _relative(mine: Any, theirs: Any) -> float:
    finite = np.isfinite(theirs)
    if not np.array_equal(np.isfinite(mine), finite):
        return np.inf
    apart = np.abs(mine - theirs)[finite].max(initial=0.0)
    if apart <= NOTHING:
        return 0.0
    largest = max(np.abs(theirs[finite]).max(initial=0.0), np.abs(mine[finite]).max(initial=0.0))
    return float(apart / largest)


def _squeezed(tensor: Tensor) -> Any:
    value = tensor.to(torch.float64).numpy(force=True)
    return value.reshape([n for n in value.shape if n != 1])


def _shortened(message: str) -> str:
    return message.partition(" cannot be captured")[0].partition(" (")[0]


def rows(names: list[str], workers: int) -> Iterator[Row]:
    """One row an operation, computed by some processes."""
    if workers == 1:
        yield from map(measure, names)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(measure, names, chunksize=4)


def table(found: list[Row]) -> str:
    """The rows as a page of the documentation."""
    right = [r for r in found if r.right]
    twice = [r for r in found if r.right_twice]
    samples, of = sum(r.first for r in found), sum(r.samples for r in found)
    version = torch.__version__.partition("+")[0]
    lines = [
        "# torch's own test database",
        "",
        "Which operations of `torch.testing._internal.common_methods_invocations.op_db` can be",
        "captured, of those with a gradient in float64. *Right*: on every sample of torch's the",
        f"value agrees to {VALUE:.0e} (in less than float64, to its rounding) and every gradient",
        f"to {FIRST:.0e} of its largest entry, or torch's is shown wrong; the gradient of the",
        f"gradient to {SECOND:.0e}, wherever torch has one. This page is generated by",
        "`python tests/comparisons/capture/opinfos.py docs/opinfos.md`.",
        "",
        f"torch {version}: **{len(right)} of {len(found)}** right, {samples} of {of} samples; of",
        f"the {sum(r.has_second for r in found)} with a second derivative **{len(twice)}** are",
        "right in that too.",
        "",
        "| not right on every sample | right | why |",
        "|---|---|---|",
    ]
    lines += [_line(r, f"{r.first} of {r.samples}") for r in found if not r.right]
    lines += ["", "| second derivative not right, or not asked | right | why |", "|---|---|---|"]
    lines += [
        _line(r, f"{r.second} of {r.second_asked}")
        for r in right
        if r.has_second and not r.right_twice
    ]
    lines += [
        "",
        "Where torch's gradient is wrong, as central differences of torch's own values show: a",
        "convention (an index given twice, a triangle that is not read), a constant of float32.",
        "",
        "| operation | samples | torch's error |",
        "|---|---|---|",
    ]
    lines += [_line(r, f"{r.torch_wrong} of {r.samples}") for r in found if r.torch_wrong]
    lines += ["", "Right:", "", ", ".join(f"`{r.name}`" for r in right), ""]
    return "\n".join(lines)


def _line(row: Row, count: str) -> str:
    why = "; ".join(f"{reason} ({n})" for reason, n in row.reasons.items())
    return f"| {row.name} | {count} | {why} |"


def main(target: str, *chosen: str) -> None:
    """Measure all operations, or those chosen, and write the table; rows go to standard output."""
    torch.set_num_threads(1)
    found = []
    for row in rows(list(chosen) or list(operations()), workers=1 if chosen else 2):
        found.append(row)
        sys.stdout.write(
            json.dumps({**asdict(row), "right": row.right, "twice": row.right_twice}) + "\n"
        )
        sys.stdout.flush()
    Path(target).write_text(table(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
