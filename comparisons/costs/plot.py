"""One plot: error in ulp against time a value, both logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from comparisons.results.views.number import shown

_LEFT, _TOP, _WIDTH, _HEIGHT, _BELOW, _KEY = 46, 24, 420, 240, 34, 230
_COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
# Source of the colours: Okabe & Ito 2008, told apart by the colour-blind.
_LEAST = 0.25  # ulp at the lower edge
_MOST = 1e6  # ulp at the upper edge, where what is not finite lies too


@dataclass(frozen=True)
class Mark:
    """One method's point."""

    name: str
    colour: str
    x: int
    y: int


def drawn(title: str, points: Sequence[tuple[str, float, float]]) -> str:
    """The plot as SVG. Args: points, each its name, nanoseconds a value, and error in ulp."""
    times = [nanoseconds for _, nanoseconds, _ in points] or [1.0]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)) + 1e-9)
    high = max(high, low + 1)

    def x(nanoseconds: float) -> int:
        return round(_LEFT + _WIDTH * (math.log10(nanoseconds) - low) / (high - low))

    def y(ulps: float) -> int:
        inside = min(max(ulps, _LEAST), _MOST)
        return round(_TOP + _HEIGHT * (1 - math.log(inside / _LEAST) / math.log(_MOST / _LEAST)))

    marks = [
        Mark(name, _COLOURS[i % len(_COLOURS)], x(nanoseconds), y(ulps))
        for i, (name, nanoseconds, ulps) in enumerate(points)
    ]
    text: str = _template().render(
        title=title,
        marks=marks,
        x_ticks=[(x(10.0**e), shown(10.0**e)) for e in range(low, high + 1)],
        y_ticks=[(y(u), label) for u, label in ((0.5, "½"), (1, "1"), (10, "10"), (1e3, "10³"))],
        left=_LEFT,
        top=_TOP,
        right=_LEFT + _WIDTH,
        bottom=_TOP + _HEIGHT,
        width=_LEFT + _WIDTH + _KEY,
        height=max(_TOP + _HEIGHT + _BELOW, _TOP + 16 * len(marks) + 8),
    )
    return text.rstrip() + "\n"


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("comparisons", "costs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("plot.svg.jinja")
