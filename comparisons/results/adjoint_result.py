"""One adjoint's computed values beside the true ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.inputs.position import as_given
from comparisons.inputs.values import Inputs
from comparisons.judge.budget import Budget
from comparisons.judge.judgement import Judgement
from comparisons.judge.power.power import Power
from comparisons.judge.vocabulary import Status, Verdict, status_at
from comparisons.results.deciding import decision
from comparisons.results.decision import Decision
from comparisons.results.point import Point, relative_error
from comparisons.results.summary import Summary
from comparisons.results.views.html_table import Cells, cells, html_table
from symdiff.array_types import IndexArray
from symdiff.oracle.enclosures.enclosure import Enclosure, Why


@dataclass(frozen=True, eq=False)
class AdjointResult:
    """The computed and the true values of one adjoint, with errors and statuses."""

    name: str
    inputs: Inputs  # as given to torch
    computed: Float64Array  # torch's numbers, exactly
    enclosure: Enclosure  # of the truth
    judgement: Judgement  # errors and statuses, in the shape of `computed`
    label: str  # what it is called in print
    budget: Budget
    power: Power | None = None  # what its pass is worth
    shape: tuple[int, ...] | None = None  # of the array, as its user has it; None of points

    def __repr__(self) -> str:
        return (
            f"<{self.label} {self.verdict}: {self.values} values, "
            f"bulk {self.bulk_ulp:.3g} ulp, worst {self.worst}>"
        )

    def _repr_html_(self) -> str:
        return html_table(f"{self.label}: {self.verdict}", [self.cells])

    @property
    def cells(self) -> Cells:
        """The adjoint's line of a table for a notebook."""
        worst = self.worst if self.computed.size else ""
        counts = self.counts
        return self.label, *cells(self.verdict, self.values, self.bulk_ulp, counts, worst)

    @property
    def values(self) -> int:
        """The number of gradients compared."""
        return int(self.computed.size)

    @property
    def truth(self) -> Float64Array:
        """The true values, rounded to float64; NaN where there is none."""
        return self.enclosure.high

    @property
    def certified(self) -> bool:
        """Whether every true value is known as well as the type needs."""
        return not self.enclosure.unsettled.any()

    @property
    def verdict(self) -> Verdict:
        """The verdict on all values, each by itself and all together."""
        found = self.judgement.verdict()
        if self.power is None or found is Verdict.DISAGREES:
            return found
        if self.power.scaled:
            return Verdict.DISAGREES
        return Verdict.INCONCLUSIVE if self.power.inconclusive else found

    @property
    def max_ulp(self) -> float:
        """The largest error in ulp; huge at roots, where any rounding is many ulp of nearly 0."""
        return float(self.judgement.ulp.max(initial=0.0))

    @property
    def max_conditioned(self) -> float:
        """The largest error in conditioned ulp."""
        return float(self.judgement.conditioned.max(initial=0.0))

    @property
    def bulk_ulp(self) -> float:
        """The largest error at finite inputs where |g| is at least 1/16 of the largest gradient."""
        size = np.abs(np.where(np.isfinite(self.truth), self.truth, 0.0))
        bulk = (size >= size.max(initial=0.0) / 16) & np.isfinite(self.judgement.ulp)
        for values in self.inputs.values():
            if values.shape == bulk.shape:
                bulk &= np.isfinite(values)
        return float(self.judgement.ulp[bulk].max(initial=0.0))

    def share_above(self, ulps: float) -> float:
        """The share of values with an error above so many ulp."""
        return float(np.mean(self.judgement.ulp > ulps)) if self.judgement.ulp.size else 0.0

    @property
    def decided_by(self) -> Decision:
        """The error that the verdict was taken from."""
        pointwise = self.shape is None
        return decision(self.verdict, self.judgement, self.budget, self.power, pointwise=pointwise)

    @property
    def counts(self) -> Mapping[Status, int]:
        """The number of values of each status."""
        return self.judgement.counts()

    def at(self, chosen: IndexArray) -> AdjointResult:
        """The result at some of the points, by their positions in reading order."""
        shape = self.computed.shape
        inputs = {k: np.broadcast_to(v, shape).ravel()[chosen] for k, v in self.inputs.items()}
        flat = self.enclosure.reshape((self.computed.size,))
        return AdjointResult(
            self.name,
            inputs,
            self.computed.ravel()[chosen],
            flat[chosen],
            self.judgement.at(chosen),
            self.label,
            self.budget,
            self.power,
            self.shape,
        )

    @cached_property
    def worst(self) -> Point:
        """The value furthest beyond what is allowed; among equals, at the most ordinary input."""
        return self.point(int(self._by_wrongness[-1]))

    @property
    def worst_index(self) -> tuple[int, ...]:
        """The index of the worst value in the array."""
        return tuple(map(int, np.unravel_index(self._by_wrongness[-1], self.computed.shape)))

    def telling_positions(self, most: int) -> IndexArray:
        """Positions in reading order: of the worst values first, then of others.

        Of infinite inputs none. The others are three times as many, evenly spread over all finite
        inputs in order.
        """
        shape = self.computed.shape
        given = [np.broadcast_to(v, shape).ravel() for v in self.inputs.values()]
        finite = np.isfinite(np.add.reduce(given))
        worst = self._by_wrongness[finite[self._by_wrongness]][: -most - 1 : -1]
        ordered = np.argsort(np.where(finite, given[0], np.inf))[: int(finite.sum())]
        spread = ordered[np.linspace(0, len(ordered) - 1, min(3 * most, len(ordered)), dtype=int)]
        return np.concatenate([worst, spread[~np.isin(spread, worst)]])

    def broken(self, most: int = 10) -> list[Point]:
        """The values beyond what is allowed, the worst first."""
        wrong = [i for i in self._by_wrongness if self.judgement.excess.ravel()[i] > 1]
        return [self.point(int(i)) for i in wrong[: -most - 1 : -1]]

    @cached_property
    def _by_wrongness(self) -> IndexArray:
        at_shape = [v for v in self.inputs.values() if v.shape == self.computed.shape]
        size = np.max(np.abs(at_shape), axis=0) if at_shape else np.zeros(self.computed.shape)
        ordinary = -np.nan_to_num(size, nan=np.inf).ravel()
        keys = (ordinary, self.judgement.conditioned.ravel(), self.judgement.excess.ravel())
        return np.lexsort(keys)

    def point(self, flat: int) -> Point:
        """The value at a position in reading order."""
        index = np.unravel_index(flat, self.computed.shape)
        g, g_hat = float(self.truth[index]), float(self.computed[index])
        same_shape = {k: v for k, v in self.inputs.items() if v.shape == self.computed.shape}
        status = status_at(int(self.judgement.status[index]))
        at = {k: float(v[index]) for k, v in same_shape.items()}
        off = float(self.judgement.ulp[index])
        error, over = abs(g_hat - g), float(self.judgement.excess[index])
        allowed = error / over if over and math.isfinite(over) else math.nan
        place = None if self.shape is None else as_given(tuple(map(int, index)), self.shape)
        tie = bool(self.enclosure.why[index] == Why.BOTH_SIDES)
        return Point(at, g_hat, g, off, relative_error(g_hat, g), status, place, allowed, tie)

    def summary(self) -> Summary:
        """The summary of the adjoint's values."""
        return Summary(
            self.name,
            self.verdict,
            self.values,
            self.bulk_ulp,
            self.max_conditioned,
            self.share_above(0.5),
            self.share_above(1.0),
            self.counts,
            self.decided_by,
            self.power,
        )
