"""Time and memory of judging whole arrays, against their size, beside gradcheck.

    python benchmarks/whole_arrays.py [--large]

The function is a transformer block (pre-norm, causal attention, gelu); its entries are those of the
gradients of the input and of all weights.
"""

from __future__ import annotations

import sympy

from symdiff.expression.formula import exact
from symdiff.functions import Phi
from symdiff.graph import Graph, Node, array, einsum, elementwise, renamed, size
from symdiff.graph.composed.normalised import EPS, standardised
from symdiff.graph.composed.softmax import softmax
from symdiff.graph.kinds.position import position


def block(positions: int) -> Graph:
    """x + attention(norm x), then that + mlp(norm), over positions t (the keys': s), channels c."""
    x = array("x", "t c")
    norms = [(array(f"g{i}", "c"), array(f"b{i}", "c")) for i in (1, 2)]
    wq, wk, wv = (array(f"W{name}", "c h e") for name in "qkv")
    wo, w1, w2 = array("Wo", "h e c"), array("W1", "c m"), array("W2", "m c")
    b1, b2 = array("c1", "m"), array("c2", "c")

    def normed(z: Node, i: int) -> Node:
        gain, bias = norms[i]
        return elementwise(lambda u, g, b: u * g + b, standardised(z, ("c",)), gain, bias)

    n = normed(x, 0)
    q, k, v = (einsum("t c, c h e -> t h e", n, w) for w in (wq, wk, wv))
    k, v = renamed(k, ("s", "h", "e")), renamed(v, ("s", "h", "e"))
    scores = elementwise(lambda a: a / sympy.sqrt(size("e")), einsum("t h e, s h e -> h t s", q, k))
    seen = elementwise(
        lambda i, j: sympy.Piecewise((1, j <= i), (0, True)), position("t"), position("s")
    )
    weights = softmax(scores, "s", seen)
    heads = einsum("h t s, s h e -> t h e", weights, v)
    middle = elementwise(lambda a, b: a + b, x, einsum("t h e, h e c -> t c", heads, wo))
    hidden = elementwise(lambda a, b: a + b, einsum("t c, c m -> t m", normed(middle, 1), w1), b1)
    gelu = elementwise(lambda z: z * Phi(z), hidden)
    fed = elementwise(lambda a, b: a + b, einsum("t m, m c -> t c", gelu, w2), b2)
    y = elementwise(lambda a, b: a + b, middle, fed)
    inputs = (x, *norms[0], *norms[1], wq, wk, wv, wo, w1, b1, w2, b2)
    return Graph("block", inputs, {"y": y}, {EPS: exact("1e-5")}, lengths={"s": positions})
