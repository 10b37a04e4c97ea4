"""Lay out the plots with short paths, so that a page of hundreds stays small."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from comparisons.results.views.number import shown

Ticks = list[tuple[float, str]]
_OCTAVES, _LAST = 16, 65  # as profile.py bins: half octaves from 2^−16 to 2^16, and beyond
_BIN = 5  # units of the drawing a bin is wide
_FINEST, _WIDEST = 1e-6, 1e6  # intervals that a curve is drawn over: ours are of 2 to 128
_LARGEST = 1e100  # what a curve is scaled by; beyond it the tick marks would overflow


@dataclass(frozen=True)
class ErrorAxes:
    """The frame of error plots up to `top` ulp: drawn once a page, and used by each.

    Both axes are logarithmic and of both signs; either is linear around 0: below 2^−16 for the
    input, below an ulp for the error.
    """

    top: float
    width, height, left, above, below = 52 + (2 * _LAST + 1) * _BIN + 8, 220, 52, 10, 26

    @property
    def name(self) -> str:
        """The id of the frame's drawing."""
        return f"axes-{self.top:.0f}"

    def x(self, position: float) -> int:
        """The place of the middle of a bin, from −65 to 65."""
        return round(self.left + _BIN * (position + _LAST + 0.5))

    def y(self, ulps: float) -> int:
        """The height of an error; beyond the top it is at the edge."""
        half = (self.height - self.above - self.below) / 2
        part = math.copysign(math.log2(1 + abs(ulps)), ulps) / math.log2(1 + self.top)
        return round(self.above + half * (1 - max(-1.0, min(1.0, part))))

    @property
    def x_ticks(self) -> Ticks:
        """The ticks of the input: each power of 100, with its place."""
        ticks: Ticks = [(self.x(0), "0")]
        for exponent, label in ((-2, "0.01"), (0, "1"), (2, "100"), (4, "10⁴")):
            position = 2 * (exponent * math.log2(10) + _OCTAVES) + 0.5
            ticks += [(self.x(position), label), (self.x(-position), f"−{label}")]
        return ticks

    @property
    def y_ticks(self) -> Ticks:
        """The ticks of the error: powers of 10 that leave room for each other."""
        powers = {64: ((1, "1"), (10, "10")), 2e3: ((1, "1"), (10, "10"), (1e3, "10³"))}
        chosen = powers.get(self.top, ((10, "10"), (1e3, "10³"), (1e5, "10⁵")))
        ticks: Ticks = [(self.y(0), "0")]
        for value, label in chosen:
            ticks += [(self.y(value), f"+{label}"), (self.y(-value), f"−{label}")]
        return ticks


AXES = (ErrorAxes(64), ErrorAxes(2e3), ErrorAxes(1e6))


@dataclass(frozen=True)
class ErrorPlot:
    """The plot of errors in ulp against the input."""

    axes: ErrorAxes
    sound: str  # paths
    wrong: str
    not_finite: str
    budget: str
    summary: str


def error_plot(profile: Mapping[str, str]) -> ErrorPlot:
    """The plot of a profile, as `comparisons.report.data.profile.profile` gives it."""
    above, below, allowed, wrong = (
        _numbers(profile[k]) for k in ("above", "below", "allowed", "wrong")
    )
    finite = [v for v in (*above, *below) if v is not None and math.isfinite(v)]
    largest = max(finite, default=0.0)
    axes = next((a for a in AXES if largest < a.top), AXES[-1])
    kinds = [None if up is None else bool(bad) for up, bad in zip(above, wrong, strict=True)]
    highs = [axes.y(up or 0) - 1 for up in above]  # an error of nothing is a point compared, too
    lows = [axes.y(-(down or 0)) + 1 for down in below]
    areas: dict[bool, list[str]] = {False: [], True: []}
    for kind, run in groupby(range(len(kinds)), key=kinds.__getitem__):
        bins = list(run)
        if kind is not None:
            first, last = bins[0], bins[-1] + 1
            areas[kind].append(_area(axes, first, highs[first:last], lows[first:last]))
    marked = [i for i, ends in enumerate(zip(above, below, strict=True)) if math.inf in ends]
    return ErrorPlot(
        axes,
        sound="".join(areas[False]),
        wrong="".join(areas[True]),
        not_finite="".join(f"M{axes.x(i - _LAST) - 5} {axes.above}h10l-5 9z" for i in marked),
        budget=_budget(axes, allowed),
        summary=f"The largest finite error is {shown(largest)} ulp; {kinds.count(True)} of "
        f"{len(kinds) - kinds.count(None)} bins of the input hold wrong gradients.",
    )


def _numbers(text: str) -> list[float | None]:
    return [None if word == "-" else float(word) for word in text.split(" ")]


def _left(axes: ErrorAxes, i: int) -> int:
    return axes.left + _BIN * i


def _area(axes: ErrorAxes, first: int, highs: Sequence[int], lows: Sequence[int]) -> str:
    """The outline of neighbouring bins: along their upper ends, and back along the lower."""
    back = _steps(lows[::-1], -_BIN)
    start = f"M{_left(axes, first)} {highs[0]}"
    return f"{start}{_steps(highs, _BIN)}V{lows[-1]}{back}z"


