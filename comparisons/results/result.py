"""The protocol that every result fulfils, of chosen points or of all values."""

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
    """A gradient to reproduce: of which input, at which entry, for which inputs."""

    name: str
    inputs: Inputs  # whole arrays, or the one point
    index: tuple[int, ...]
    place: AmongPoints


class Result(Protocol):
    """A gradient beside the truth, and how it fares: a `Comparison` or a `Sweep`."""

    @property
    def subject(self) -> Subject:
        """The subject that was judged."""
        ...

    @property
    def derived(self) -> Adjoints:
        """The closed forms that the gradient was judged by."""
        ...

    @property
    def dtype(self) -> FloatType:
        """The type that torch computed in."""
        ...

    @property
    def engine(self) -> Engine:
        """The engine that differentiated."""
        ...

    @property
    def budget(self) -> Budget:
        """The error allowed."""
        ...

    @property
    def cotangent(self) -> str:
        """The name of the cotangent."""
        ...

    @property
    def device(self) -> str:
        """The device that torch computed on."""
        ...

    @property
    def verdict(self) -> Verdict:
        """The verdict on all values."""
        ...

    @property
    def values(self) -> int:
        """The number of gradients compared."""
        ...

    @property
    def bulk_ulp(self) -> float:
        """The largest error in ulp where gradients are of their usual size."""
        ...

    def counts(self) -> Mapping[Status, int]:
        """The number of values of each status."""
        ...

    @property
    def summaries(self) -> Sequence[Summary]:
        """The summary of each adjoint."""
        ...

    @property
    def absent(self) -> Mapping[str, str]:
        """The adjoints that rightly do not exist, each with the reason."""
        ...

    @property
    def wrong_presence(self) -> Mapping[str, str]:
        """In words the gradients that are missing or should be."""
        ...

    @property
    def worst(self) -> Point | None:
        """The value furthest beyond what is allowed."""
        ...

    @property
    def worst_summary(self) -> Summary | None:
        """The summary of the adjoint that the worst value is of."""
        ...

    @property
    def wrong(self) -> int:
        """The number of values of that adjoint beyond what is allowed."""
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
        """The worst gradient of an input, with what it takes to reproduce it."""
        ...

    @property
    def envelope(self) -> Envelope | None:
        """The extremes of the errors by the size of the input; None but for one variable."""
        ...
