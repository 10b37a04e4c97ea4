"""One adjoint's computed values beside the truth: conditioning, thresholds, kinks, infinities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comparisons.budget import Budget
from comparisons.dtypes import Float64Array, FloatType
from comparisons.engines.forward_pass import COTANGENT
from comparisons.subjects import Inputs, Subject
from comparisons.truth import TruthOf
from comparisons.verdict import Judged, judge, judge_beyond_finite, judge_kinks, judge_unresolved
from symdiff.oracle.enclosure import Enclosure


@dataclass(frozen=True, eq=False)
class Judge:
    """Judges the adjoints of one subject in one type."""

    subject: Subject
    truth_of: TruthOf
    dtype: FloatType
    budget: Budget

    def judged(
        self, name: str, computed: Float64Array, truth: Enclosure, inputs: Inputs
    ) -> tuple[Judged, Enclosure]:
        """Errors and statuses of the adjoint `name`, and the truth as tightly as it was needed."""
        moved = np.broadcast_to(self.truth_of.sensitivity(name, inputs), computed.shape)
        pointwise = self.truth_of.adjoints.signature.pointwise
        cotangent = inputs.get(COTANGENT, np.ones(())) if pointwise else np.ones(())
        scale = np.broadcast_to(np.abs(cotangent), computed.shape)
        asked = (moved, self.dtype, self.budget, scale)
        judged = judge(computed, truth, *asked)
        if judged.undecided.any() and pointwise:
            truth = self._tightened(name, truth, inputs, judged)
            judged = judge(computed, truth, *asked)
        return self._special(judged, computed, truth, inputs), truth

    def _tightened(self, name: str, truth: Enclosure, inputs: Inputs, judged: Judged) -> Enclosure:
        """The enclosures where an error straddles a threshold as tight as they can be.

        Those of arrays are: they are enclosed to 2⁻¹⁰⁵ from the start.
        """
        where = judged.undecided
        some = {k: np.broadcast_to(v, where.shape)[where] for k, v in inputs.items()}
        found = self.truth_of.enclosed_tightly(some, self.dtype)[name]
        tighter, known = truth[...], where.copy()
        known[where] = found.certified
        tighter.put(known, found[found.certified])
        return tighter

    def _special(
        self, judged: Judged, computed: Float64Array, truth: Enclosure, inputs: Inputs
    ) -> Judged:
        """Kinks, and inputs that are not finite, judged in their own way."""
        definition = self.subject.definition
        if definition is None:
            return judged
        if len(definition.variables) == 1:
            at = inputs[definition.variables[0]]
            cotangent = inputs.get(COTANGENT, np.ones(()))
            kinks = definition.kinks()
            judged = judge_kinks(judged, computed, at, kinks, self.dtype, cotangent)
            open_ = definition.unresolved_kinks()
            judged = judge_unresolved(judged, computed, at, open_, self.dtype, cotangent)
        # NaN if any is, else infinite if any is
        extreme = np.maximum.reduce([np.abs(v) for v in np.broadcast_arrays(*inputs.values())])
        if np.isfinite(extreme).all():
            return judged
        return judge_beyond_finite(judged, computed, extreme, truth)
