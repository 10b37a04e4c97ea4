"""softmax and its kin, along any axis of an input."""

from __future__ import annotations

from symdiff.graph import Graph, Input, array, elementwise
from symdiff.graph.composed import softmax as nodes
from symdiff.graph.composed.sparsemax import sparsemax as nearest
from symdiff.graph.kinds.support import support


def softmax(axes: str = "n c", over: str = "c") -> Graph:
    """y = e^x/Σ e^x along the axis `over`; x̄ = s ∘ (ȳ − Σ ȳ ∘ s).

    Raises: ValueError, as the others here, if `over` is not among the axes.
    Source: torch.nn.Softmax; Bridle 1990.
    """
    x = _input(axes, over)
    s = nodes.softmax(x, over)
    return Graph("softmax", (x,), {"y": s}, where={"s": s}, barred=True)


def softmin(axes: str = "n c", over: str = "c") -> Graph:
    """y = softmax(−x). Source: torch.nn.Softmin."""
    x = _input(axes, over)
    s = nodes.softmax(elementwise(lambda a: -a, x), over)
    return Graph("softmin", (x,), {"y": s}, where={"s": s}, barred=True)


def log_softmax(axes: str = "n c", over: str = "c") -> Graph:
    """y = x − log Σ e^x; x̄ = ȳ − s Σ ȳ. Source: torch.nn.LogSoftmax."""
    x = _input(axes, over)
    where = {"s": nodes.softmax(x, over)}
    return Graph("log_softmax", (x,), {"y": nodes.log_softmax(x, over)}, where=where, barred=True)


def logsumexp(axes: str = "n c", over: str = "c") -> Graph:
    """y = log Σ e^x; x̄ = ȳ s. Source: torch.logsumexp."""
    x = _input(axes, over)
    where = {"s": nodes.softmax(x, over)}
    return Graph("logsumexp", (x,), {"y": nodes.logsumexp(x, over)}, where=where, barred=True)


def sparsemax(axes: str = "n c", over: str = "c") -> Graph:
    """y = the point nearest to x with y ≥ 0, Σ y = 1; x̄ = s ∘ (ȳ − Σ s ∘ ȳ/Σ s), s its support.

    Source: keras.activations.sparsemax; Martins and Astudillo 2016, arXiv:1602.02068.
    """
    x = _input(axes, over)
    where = {"s": support(x, over)}
    return Graph("sparsemax", (x,), {"y": nearest(x, over)}, where=where, barred=True)


def _input(axes: str, over: str) -> Input:
    x = array("x", axes)
    if over not in x.axes:
        raise ValueError(f"there is no axis {over!r} among '{axes}'; name one of them")
    return x
