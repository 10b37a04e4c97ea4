"""What a comparison found: readable at a glance, and in every detail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from comparisons.budget import Budget
from comparisons.dtypes import Float64Array, FloatType
from comparisons.subjects import Inputs, Subject
from comparisons.verdict import Judged, Status, Verdict
from symdiff.notation.names import barred
from symdiff.oracle.enclosure import Enclosure

_ORDER = tuple(Verdict)


@dataclass(frozen=True)
class Point:
    """One input with the gradient there."""

    inputs: Mapping[str, float]
    computed: float
    truth: float
    ulp: float
    relative: float
    status: Status

    def __str__(self) -> str:
        at = ", ".join(f"{k} = {v:.17g}" for k, v in self.inputs.items())
        return f"{at}: {self.computed:.9g} for {self.truth:.9g}, {self.ulp:.3g} ulp"


@dataclass(frozen=True, eq=False)
class AdjointResult:
    """One adjoint's computed values beside the true ones."""

    name: str
    inputs: Inputs  # as given to torch
    computed: Float64Array
    enclosure: Enclosure  # of the truth
    judged: Judged

    def __repr__(self) -> str:
        return (
            f"<{barred(self.name)} {self.verdict}: {self.computed.size} values, "
            f"bulk {self.bulk_ulp:.3g} ulp, worst {self.worst}>"
        )

    def _repr_html_(self) -> str:
        from comparisons.report.notebook import adjoint_html

        return adjoint_html(self)

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
        """The verdict on all its values."""
        return self.judged.verdict()

    @property
    def max_ulp(self) -> float:
        """The largest error in ulp; huge at roots, where any rounding is many ulp of nearly 0."""
        return float(self.judged.ulp.max(initial=0.0))

    @property
    def max_conditioned(self) -> float:
        """The largest error in conditioned ulp."""
        return float(self.judged.conditioned.max(initial=0.0))

    @property
    def bulk_ulp(self) -> float:
        """The largest error at finite inputs where |g| is at least 1/16 of the largest gradient."""
        size = np.abs(np.where(np.isfinite(self.truth), self.truth, 0.0))
        bulk = (size >= size.max(initial=0.0) / 16) & np.isfinite(self.judged.ulp)
        for values in self.inputs.values():
            if values.shape == bulk.shape:
                bulk &= np.isfinite(values)
        return float(self.judged.ulp[bulk].max(initial=0.0))

    @property
    def max_relative(self) -> float:
        """The largest relative error."""
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = np.abs(self.computed - self.truth) / np.abs(self.truth)
        return float(np.nan_to_num(relative, nan=0.0, posinf=np.inf).max(initial=0.0))

    def share_above(self, ulps: float) -> float:
        """The share of values with an error above so many ulp."""
        return float(np.mean(self.judged.ulp > ulps)) if self.judged.ulp.size else 0.0

    @property
    def counts(self) -> Mapping[Status, int]:
        """How many values have each status."""
        return self.judged.counts()

    def at(self, chosen: npt.NDArray[np.intp]) -> AdjointResult:
        """The result at some of the points, by their positions in reading order."""
        shape = self.computed.shape
        inputs = {k: np.broadcast_to(v, shape).ravel()[chosen] for k, v in self.inputs.items()}
        flat = self.enclosure.reshape((self.computed.size,))
        return AdjointResult(
            self.name,
            inputs,
            self.computed.ravel()[chosen],
            flat[chosen],
            self.judged.at(chosen),
        )

    @cached_property
    def worst(self) -> Point:
        """The value furthest beyond what is allowed; among equals, at the most ordinary input."""
        return self.point(int(self._by_wrongness[-1]))

    @property
    def worst_index(self) -> tuple[int, ...]:
        """Where in the array the worst value is."""
        return tuple(map(int, np.unravel_index(self._by_wrongness[-1], self.computed.shape)))

    def broken(self, most: int = 10) -> list[Point]:
        """The values beyond what is allowed, the worst first."""
        wrong = [i for i in self._by_wrongness if self.judged.excess.ravel()[i] > 1]
        return [self.point(int(i)) for i in wrong[: -most - 1 : -1]]

    @cached_property
    def _by_wrongness(self) -> npt.NDArray[np.intp]:
        at_shape = [v for v in self.inputs.values() if v.shape == self.computed.shape]
        size = np.max(np.abs(at_shape), axis=0) if at_shape else np.zeros(self.computed.shape)
        ordinary = -np.nan_to_num(size, nan=np.inf).ravel()
        keys = (ordinary, self.judged.conditioned.ravel(), self.judged.excess.ravel())
        return np.lexsort(keys)

    def point(self, flat: int) -> Point:
        """The value at a position in reading order."""
        index = np.unravel_index(flat, self.computed.shape)
        g, g_hat = float(self.truth[index]), float(self.computed[index])
        relative = abs(g_hat - g) / abs(g) if g else float("inf") if g_hat else 0.0
        same_shape = {k: v for k, v in self.inputs.items() if v.shape == self.computed.shape}
        status = tuple(Status)[self.judged.status[index]]
        at = {k: float(v[index]) for k, v in same_shape.items()}
        return Point(at, g_hat, g, float(self.judged.ulp[index]), relative, status)


