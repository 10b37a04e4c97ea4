"""Plot a result with Matplotlib: the error in ulp against the input."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from comparisons.results.views.need import needed

if TYPE_CHECKING:
    from comparisons.results.adjoint_result import AdjointResult

_LINEAR = 0.1  # nearer 0 than this the axis of the input is linear
_TICKS = (0.0, 0.1, 1.0, 10.0, 100.0, 1e4, 1e8, 1e16, 1e32, 1e64, 1e128, 1e308)
_MOST = 1e17  # ulp; beyond 2⁵³ no digit is right, and it is drawn there
_SIZE = (8, 3.6)  # inches
_WRONG, _SOUND = "#c0392b", "#2c6fbb"


def figure(result: AdjointResult, title: str, ax: Any = None) -> Any:
    """Plot the error of each gradient against its input, or against its place in an array.

    The value of an input decides where there is one of the gradients' shape. Both axes are
    logarithmic and linear around 0; the input is drawn as far out as there are errors of more than
    an ulp. What is beyond the allowed error is red; NaN and ∞ that should
    be numbers stand at the upper edge.

    Args: ax, the Matplotlib axes to draw in, by default new ones. Returns: the axes.
    Raises: ModuleNotFoundError if Matplotlib is not installed.
    """
    if ax is None:
        pyplot = needed("matplotlib.pyplot", "plot()")
        _, ax = pyplot.subplots(figsize=_SIZE, layout="constrained")
    x, of = _across(result)
    off = result.judgement.ulp.ravel()
    signed = np.where(result.computed.ravel() < result.truth.ravel(), -off, off)
    signed = np.where(np.isinf(signed), signed, np.clip(signed, -_MOST, _MOST))
    wrong = result.judgement.excess.ravel() > 1
    finite = np.isfinite(x) & np.isfinite(signed)
    lost = np.isfinite(x) & ~np.isfinite(signed) & wrong
    top = 4 * max(1.0, np.abs(signed[finite]).max(initial=0.0))
    ax.set_ylim(-top, top)
    ax.set_yscale("symlog", linthresh=1)
    if of != "entry":
        reach = _reach(np.abs(x[finite & (np.abs(signed) > 1) | lost]))
        finite &= np.abs(x) <= reach
        _input_axis(ax, reach)
    for which, colour, label in ((~wrong, _SOUND, "allowed"), (wrong, _WRONG, "wrong")):
        chosen = finite & which
        if chosen.any():
            ax.plot(x[chosen], signed[chosen], ".", markersize=3, color=colour, label=label)
    if lost.any():
        ax.plot(x[lost], np.full(lost.sum(), top), "v", color=_WRONG, label="not a finite number")
    ax.set_xlabel(of)
    ax.set_ylabel(f"error of {result.label}, ulp")
    ax.set_title(title)
    ax.axhline(0, color="grey", linewidth=0.5)
    if wrong.any():
        ax.legend(loc="best", fontsize="small")
    return ax


def _reach(sizes: Any) -> float:
    """How far out inputs are drawn: to the last error of more than an ulp, and to 10 at least."""
    return next((t for t in _TICKS[3:] if sizes.max(initial=0.0) <= t), _TICKS[-1])


def _input_axis(ax: Any, reach: float) -> None:
    ticks = [t for t in _TICKS if t <= reach]
    ax.set_xlim(-reach, reach)  # before the scale, which overflows at the largest inputs
    ax.set_xscale("symlog", linthresh=_LINEAR)
    ax.set_xticks([*(-t for t in reversed(ticks[1:])), *ticks])


def picture(result: AdjointResult, title: str) -> str:
    """The plot as an HTML image for a notebook; empty where Matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        return ""
    from matplotlib.figure import Figure  # not pyplot: the notebook's own figures stay as they are

    drawn = Figure(figsize=_SIZE, layout="constrained")
    figure(result, title, drawn.add_subplot())
    bytes_ = BytesIO()
    drawn.savefig(bytes_, format="png", dpi=100)
    data = b64encode(bytes_.getvalue()).decode()
    return f'<img alt="{escape(title)}: error in ulp" src="data:image/png;base64,{data}">'


def _across(result: AdjointResult) -> tuple[Any, str]:
    """The numbers that the error is drawn against, and their name."""
    shape = result.computed.shape
    own = result.inputs.get(result.name)
    if own is not None and own.shape == shape:
        return own.ravel(), result.name
    for name, values in result.inputs.items():
        if values.shape == shape:
            return values.ravel(), name
    return np.arange(result.computed.size, dtype=np.float64), "entry"
