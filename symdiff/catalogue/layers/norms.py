"""Normalisations, with gain and bias as inputs; ε is an exact decimal."""

from __future__ import annotations

from symdiff.expression.formula import exact
from symdiff.graph import Graph, Input, Node, array, elementwise, mean
from symdiff.graph.composed.normalised import (
    EPS,
    centred,
    deviation,
    root_mean_squared,
    standardised,
)

_X_HAT = "x\N{COMBINING CIRCUMFLEX ACCENT}"


def layer_norm(eps: object = "1e-5") -> Graph:
    """y = γ x̂ + β, x̂ = (x − μ)/σ over the last axis, σ² = mean (x − μ)² + ε.

    Source: Ba et al. 2016, arXiv:1607.06450; torch.nn.LayerNorm.
    """
    x, gain, bias = array("x", "n c"), array("gamma", "c"), array("beta", "c")
    return _standardised("layer_norm", x, gain, bias, ("c",), eps)


def group_norm(eps: object = "1e-5") -> Graph:
    """y = γ x̂ + β, x̂ = (x − μ)/σ over each group's channels and positions.

    x is over samples n, groups g, each group's channels c and positions h.

    Source: Wu and He 2018, arXiv:1803.08494; torch.nn.GroupNorm.
    """
    x, gain, bias = array("x", "n g c h"), array("gamma", "g c"), array("beta", "g c")
    return _standardised("group_norm", x, gain, bias, ("c", "h"), eps)


def rms_norm(eps: object = "1e-5") -> Graph:
    """y = γ x̂, x̂ = x/σ, σ² = mean x² + ε.

    torch's own default for ε is that of the type; a number is asked for here.
    Source: Zhang and Sennrich 2019, arXiv:1910.07467; torch.nn.RMSNorm.
    """
    x, gain = array("x", "n c"), array("gamma", "c")
    unit = root_mean_squared(x, ("c",))
    y = elementwise(lambda u, g: g * u, unit, gain)
    lines = {_X_HAT: unit, "y": y}
    where = {"sigma": deviation(x, ("c",))}
    return Graph("rms_norm", (x, gain), lines, {EPS: exact(eps)}, where, barred=True)


def _standardised(
    name: str, x: Input, gain: Input, bias: Input, over: tuple[str, ...], eps: object
) -> Graph:
    unit: Node = standardised(x, over)
    y = elementwise(lambda u, g, b: g * u + b, unit, gain, bias)
    where = {"mu": mean(x, over), "sigma": deviation(centred(x, over), over)}
    lines = {_X_HAT: unit, "y": y}
    return Graph(name, (x, gain, bias), lines, {EPS: exact(eps)}, where, barred=True)
