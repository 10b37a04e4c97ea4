"""The truth that gradients are judged by: closed forms, their enclosures, their conditioning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import COTANGENT, Inputs
from symdiff import Adjoints, Graph, adjoints, elementwise, scalars
from symdiff.bridge.evaluator import Evaluator
from symdiff.graph import Node
from symdiff.graph.sensitivity import sensitivities
from symdiff.oracle.adjoints import enclose_adjoints, pointwise_forms
from symdiff.oracle.enclosure import Enclosure

TIGHT = 2.0**-100  # where an error straddles a threshold: as tight as a double-double can hold


@dataclass(frozen=True)
class Truth:
    """The adjoints of one graph; derivation and compilation happen once."""

    graph: Graph

    @cached_property
    def adjoints(self) -> Adjoints:
        """The closed forms."""
        return adjoints(self.graph)

    def enclosed(
        self,
        inputs: Inputs,
        dtype: FloatType,
        enough: Mapping[str, Float64Array] | None = None,
    ) -> dict[str, Enclosure]:
        """Every adjoint with a proven bound, far below an ulp of `dtype`, or else at most `enough`.

        Args: enough, by an adjoint's name, in its shape.
        """
        return enclose_adjoints(self.adjoints, inputs, target=dtype.name, absolute=enough)

    def enclosed_tightly(self, inputs: Inputs, dtype: FloatType) -> dict[str, Enclosure]:
        """The same with the least bound there is, for the few points that need it."""
        return enclose_adjoints(self.adjoints, inputs, target=dtype.name, relative=TIGHT)

    def enclosed_and_counted(
        self, name: str, points: Float64Array, dtype: FloatType
    ) -> tuple[Enclosure, int]:
        """One adjoint of a function of one variable, and how many points the table left open."""
        from symdiff.oracle.choice import enclose  # its kernels are compiled: seconds

        form, primal = pointwise_forms(self.adjoints, self.graph.parameters)[name]
        left: list[int] = []
        at = {name: points}
        found = enclose(form, at, of=primal, target=dtype.name, tell=left.append)
        return found, sum(left) if form.free_symbols else 0

    def approximate(self, inputs: Inputs) -> dict[str, Float64Array]:
        """Every adjoint in float64 without a bound: to choose points by, not to judge by."""
        return {k: np.asarray(v) for k, v in self._fast(**inputs).items()}

    def sensitivity(self, name: str, inputs: Inputs) -> Float64Array:
        """Σ |v ∂g/∂v| over the named values of a graph of scalars, for the adjoint `name`.

        In float64: it widens what is allowed, and there its own rounding does not matter.
        """
        node = {name: self._sensitivities[name]}
        moved = Evaluator(self.adjoints.signature, node, roughly=True)(**inputs)[name]
        return np.nan_to_num(np.asarray(moved), posinf=0.0)

    @cached_property
    def _fast(self) -> Evaluator:
        return self.adjoints.lambdify("numpy")

    @cached_property
    def _sensitivities(self) -> Mapping[str, Node]:
        return sensitivities(self.adjoints)


def weighted(graph: Graph) -> Graph:
    """A graph of scalars with its output multiplied by the cotangent, point by point."""
    (v,) = scalars(COTANGENT)
    total = elementwise(lambda c, y: c * y, v, graph.output)
    name = next(n for n in ("L", "S", "total") if n not in graph.nodes)
    return Graph(graph.name, (*graph.inputs, v), {**graph.lines, name: total}, graph.parameters)