@dataclass(frozen=True, eq=False)
class Comparison:
    """A torch gradient beside the truth: what was compared, and how it fares."""

    subject: Subject
    dtype: FloatType
    engine: str
    budget: Budget
    adjoints: Mapping[str, AdjointResult]
    absent: Mapping[str, str]  # name → why it rightly has no gradient
    wrong_presence: Mapping[str, str]  # name → a gradient missing or unexpected, in words
    chosen: npt.NDArray[np.intp] | None = None  # which points, where an engine takes some only
    cotangent: str = "ones"
    device: str = "cpu"

    @cached_property
    def ideal(self) -> AdjointResult | None:
        """The same gradients beside the mathematical function, where the documented one departs.

        Conformity is judged to what is documented; this says how far that is from what is meant
        (softplus with its threshold from log(1 + e^z)).
        """
        from comparisons.ideal import beside_ideal

        return beside_ideal(self)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its adjoints."""
        if self.wrong_presence:
            return Verdict.DISAGREES
        verdicts = [a.verdict for a in self.adjoints.values()]
        return max(verdicts, key=_ORDER.index, default=Verdict.ACCURATE)

    @property
    def worst_adjoint(self) -> AdjointResult | None:
        """The adjoint whose worst value is furthest beyond what is allowed."""
        return max(
            self.adjoints.values(),
            key=lambda a: (_ORDER.index(a.verdict), a.judged.excess.max(initial=0.0)),
            default=None,
        )

    @property
    def worst(self) -> Point | None:
        """The worst value of the worst adjoint; None if nothing has a gradient."""
        return None if self.worst_adjoint is None else self.worst_adjoint.worst

    @property
    def max_ulp(self) -> float:
        """The largest error in ulp over all adjoints."""
        return max((a.max_ulp for a in self.adjoints.values()), default=0.0)

    @property
    def bulk_ulp(self) -> float:
        """The largest error in ulp where gradients are of their usual size."""
        return max((a.bulk_ulp for a in self.adjoints.values()), default=0.0)

    @property
    def values(self) -> int:
        """How many gradients were compared."""
        return sum(a.computed.size for a in self.adjoints.values())

    def counts(self) -> dict[Status, int]:
        """How many values of all adjoints have each status."""
        total: dict[Status, int] = {}
        for adjoint in self.adjoints.values():
            for status, n in adjoint.counts.items():
                total[status] = total.get(status, 0) + n
        return {s: total[s] for s in Status if s in total}

    def _repr_html_(self) -> str:
        from comparisons.report.notebook import comparison_html

        return comparison_html(self)

    def __repr__(self) -> str:
        head = f"<Comparison {self.subject}, {self.dtype}, {self.engine}: {self.verdict}"
        lines = [f"{head}, {self.values} values, bulk {self.bulk_ulp:.3g} ulp"]
        lines += [f"  {barred(name)}: {problem}" for name, problem in self.wrong_presence.items()]
        lines += [
            f"  {barred(name)}: none, as it should be ({why})" for name, why in self.absent.items()
        ]
        for name, a in self.adjoints.items():
            counts = ", ".join(f"{n} {status}" for status, n in a.counts.items())
            lines.append(f"  {barred(name)} {a.verdict}: {counts}; worst {a.worst}")
        if self.ideal is not None:
            lines.append(
                f"  beside the ideal: bulk {self.ideal.bulk_ulp:.3g} ulp, {self.ideal.worst}"
            )
        return "\n".join(lines) + ">"
