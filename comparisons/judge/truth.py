"""Compute the truth that gradients are judged by: closed forms, enclosures, conditioning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import COTANGENT, Inputs
from symdiff import Adjoints, Graph, adjoints, elementwise, scalars
from symdiff.bridge.evaluator import Evaluator
from symdiff.graph import Node, topological
from symdiff.graph.adjoints.sensitivity import sensitivities
from symdiff.oracle.adjoints import enclose_adjoints, pointwise_forms
from symdiff.oracle.borders.ties import enclose_at_ties
from symdiff.oracle.enclosures.enclosure import Enclosure

TIGHT = 2.0**-100  # where an error straddles a threshold: as tight as a double-double can hold
_MOVED = "its sensitivity"  # no identifier, so no name of a graph's can clash


@dataclass(frozen=True)
class Truth:
    """The true adjoints of one graph; derivation and compilation happen once."""

    graph: Graph

    @cached_property
    def adjoints(self) -> Adjoints:
        """The adjoints in closed form."""
        return adjoints(self.graph)

    @cached_property
    def weighted(self) -> Truth:
        """The truth of the same graph of scalars times its cotangent, point by point."""
        return Truth(weighted(self.graph))

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

    def at_ties(self, inputs: Inputs) -> dict[str, Enclosure]:
        """Every adjoint of a graph of arrays whatever is chosen where two operands are equal."""
        return enclose_at_ties(self.adjoints, inputs)

    def enclosed_tightly(self, inputs: Inputs, dtype: FloatType) -> dict[str, Enclosure]:
        """Every adjoint with the least bound there is, for the few points that need it."""
        return enclose_adjoints(self.adjoints, inputs, target=dtype.name, relative=TIGHT)

    def enclosed_and_counted(
        self, name: str, points: Float64Array, dtype: FloatType
    ) -> tuple[Enclosure, int]:
        """One adjoint of a function of one variable, and how many points its table left open."""
        from symdiff.oracle.choice import enclose  # its kernels are compiled: seconds

        form, primal = pointwise_forms(self.adjoints, self.graph.parameters)[name]
        left: list[int] = []
        at = {name: points}
        found = enclose(form, at, of=primal, target=dtype.name, tell=left.append)
        return found, sum(left) if form.free_symbols else 0

    def estimates(
        self, name: str, inputs: Inputs
    ) -> tuple[Float64Array, Float64Array, Float64Array]:
        """One adjoint of a graph of scalars in float64, its error's bound and its sensitivity.

        All in plain float64, to choose by where to look closer: the bound is infinite or NaN where
        float64 gives nothing. Of what nothing depends on all are 0.
        """
        if name not in self.adjoints.nodes:
            shape = np.broadcast_shapes(*(np.shape(v) for v in inputs.values()))
            return np.zeros(shape), np.zeros(shape), np.zeros(shape)
        if name not in self._estimators:
            primals = topological(self.graph.output_nodes, computed=True)
            nodes = {name: self.adjoints.nodes[name], _MOVED: self._sensitivities[name]}
            self._estimators[name] = Evaluator(self.adjoints.signature, nodes, primals=primals)
        found = self._estimators[name].estimates(**inputs)
        return (*found[name], np.nan_to_num(found[_MOVED][0], nan=0.0, posinf=np.inf))

    @cached_property
    def _estimators(self) -> dict[str, Evaluator]:
        return {}

    def approximate(self, inputs: Inputs) -> dict[str, Float64Array]:
        """Every adjoint in float64 without a bound: to choose points by, not to judge by."""
        return {k: np.asarray(v) for k, v in self._fast(**inputs).items()}

    def sensitivity(self, name: str, inputs: Inputs) -> Float64Array:
        """Σ |v ∂g/∂v| over the named values of a graph of scalars, for the adjoint `name`.

        In float64: it widens what is allowed, and there its own rounding does not matter.
        """
        moved = self._moved[name](**inputs)[name]
        return np.nan_to_num(np.asarray(moved), posinf=np.inf)

    def moved_by_input_alone(self, name: str) -> bool:
        """Whether an adjoint of a function of one variable has the sensitivity |z ∂g/∂z|."""
        graph = self.graph
        named = {*graph.nodes.values(), *graph.where.values(), *self.adjoints.cotangents.values()}
        reached = topological([self.adjoints.nodes[name]], computed=True)
        return len(graph.inputs) == 1 and named.intersection(reached) <= set(graph.inputs)

    @cached_property
    def _fast(self) -> Evaluator:
        return self.adjoints.lambdify("numpy")

    @cached_property
    def _moved(self) -> Mapping[str, Evaluator]:
        """The function that gives the sensitivity of an adjoint, by its name."""
        signature = self.adjoints.signature
        return {
            name: Evaluator(signature, {name: node}, roughly=True)
            for name, node in self._sensitivities.items()
        }

    @cached_property
    def _sensitivities(self) -> Mapping[str, Node]:
        return sensitivities(self.adjoints)


def weighted(graph: Graph) -> Graph:
    """A graph of scalars with its output multiplied by the cotangent, point by point."""
    (v,) = scalars(COTANGENT)
    total = elementwise(lambda c, y: c * y, v, graph.output)
    name = next(n for n in ("L", "S", "total") if n not in graph.nodes)
    return Graph(graph.name, (*graph.inputs, v), {**graph.lines, name: total}, graph.parameters)
