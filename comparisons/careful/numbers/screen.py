"""Screen a case at more points than can be certified: what looks wrong is certified and judged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array
from comparisons.engines.engine import Engine, Gradients
from comparisons.engines.undisturbed import undisturbed
from comparisons.inputs.values import COTANGENT
from comparisons.judge.points.suspicion import Estimate, suspicious
from comparisons.results.comparison import Comparison
from symdiff.array_types import IndexArray

_MOST = 512  # points that are certified of what an engine gives first
_MOST_OTHERWISE = 128  # of what another gives otherwise


@dataclass(eq=False)
class Screen:
    """A function of one variable at very many points, to be asked of one engine after the other.

    What an engine gives bit by bit as another did before it is judged already.
    """

    case: Case
    _first: dict[tuple[str, int], Float64Array] = field(default_factory=dict)
    _estimates: dict[tuple[str, int], Estimate] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The number of points."""
        return int(np.size(self.case.inputs[self._variable]))

    @undisturbed()
    def answer(self, engine: Engine, some: IndexArray | None = None) -> Comparison | None:
        """The engine's gradients, judged where they look worst; None if another's were the same.

        Args: some, the points that it is asked at, if not the engine's own choice or all.
        Raises: ValueError if the engine cannot be asked; TypeError if torch fails; what the
            subject raises.
        """
        some = engine.chosen(self.size) if some is None else some
        given = self.case.inputs
        at = given if some is None else {k: v[some] for k, v in given.items()}
        gradients = self.case.gradients(engine, at)
        judging = self.case.judging(engine)
        here = np.arange(self.size) if some is None else some
        name = next(n for n in (self._variable, COTANGENT) if n in gradients.values)
        computed = gradients.values[name]
        chosen = None
        if computed is not None:
            chosen = self._chosen(judging, name, engine.order, computed, here)
            if chosen is None:
                return None
        picked = np.arange(min(here.size, _MOST_OTHERWISE)) if chosen is None else chosen
        values = {
            n: None if v is None else v[picked]
            for n, v in gradients.values.items()
            if v is None or v.shape == here.shape
        }
        inputs = {k: v[here[picked]] for k, v in given.items()}
        part = replace(judging, inputs=inputs)
        found = part.judged(engine, Gradients(values, gradients.requires_grad), inputs, None)
        return replace(found, chosen=picked)

    @property
    def _variable(self) -> str:
        (leaf,) = self.case.subject.graph.inputs
        return leaf.name

    def _chosen(
        self, judging: Case, name: str, order: int, computed: Float64Array, here: IndexArray
    ) -> IndexArray | None:
        """The values to be judged; None if all are known already."""
        key = name, order
        first = self._first.get(key)
        estimate = self._estimate(judging, name, order).at(here)
        if first is None:
            if here.size == self.size:
                self._first[key] = computed
            return suspicious(computed, estimate, judging.dtype, _MOST)
        before = first[here]
        same = (computed == before) | (np.isnan(computed) & np.isnan(before))
        other = np.flatnonzero(~same)
        if not other.size:
            return None
        worst = suspicious(computed[other], estimate.at(other), judging.dtype, _MOST_OTHERWISE)
        return other[worst]

    def _estimate(self, judging: Case, name: str, order: int) -> Estimate:
        key = name, order
        if key not in self._estimates:
            inputs = judging.inputs
            value, bound, moved = judging.truth.estimates(name, inputs)
            scale = np.abs(inputs[COTANGENT]) if name != COTANGENT else np.ones(value.shape)
            self._estimates[key] = Estimate(value, bound, moved, scale)
        return self._estimates[key]
