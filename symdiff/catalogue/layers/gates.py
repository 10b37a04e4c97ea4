"""Gated linear units, maxout and concatenated rectifiers."""

from __future__ import annotations

from symdiff.catalogue import activation
from symdiff.catalogue.problems import apply
from symdiff.graph import Graph, array, einsum, elementwise
from symdiff.graph.kinds.largest import Ties, largest, maximum
from symdiff.graph.kinds.part import part, stack


def glu() -> Graph:
    """y = a ∘ σ(b), a and b the halves of x.

    Source: Dauphin et al. 2016, arXiv:1612.08083; torch.nn.GLU.
    """
    x = array("x", "n half h")
    a, b = part(x, "half", 0), part(x, "half", 1)
    g = apply(activation("sigmoid"), b)
    y = elementwise(lambda a, g: a * g, a, g)
    return Graph("glu", (x,), {"a": a, "b": b, "g": g, "y": y}, barred=True)


def swiglu() -> Graph:
    """y = silu(xW) ∘ xV. Source: Shazeer 2020, arXiv:2002.05202, as the next three."""
    return _gated("swiglu", "silu")


def geglu() -> Graph:
    """y = gelu(xW) ∘ xV."""
    return _gated("geglu", "gelu")


def reglu() -> Graph:
    """y = max(0, xW) ∘ xV."""
    return _gated("reglu", "relu")


def bilinear() -> Graph:
    """y = xW ∘ xV."""
    return _gated("bilinear", "identity")


def _gated(name: str, gate: str) -> Graph:
    x, w, v = array("x", "n d"), array("W", "d h"), array("V", "d h")
    a, b = einsum("n d, d h -> n h", x, w), einsum("n d, d h -> n h", x, v)
    g = apply(activation(gate), a)
    y = elementwise(lambda g, b: g * b, g, b)
    lines = {"a": a, "b": b, "y": y} if g is a else {"a": a, "g": g, "b": b, "y": y}
    return Graph(name, (x, w, v), lines, barred=True)


def maxout(ties: Ties = "even") -> Graph:
    """y = max over k of x W_k + b_k.

    Args: ties, who has the gradient of equal pieces: `even`, as torch.amax, or the `first`.
    Source: Goodfellow et al. 2013, arXiv:1302.4389.
    """
    x, w, b = array("x", "n d"), array("W", "k d h"), array("b", "k h")
    product = einsum("n d, k d h -> n k h", x, w)
    z = elementwise(lambda p, c: p + c, product, b)
    lines = {"z": z, "y": maximum(z, "k", ties)}
    return Graph("maxout", (x, w, b), lines, where={"p": largest(z, "k", ties)}, barred=True)


def crelu() -> Graph:
    """y = (max(0, x), max(0, −x)) along a new axis. Source: Shang et al. 2016, arXiv:1603.05201."""
    x = array("x", "n c")
    relu = activation("relu")
    up, down = apply(relu, x), apply(relu, elementwise(lambda a: -a, x))
    return Graph("crelu", (x,), {"y": stack([up, down], "half", at=1)}, barred=True)
