"""The geometry of the plots: paths of whole numbers, a few hundred bytes each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from comparisons.report.number import shown

_OCTAVES, _LAST = 16, 65  # as profile.py bins: half octaves from 2^−16 to 2^16, and beyond
_LOWEST_TOP, _HIGHEST_TOP = 64.0, 1e6  # ulp at the edge of a plot


@dataclass(frozen=True)
class ErrorPlot:
    """Errors in ulp against the input, logarithmic both ways and for both signs.

    Either axis is linear around 0: below 2^−16 for the input, below an ulp for the error.
    """

    sound: str  # paths
    wrong: str
    not_finite: str
    budget: str
    x_ticks: list[tuple[int, str]]
    y_ticks: list[tuple[int, str]]
    summary: str

    WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 660, 220, 52, 8, 10, 26


def error_plot(profile: Mapping[str, str]) -> ErrorPlot:
    """The plot of a profile, as `comparisons.report.profile.profile` gives it."""
    above, below, allowed, wrong = (
        _numbers(profile[k]) for k in ("above", "below", "allowed", "wrong")
    )
    finite = [v for v in (*above, *below) if v is not None and math.isfinite(v)]
    top = min(max([_LOWEST_TOP, *(1.5 * v for v in finite)]), _HIGHEST_TOP)
    paths: dict[str, list[str]] = {"sound": [], "wrong": [], "not_finite": []}
    for i, (up, down, bad) in enumerate(zip(above, below, wrong, strict=True)):
        if up is None or down is None:
            continue
        kind = "wrong" if bad else "sound"
        high, low = _y(up, top), _y(-down, top)
        if low - high < 2:  # an error of nothing is still a point that was compared
            high, low = high - 1, low + 1
        paths[kind].append(f"M{_x(i - _LAST)} {high}V{low}")
        if math.isinf(up) or math.isinf(down):
            paths["not_finite"].append(f"M{_x(i - _LAST) - 4} {ErrorPlot.TOP}h8l-4 7z")
    largest = max(finite, default=0.0)
    return ErrorPlot(
        **{name: "".join(found) for name, found in paths.items()},
        budget=_budget(allowed, top),
        x_ticks=list(_x_ticks()),
        y_ticks=list(_y_ticks(top)),
        summary=f"The largest finite error is {shown(largest)} ulp; "
        f"{sum(bool(w) for w in wrong)} of {sum(u is not None for u in above)} bins of the input "
        "hold wrong gradients.",
    )


def _numbers(text: str) -> list[float | None]:
    return [None if word == "-" else float(word) for word in text.split(" ")]


def _x(position: float) -> int:
    width = ErrorPlot.WIDTH - ErrorPlot.LEFT - ErrorPlot.RIGHT
    return round(ErrorPlot.LEFT + width * (position + _LAST + 0.5) / (2 * _LAST + 1))


def _symlog(ulps: float) -> float:
    return math.copysign(math.log2(1 + abs(ulps)), ulps)


def _y(ulps: float, top: float) -> int:
    half = (ErrorPlot.HEIGHT - ErrorPlot.TOP - ErrorPlot.BOTTOM) / 2
    part = max(-1.0, min(1.0, _symlog(ulps) / _symlog(top)))
    return round(ErrorPlot.TOP + half * (1 - part))


def _budget(allowed: Iterable[float | None], top: float) -> str:
    """Two lines of steps, upwards and downwards; where more is allowed than is shown, none."""
    levels = list(allowed)
    width = (ErrorPlot.WIDTH - ErrorPlot.LEFT - ErrorPlot.RIGHT) / (2 * _LAST + 1)
    path = []
    for sign in (1, -1):
        drawn: int | None = None
        for i, level in enumerate(levels):
            if level is None:
                continue
            height = _y(sign * level, top) if level < top else None
            left, right = (round(_x(i - _LAST) + side * width / 2) for side in (-1, 1))
            if height is not None:
                start = f"M{left} {height}" if drawn is None else f"V{height}"
                path.append(f"{start if height != drawn else ''}H{right}")
            drawn = height
    return "".join(path)


def _x_ticks() -> Iterator[tuple[int, str]]:
    yield _x(0), "0"
    for exponent in (-2, 0, 2, 4):
        position = 2 * (math.log2(10.0**exponent) + _OCTAVES) + 0.5
        label = {-2: "0.01", 0: "1", 2: "100", 4: "10⁴"}[exponent]
        yield _x(position), label
        yield _x(-position), f"−{label}"


def _y_ticks(top: float) -> Iterator[tuple[int, str]]:
    yield _y(0, top), "0"
    for value, label in ((1, "1"), (10, "10"), (1e3, "10³"), (1e5, "10⁵")):
        if 1.2 * value <= top and (value > 1 or top <= 1e3):
            yield _y(value, top), f"+{label}"
            yield _y(-value, top), f"−{label}"


@dataclass(frozen=True)
class CurvePlot:
    """f and its derivative around 0, both axes linear."""

    f: str  # paths
    slope: str
    axes: str
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]

    WIDTH, HEIGHT, LEFT, BOTTOM = 380, 220, 34, 22


def curve_plot(curve: Mapping[str, Any]) -> CurvePlot:
    """The plot of a curve, as `comparisons.report.profile.curve` gives it."""
    f, slope = (_numbers(curve[k]) for k in ("f", "slope"))
    low, high = _range([*f, *slope])
    inner_w, inner_h = CurvePlot.WIDTH - CurvePlot.LEFT - 6, CurvePlot.HEIGHT - CurvePlot.BOTTOM - 6

    def x(z: float) -> float:
        share = (z - curve["from"]) / (curve["to"] - curve["from"])
        return round(CurvePlot.LEFT + inner_w * share, 1)

    def y(value: float) -> float:
        return round(6 + inner_h * (high - value) / (high - low), 1)

    def path(values: list[float | None]) -> str:
        steps, pen, last = [], False, None
        for i, value in enumerate(values):
            if value is None or not low <= value <= high:
                pen, last = False, None
                continue
            if last is not None and abs(value - last) > 0.4 * (high - low):
                pen = False  # a jump, not a slope
            z = curve["from"] + (curve["to"] - curve["from"]) * i / (len(values) - 1)
            steps.append(f"{'L' if pen else 'M'}{x(z)} {y(value)}")
            pen, last = True, value
        return "".join(steps)

    return CurvePlot(
        f=path(f),
        slope=path(slope),
        axes=f"M{CurvePlot.LEFT} {y(0)}h{inner_w}M{x(0)} 6v{inner_h}",
        x_ticks=[(x(v), _label(v)) for v in _round_numbers(curve["from"], curve["to"])],
        y_ticks=[(y(v), _label(v)) for v in _round_numbers(low, high)],
    )


def _range(values: Iterable[float | None]) -> tuple[float, float]:
    """What is shown: everything, unless a few values are far beyond the rest."""
    finite = sorted(v for v in values if v is not None and math.isfinite(v))
    if not finite:
        return -1.0, 1.0
    low, high = (finite[int(q * (len(finite) - 1))] for q in (0.02, 0.98))
    low, high = max(finite[0], low - (high - low)), min(finite[-1], high + (high - low))
    low, high = min(low, 0.0), max(high, 0.0)
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin


def _round_numbers(low: float, high: float) -> list[float]:
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _label(value: float) -> str:
    return shown(value).replace("-", "−")
