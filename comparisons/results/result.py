"""What every result says, of chosen points or of all values: reports read no more than this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from comparisons.dtypes import FloatType
from comparisons.engines.engine import Engine
from comparisons.engines.snippet import AmongPoints
from comparisons.inputs.values import Inputs
from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Status, Verdict
from comparisons.results.adjoint_result import AdjointResult
from comparisons.results.envelope import Envelope
from comparisons.results.point import Point
from comparisons.results.summary import Summary
from comparisons.subjects.subject import Subject
from symdiff import Adjoints


@dataclass(frozen=True)
class Example:
    """A gradient to reproduce: of which input, where, and all that went in."""

    name: str
    inputs: Inputs  # whole arrays, or the one point
    index: tuple[int, ...]
    place: AmongPoints


class Result(Protocol):
    """A gradient beside the truth, and how it fares: a `Comparison` or a `Sweep`."""

    @property
    def subject(self) -> Subject:
        """What was judged."""
        ...

    @property
    def derived(self) -> Adjoints:
        """The closed forms that it was judged by."""
        ...

    @property
    def dtype(self) -> FloatType:
        """The type torch computed in."""
        ...

    @property
    def engine(self) -> Engine:
        """How torch differentiated."""
        ...

    @property
    def budget(self) -> Budget:
        """The error allowed."""
        ...

    @property
    def cotangent(self) -> str:
        """What the cotangent is called."""
        ...

    @property
    def device(self) -> str:
        """Where torch computed."""
        ...

    @property
    def verdict(self) -> Verdict:
        """The verdict on all values."""
        ...

    @property
    def values(self) -> int:
        """How many gradients were compared."""
        ...

    @property
    def bulk_ulp(self) -> float:
        """The largest error in ulp where gradients are of their usual size."""
        ...

    def counts(self) -> Mapping[Status, int]:
        """How many values have each status."""
        ...

    @property
    def summaries(self) -> Sequence[Summary]:
        """Each adjoint, summed up."""
        ...

    @property
    def absent(self) -> Mapping[str, str]:
        """Which adjoints there rightly are none of, and why."""
        ...

    @property
    def wrong_presence(self) -> Mapping[str, str]:
        """Which gradients are missing or should be, in words."""
        ...

    @property
    def worst(self) -> Point | None:
        """The value furthest beyond what is allowed."""
        ...

    @property
    def worst_summary(self) -> Summary | None:
        """The adjoint that the worst value is of, summed up."""
        ...

    @property
    def wrong(self) -> int:
        """How many values of that adjoint are beyond what is allowed."""
        ...

    def broken(self, most: int = 10) -> Sequence[Point]:
        """The values of that adjoint beyond what is allowed, the worst first."""
        ...

    @property
    def ideal(self) -> AdjointResult | None:
        """The gradients beside the mathematical function, where the documented one departs."""
        ...

    @property
    def example(self) -> Example | None:
        """The worst gradient of an input, to be reproduced."""
        ...

    @property
    def envelope(self) -> Envelope | None:
        """The extremes of the errors by the size of the input; None but for one variable."""
        ...
