"""The truth that gradients are judged by, behind one small interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.subjects import Inputs
from symdiff import Adjoints, Graph, adjoints
from symdiff.bridge import Evaluator
from symdiff.condition import sensitivities


@dataclass(frozen=True)
class Truth:
    """The adjoints of a graph at given inputs, and how far rounding may move each."""

    values: Mapping[str, Float64Array]
    sensitivity: Mapping[str, Float64Array]  # Σ |v ∂g/∂v| over the graph's named values


@dataclass(frozen=True)
class TruthOf:
    """Evaluates the adjoints of one graph; derivation and compilation happen once."""

    graph: Graph

    @cached_property
    def adjoints(self) -> Adjoints:
        """The closed forms."""
        return adjoints(self.graph)

    @cached_property
    def _values(self) -> Evaluator:
        return self.adjoints.lambdify("numpy")

    @cached_property
    def _sensitivity(self) -> Evaluator | None:
        if not self.adjoints.signature.pointwise:
            return None
        return Evaluator(self.adjoints.signature, sensitivities(self.adjoints))

    def __call__(self, inputs: Inputs) -> Truth:
        """The true adjoints at `inputs`, float64, each of the shape of what it is adjoint to."""
        values = {k: np.asarray(v) for k, v in self._values(**inputs).items()}
        if self._sensitivity is None:
            return Truth(values, {k: np.zeros_like(v) for k, v in values.items()})
        moved = {k: np.asarray(v) for k, v in self._sensitivity(**inputs).items()}
        return Truth(values, {k: np.nan_to_num(v) for k, v in moved.items()})