def _steps(heights: Iterable[int], width: int) -> str:
    """The path from the first height on: sideways, and up or down where the height changes."""
    path, before = [], None
    for height, run in groupby(heights):
        path.append(f"{'' if before is None else f'V{height}'}h{width * len(list(run))}")
        before = height
    return "".join(path)


def _budget(axes: ErrorAxes, allowed: Sequence[float | None]) -> str:
    """Two lines of steps, upwards and downwards; where more is allowed than is shown, none.

    A bin without points takes the level of the one before: there is nothing else to say of it.
    """
    levels: list[float | None] = []
    for level in allowed:
        levels.append((levels[-1] if levels else None) if level is None else level)
    path = []
    for sign in (1, -1):
        shown_at = [None if v is None or v >= axes.top else axes.y(sign * v) for v in levels]
        first = 0
        for hidden, run in groupby(shown_at, key=lambda height: height is None):
            part = list(run)
            if not hidden:
                steps = _steps([h for h in part if h is not None], _BIN)
                path.append(f"M{_left(axes, first)} {part[0]}{steps}")
            first += len(part)
    return "".join(path)


@dataclass(frozen=True)
class CurvePlot:
    """The plot of f and its derivative around 0, both axes linear."""

    f: str  # paths
    slope: str
    frame: str
    x_ticks: Ticks
    y_ticks: Ticks
    width, height, left, below, above = 380, 220, 34, 22, 6


def curve_plot(curve: Mapping[str, Any]) -> CurvePlot | None:
    """The plot of a curve, as `report.data.profile.curve` gives it; None of no interval."""
    f, slope = (_numbers(curve[k]) for k in ("f", "slope"))
    start, end = curve["from"], curve["to"]
    if not _FINEST < end - start < _WIDEST:  # nor NaN
        return None
    low, high = _range([*f, *slope])
    across = CurvePlot.width - CurvePlot.left - CurvePlot.above
    down = CurvePlot.height - CurvePlot.below - CurvePlot.above

    def x(z: float) -> float:
        return round(CurvePlot.left + across * (z - start) / (end - start), 1)

    def y(value: float) -> float:
        return round(CurvePlot.above + down * (high - value) / (high - low), 1)

    def path(values: Sequence[float | None]) -> str:
        return "".join(
            "M" + " ".join(f"{px:g} {py:g}" for px, py in _straightened(piece))
            for piece in _pieces(values, low, high, lambda i: x(start + (end - start) * i / 120), y)
        )

    return CurvePlot(
        f=path(f),
        slope=path(slope),
        frame=f"M{CurvePlot.left} {y(0):g}h{across}M{x(0):g} {CurvePlot.above}v{down}",
        x_ticks=[(x(v), _label(v)) for v in _round_numbers(start, end)],
        y_ticks=[(y(v), _label(v)) for v in _round_numbers(low, high)],
    )


_Point = tuple[float, float]


def _pieces(
    values: Sequence[float | None],
    low: float,
    high: float,
    x: Callable[[int], float],
    y: Callable[[float], float],
) -> Iterator[list[_Point]]:
    """The parts that are drawn without lifting the pen: at a jump and beyond the frame it lifts."""
    piece: list[_Point] = []
    last: float | None = None
    for i, value in enumerate(values):
        inside = value is not None and low <= value <= high
        jump = inside and last is not None and abs(value - last) > 0.4 * (high - low)  # type: ignore[operator]  # inside
        if piece and (jump or not inside):
            yield piece
            piece = []
        last = value if inside else None
        if last is not None:
            piece.append((x(i), y(last)))
    if piece:
        yield piece


def _straightened(points: list[_Point]) -> list[_Point]:
    """The points without those within a fifth of a unit of the line between others.

    Source: Douglas and Peucker, Cartographica 10(2), 1973.
    """
    if len(points) < 3:
        return points
    (x0, y0), (x1, y1) = points[0], points[-1]
    off = [abs(y - y0 - (y1 - y0) * (x - x0) / (x1 - x0)) for x, y in points]
    middle = max(range(len(points)), key=off.__getitem__)
    if off[middle] <= 0.2:
        return [points[0], points[-1]]
    return [*_straightened(points[: middle + 1])[:-1], *_straightened(points[middle:])]


def _range(values: Iterable[float | None]) -> tuple[float, float]:
    """The range to show: everything, unless a few values are far beyond the rest."""
    finite = sorted(v for v in values if v is not None and abs(v) < _LARGEST)
    if not finite:
        return -1.0, 1.0
    low, high = (finite[int(q * (len(finite) - 1))] for q in (0.02, 0.98))
    low, high = max(finite[0], low - (high - low)), min(finite[-1], high + (high - low))
    low, high = min(low, 0.0), max(high, 0.0)
    margin = 0.05 * (high - low) if high - low > _FINEST else 1.0
    return low - margin, high + margin


def _round_numbers(low: float, high: float) -> list[float]:
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _label(value: float) -> str:
    return shown(value).replace("-", "−")
