"""Judge one adjoint's values by the truth: points by conditioning, whole graphs by rounding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.judge.budget import Budget
from comparisons.judge.graphs.allowance import Allowance
from comparisons.judge.graphs.choices import Choices, choices
from comparisons.judge.graphs.entries import judge_entries
from comparisons.judge.judgement import Judgement
from comparisons.judge.points.infinity import judge_beyond_finite
from comparisons.judge.points.kinks import judge_kinks, judge_unresolved
from comparisons.judge.points.statuses import OVERFLOWN, judge_points
from comparisons.judge.points.ties import judge_ties
from comparisons.judge.power.at_points import power_at_points
from comparisons.judge.power.power import Power
from comparisons.judge.truth import Truth
from comparisons.judge.vocabulary import Status
from comparisons.subjects.own.nearby import Nearby
from symdiff import Definition
from symdiff.array_types import BoolArray
from symdiff.oracle.enclosures.enclosure import Enclosure, Why

_NEAR_THE_END = 1 - 2.0**-20  # of the largest number: whoever overflows there is off by no more


@dataclass(frozen=True, eq=False)
class Judge:
    """Judges the adjoints of one function in one type."""

    truth: Truth
    definition: Definition | None  # where the graph is this one function: it knows its kinks
    dtype: FloatType
    budget: Budget
    allowance: Allowance | None = None  # of a graph of arrays
    nearby: Nearby | None = None  # captured code, where ties are decided

    def judge(
        self, name: str, computed: Float64Array, truth: Enclosure, inputs: Inputs
    ) -> tuple[Judgement, Enclosure]:
        """Judge the adjoint `name`; the truth is returned too, as tight as was needed."""
        if self.allowance is not None:
            found = judge_entries(name, computed, truth, self.allowance, self.dtype, self.budget)
            if (truth.why == Why.TIED).any():
                found = self._judge_tied(name, found, computed, truth, self.allowance)
            if found.wrong:
                self._excuse_ties(name, found, computed, truth.why != Why.BOTH_SIDES)
            return found, truth
        moved = np.broadcast_to(self.truth.sensitivity(name, inputs), computed.shape)
        cotangent = inputs.get(COTANGENT, np.ones(()))
        # The adjoint of the cotangent is the value itself, which no cotangent multiplies.
        scale = np.broadcast_to(np.abs(cotangent) if name != COTANGENT else 1.0, computed.shape)
        asked = (moved, self.dtype, self.budget, scale)
        found = judge_points(computed, truth, *asked)
        if found.undecided.any():
            truth = self._tightened(name, truth, inputs, found)
            found = judge_points(computed, truth, *asked)
        if name != COTANGENT and COTANGENT in inputs:
            found = self._beyond(name, found, computed, truth, inputs, moved)
        return self._special(name, found, computed, truth, inputs), truth

    def power(
        self, name: str, computed: Float64Array, truth: Enclosure, found: Judgement, inputs: Inputs
    ) -> Power:
        """The error that this judgement of a function of points would have seen."""
        moved = np.broadcast_to(self.truth.sensitivity(name, inputs), computed.shape)
        return power_at_points(name, computed, truth, found, moved, inputs, self.dtype, self.budget)

    @cached_property
    def _at_ties(self) -> Mapping[str, Enclosure]:
        return {} if self.allowance is None else self.truth.at_ties(self.allowance.inputs)

    @cached_property
    def _choices(self) -> Choices | None:
        if self.nearby is None or self.allowance is None:
            return None
        return choices(self.truth, self.nearby, self.allowance.inputs)

    def _excuse_ties(
        self, name: str, found: Judgement, computed: Float64Array, open_to: BoolArray
    ) -> None:
        """Excuse what is wrong by one choice at a tie and right by another.

        Args: open_to, where the derivative is not proven to be one, as it is where a case holds at
            a single point and its neighbours join smoothly: there no choice is right.
        """
        whatever, chosen = self._at_ties.get(name), None
        if self.allowance is None:
            return
        if whatever is not None:
            self._excuse(name, found, computed, open_to, *whatever.ends())
        if found.wrong and self._choices is not None:
            chosen = self._choices.between(name, computed, self.allowance.accurate)
        if chosen is not None:
            self._excuse(name, found, computed, open_to, *chosen)

    def excuse_choices(
        self, name: str, found: Judgement, computed: Float64Array, truth: Enclosure
    ) -> bool:
        """Excuse every entry that depends on choices made by rounding; whether there was one.

        An entry by itself may be within what rounding explains, and all together not.
        """
        chosen = None
        if self.nearby is not None and self.nearby.looked_up and self._choices is not None:
            assert self.allowance is not None  # noqa: S101 - of arrays
            chosen = self._choices.between(name, computed, self.allowance.accurate)
        if chosen is None:
            return False
        before = found.status.copy()
        open_to = truth.why != Why.BOTH_SIDES
        self._excuse(name, found, computed, open_to, *chosen, every=True)
        return bool((found.status != before).any())

    def _excuse(
        self,
        name: str,
        found: Judgement,
        computed: Float64Array,
        open_to: BoolArray,
        low: Float64Array,
        high: Float64Array,
        *,
        every: bool = False,
    ) -> None:
        """Excuse what is wrong, open to a choice, and between two numbers that are apart.

        Args: every, whether also what is not wrong.
        """
        assert self.allowance is not None  # noqa: S101 - of arrays
        finite = np.isfinite(computed)
        unit = self.dtype.ulp(np.where(finite, computed, 0.0))
        allowed = self.allowance.accurate(name, unit)
        wrong = (every | (found.excess > 1)) & finite & open_to
        inside = (computed >= low - allowed) & (computed <= high + allowed)
        found.excuse(wrong & inside & (high - low > allowed), Status.KINK_INSIDE)

    def _judge_tied(
        self,
        name: str,
        found: Judgement,
        computed: Float64Array,
        truth: Enclosure,
        allowance: Allowance,
    ) -> Judgement:
        """The judgement with entries at ties judged by what holds whatever is chosen there."""
        judgement = found.copy()
        low, high = truth.ends()
        finite = np.isfinite(computed)
        allowed = allowance.accurate(name, self.dtype.ulp(np.where(finite, computed, 0.0)))
        inside = finite & (computed >= low - allowed) & (computed <= high + allowed)
        tied = (truth.why == Why.TIED) & np.isfinite(truth.bound)
        judgement.excuse(tied & inside, Status.KINK_INSIDE)
        judgement.status[tied & ~inside] = Status.KINK_OUTSIDE.code
        judgement.status[tied & ~finite] = Status.SPURIOUS.code
        judgement.excess[tied & ~inside] = np.inf
        return judgement

    def _beyond(
        self,
        name: str,
        found: Judgement,
        computed: Float64Array,
        truth: Enclosure,
        inputs: Inputs,
        moved: Float64Array,
    ) -> Judgement:
        """Judge finite gradients of truths just beyond float64, for half the cotangent.

        The truth says no more there than that it overflows; half of it is a number.
        """
        edge = np.isinf(truth.high) & (truth.bound == 0) & (found.excess > 1)
        edge &= (np.abs(computed) >= self.dtype.largest * _NEAR_THE_END) & np.isfinite(computed)
        edge &= np.sign(computed) == np.sign(truth.high)
        for values in inputs.values():
            edge &= np.isfinite(np.broadcast_to(values, edge.shape))
        if not edge.any():
            return found
        some = {k: np.broadcast_to(v, edge.shape)[edge] for k, v in inputs.items()}
        half = self.truth.enclosed({**some, COTANGENT: some[COTANGENT] / 2}, self.dtype)[name]
        unit = float(self.dtype.ulp(np.asarray(self.dtype.largest)))
        off = 2 * half.distance(computed[edge] / 2)[1] / unit
        room = 1 + np.minimum(moved[edge] * self.dtype.unit_roundoff / unit, OVERFLOWN)
        scale = np.broadcast_to(np.abs(inputs[COTANGENT]), edge.shape)[edge]
        beside = np.maximum(self.dtype.ulp(np.minimum(scale, self.dtype.largest)) / unit, 1.0)
        judgement = found.copy()
        judgement.ulp[edge], judgement.conditioned[edge] = off, off / room
        judgement.excess[edge] = off / (self.budget.absolute * (room - 1 + beside))
        right = edge.copy()
        right[edge] = judgement.excess[edge] <= 1
        judgement.status[right] = Status.INACCURATE.code
        right[edge] = off / room <= self.budget.accurate
        judgement.status[right] = Status.WITHIN.code
        judgement.excess[right] = np.minimum(judgement.excess[right], 1.0)
        return judgement

    def _tightened(
        self, name: str, truth: Enclosure, inputs: Inputs, found: Judgement
    ) -> Enclosure:
        """The enclosures where an error straddles a threshold as tight as they can be."""
        where = np.asarray(found.undecided)
        some = {k: np.broadcast_to(v, where.shape)[where] for k, v in inputs.items()}
        tight = self.truth.enclosed_tightly(some, self.dtype)[name]
        tighter, known = truth[...], where.copy()
        known[where] = tight.certified
        tighter.put(known, tight[tight.certified])
        return tighter

    def _special(
        self,
        name: str,
        found: Judgement,
        computed: Float64Array,
        truth: Enclosure,
        inputs: Inputs,
    ) -> Judgement:
        """Kinks, and inputs that are not finite, judged in their own way."""
        definition = self.definition
        if definition is None:
            return found
        if definition.variables == (name,):
            at = inputs[definition.variables[0]]
            cotangent = inputs.get(COTANGENT, np.ones(()))
            found = judge_kinks(found, computed, at, definition.kinks(), self.dtype, cotangent)
            hidden = definition.unresolved_kinks()
            found = judge_unresolved(found, computed, at, hidden, self.dtype, cotangent)
        elif len(definition.variables) > 1 and name in definition.variables:
            found = judge_ties(found, name, computed, inputs, self.truth, self.dtype)
        # NaN if any is, else infinite if any is
        extreme = np.maximum.reduce([np.abs(v) for v in np.broadcast_arrays(*inputs.values())])
        if np.isfinite(extreme).all():
            return found
        return judge_beyond_finite(found, computed, extreme, truth)
