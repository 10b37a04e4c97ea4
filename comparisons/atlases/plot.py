"""Draw the largest error of each framework by the size of the input, for one function and type."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from comparisons.report.data.row import Row

_LAST, _OCTAVES, _BIN = 65, 16, 5  # as the envelope's bins: half octaves from 2^−16 to 2^16
_LEFT, _TOP, _HEIGHT, _BELOW, _KEY = 46, 8, 200, 24, 150
_MOST = 1e6  # ulp at the upper edge; what is more, or not finite, lies on it
COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
# Source of the colours: Okabe & Ito 2008, told apart by the colour-blind.


@dataclass(frozen=True)
class Curve:
    """A curve is the path of one framework's errors."""

    title: str
    colour: str
    path: str


@dataclass(frozen=True)
class Plot:
    """A plot holds the curves, the ticks and the frame that the drawing is made of."""

    lines: Sequence[Curve]

    width = _LEFT + (2 * _LAST + 1) * _BIN + _KEY
    height = _TOP + _HEIGHT + _BELOW
    left, top, right, bottom = _LEFT, _TOP, _LEFT + (2 * _LAST + 1) * _BIN, _TOP + _HEIGHT

    @property
    def x_ticks(self) -> list[tuple[int, str]]:
        """The ticks of the input: each power of 100, with its place."""
        ticks = [(_x(0), "0")]
        for exponent, label in ((-2, "0.01"), (0, "1"), (2, "100"), (4, "10⁴")):
            position = 2 * (exponent * math.log2(10) + _OCTAVES) + 0.5
            ticks += [(_x(position), label), (_x(-position), f"−{label}")]
        return ticks

    @property
    def y_ticks(self) -> list[tuple[int, str]]:
        """The ticks of the error: powers of ten ulp, and half an ulp, which rounding leaves."""
        return [(_y(u), label) for u, label in ((0.5, "½"), (10, "10"), (1e3, "10³"), (1e6, "10⁶"))]


def plot(cells: Sequence[tuple[str, Row]]) -> Plot:
    """Lay out the plot of the cells of one function and type, each with its title."""
    return Plot(
        [
            Curve(title, COLOURS[i % len(COLOURS)], _path(cell["errors"].split(" ")))
            for i, (title, cell) in enumerate(cells)
        ]
    )


def _path(errors: Sequence[str]) -> str:
    """Steps from bin to bin; a gap where a bin has no points."""
    drawn, open_ = "", False
    for number, error in enumerate(errors):
        if error == "-":
            open_ = False
            continue
        x, y = _LEFT + _BIN * number, _y(float(error))
        drawn += f"{'V' if open_ else f'M{x} '}{y}H{x + _BIN}"
        open_ = True
    return drawn


def _x(position: float) -> int:
    return round(_LEFT + _BIN * (position + _LAST + 0.5))


def _y(ulps: float) -> int:
    part = math.log2(1 + min(ulps, _MOST)) / math.log2(1 + _MOST)
    return round(_TOP + _HEIGHT * (1 - part))
