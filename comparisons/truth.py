"""The truth that gradients are judged by, behind one small interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.subjects import Inputs
from symdiff import Adjoints, Graph, adjoints
from symdiff.bridge import Evaluator
from symdiff.condition import sensitivities
from symdiff.oracle.enclosure import Enclosure
from symdiff.oracle.graph import enclose_adjoints

TIGHT = 2.0**-100  # where an error straddles a threshold: as tight as a double-double can hold


@dataclass(frozen=True)
class TruthOf:
    """The adjoints of one graph; derivation and compilation happen once."""

    graph: Graph

    @cached_property
    def adjoints(self) -> Adjoints:
        """The closed forms."""
        return adjoints(self.graph)

    def enclosed(self, inputs: Inputs, dtype: FloatType) -> dict[str, Enclosure]:
        """Every adjoint with a proven bound, far below an ulp of `dtype`."""
        return enclose_adjoints(self.adjoints, inputs, target=dtype.name)

    def enclosed_tightly(self, inputs: Inputs, dtype: FloatType) -> dict[str, Enclosure]:
        """The same with the least bound there is, for the few points that need it."""
        return enclose_adjoints(self.adjoints, inputs, target=dtype.name, relative=TIGHT)

    def approximate(self, inputs: Inputs) -> dict[str, Float64Array]:
        """Every adjoint in float64 without a bound: to choose points by, not to judge by."""
        return {k: np.asarray(v) for k, v in self._fast(**inputs).items()}

    def sensitivity(self, inputs: Inputs) -> Mapping[str, Float64Array]:
        """Σ |v ∂g/∂v| over the graph's named values, for each adjoint g; 0 for arrays.

        In float64: it widens what is allowed, and there its own rounding does not matter.
        """
        if self._sensitivity is None:
            return {name: np.zeros(()) for name in self.adjoints}
        moved = self._sensitivity(**inputs)
        return {k: np.nan_to_num(np.asarray(v), posinf=0.0) for k, v in moved.items()}

    @cached_property
    def _fast(self) -> Evaluator:
        return self.adjoints.lambdify("numpy")

    @cached_property
    def _sensitivity(self) -> Evaluator | None:
        if not self.adjoints.signature.pointwise:
            return None
        return Evaluator(self.adjoints.signature, sensitivities(self.adjoints))
