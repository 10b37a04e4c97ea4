"""Compute a captured graph in plain float64 as torch does, overflow and cancellation included.

Code that loses its digits is captured all the same: its graph is right if what it computes is as
far from torch's values as rounding explains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from comparisons.dtypes import Float64Array
from symdiff.graph import Node, topological
from symdiff.graph.signature import Signature
from symdiff.rounding import DOUBLE, Precision
from symdiff.rounding.walk import Walk

if TYPE_CHECKING:
    from comparisons.capture.captured import Captured


_TIMES = 32.0  # the largest of eight random tangents; torch rounds otherwise than it
_TANGENTS = 8


@dataclass(frozen=True)
class Plain:
    """The outputs by name, and the size of their rounding errors."""

    values: Mapping[str, Float64Array]
    errors: Mapping[str, Float64Array]
    largest: float  # number on the way

    def explains(self, name: str, value: Float64Array, allowed: float) -> bool:
        """Whether rounding explains torch's value of an output; `allowed` is added to the error.

        Where the graph has none, as atan2 at (0, 0), the code may say what it likes: nothing is
        certified there.
        """
        mine, error = self.values[name], self.errors[name]
        defined, finite = ~np.isnan(mine), np.isfinite(value)
        if (np.isfinite(mine) != finite)[defined].any():
            return False
        with np.errstate(invalid="ignore", over="ignore"):
            near = np.abs(mine - value) <= allowed + _TIMES * error
        return bool(near[defined & finite].all())


def plainly(captured: Captured, eps: float) -> Plain:
    """Compute the outputs in float64, operation by operation.

    Args: eps, of the coarsest type that the code uses, or 0 for float64 alone.
    """
    graph = captured.graph
    inputs = {i.name: i.axes for i in graph.inputs}
    signature = Signature(graph.name, inputs, graph.parameters, lengths=graph.lengths)
    arrays, parameters, lengths = signature.bind(captured.arrays)
    given = {**arrays, **{n: float(v) for n, v in {**parameters, **lengths}.items()}}
    precision = Precision(max(eps / 2, DOUBLE.unit), DOUBLE.smallest)
    values: dict[Node, Float64Array] = {}
    errors: dict[Node, Float64Array] = {}
    sizes: list[float] = []

    def take(node: Node, value: Float64Array, moved: Float64Array | None) -> None:
        sizes.append(float(np.abs(value[np.isfinite(value)]).max(initial=0.0)))
        if node not in graph.output_nodes:
            return
        values[node] = value
        largest = 0.0 if moved is None else np.abs(moved).max(0)  # squares would under- or overflow
        errors[node] = np.broadcast_to(largest, value.shape)

    Walk(given, lambda _: precision, _TANGENTS, np.random.default_rng(0)).run(
        topological(graph.output_nodes, computed=True), take
    )
    lines = dict(zip(graph.outputs, graph.output_nodes, strict=True))
    return Plain(
        {y: values[n] for y, n in lines.items()},
        {y: errors[n] for y, n in lines.items()},
        max(sizes, default=0.0),
    )
