"""Lay out the plot of error against time: a numbered point a method, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from comparisons.results.views.number import shown

_LEAST = 0.25  # ulp at the lower edge
_MOST = (1e3, 1e6)  # ulp at the upper edge, where what is not finite lies too
_DECADES = (-6, 15)  # of nanoseconds: beyond lies no measurement
_NEAR = 12  # units within which two numbers would cover each other

Ticks = list[tuple[int, str]]


@dataclass(frozen=True)
class Mark:
    """One point of the plot, and where its number stands."""

    number: int
    x: int
    y: int
    beside: int  # of the number, from the point upwards


@dataclass(frozen=True)
class CostPlot:
    """The plot of error in ulp against nanoseconds a value."""

    points: Sequence[tuple[float, float]]  # nanoseconds a value, ulp

    left, top, width, height, below = 46, 14, 480, 240, 34

    @property
    def right(self) -> int:
        """The right end of the frame."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The lower end of the frame."""
        return self.top + self.height

    @cached_property
    def decades(self) -> tuple[int, int]:
        """The powers of ten that the times are between."""
        exponents = [_exponent(time) for time, _ in self.points] or [0.0]
        low, high = math.floor(min(exponents)), math.ceil(max(exponents))
        return low, max(high, low + 1)

    @cached_property
    def most(self) -> float:
        """The error at the upper edge of the frame."""
        least, largest = _MOST
        return least if all(ulps <= least for _, ulps in self.points) else largest

    def x(self, exponent: float) -> int:
        """The place of a time, given as the logarithm of nanoseconds."""
        low, high = self.decades
        return round(self.left + self.width * (exponent - low) / (high - low))

    def y(self, ulps: float) -> int:
        """The height of an error; one that is not finite is at the edge."""
        inside = self.most if math.isnan(ulps) else min(max(ulps, _LEAST), self.most)
        part = math.log(inside / _LEAST) / math.log(self.most / _LEAST)
        return round(self.top + self.height * (1 - part))

    @property
    def marks(self) -> list[Mark]:
        """The points in order; a number that would cover another is set above it."""
        found: list[Mark] = []
        for number, (time, ulps) in enumerate(self.points, 1):
            x, y, beside = self.x(_exponent(time)), self.y(ulps), 4
            while any(
                abs(x - m.x) < 1.5 * _NEAR and abs((y - beside) - (m.y - m.beside)) < _NEAR
                for m in found
            ):
                beside += _NEAR
            found.append(Mark(number, x, y, beside))
        return found

    @property
    def x_ticks(self) -> Ticks:
        """The ticks of time: powers of ten, few enough to be told apart."""
        low, high = self.decades
        step = max(1, (high - low) // 6)
        return [(self.x(e), shown(10.0**e)) for e in range(low, high + 1, step)]

    @property
    def y_ticks(self) -> Ticks:
        """The ticks of the error: powers of ten, and half an ulp, which rounding leaves."""
        ticks = ((0.5, "½"), (2.0, "2"), (10.0, "10"), (100.0, "100"), (1e3, "10³"), (1e6, "10⁶"))
        return [(self.y(ulps), label) for ulps, label in ticks if ulps <= self.most]


def _exponent(nanoseconds: float) -> float:
    """log₁₀, of what may be no number at all."""
    low, high = _DECADES
    return math.log10(min(max(10.0**low, nanoseconds), 10.0**high))
