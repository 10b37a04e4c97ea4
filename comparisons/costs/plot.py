"""One plot as a file of its own: error in ulp against time a value."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from comparisons.report.page.cost_plot import CostPlot

_KEY = 250  # units that the names need, right of the frame
_LINE = 16


def drawn(title: str, points: Sequence[tuple[str, float, float]]) -> str:
    """Draw the plot of error against time as SVG.

    Args: points, each its name, nanoseconds a value, and error in ulp.
    """
    plot = CostPlot([(nanoseconds, ulps) for _, nanoseconds, ulps in points])
    text: str = _template().render(
        title=title,
        plot=plot,
        names=[name for name, _, _ in points],
        line=_LINE,
        width=plot.right + _KEY,
        height=max(plot.bottom + plot.below, plot.top + _LINE * len(points) + 8),
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
