"""Scaled dot-product attention with one head."""

from __future__ import annotations

import sympy

from symdiff.graph import Graph, array, einsum, elementwise, size
from symdiff.graph.composed.softmax import softmax
from symdiff.graph.kinds.position import position


def attention(*, causal: bool = False) -> Graph:
    """S = QKᵀ/√d, P = softmax(S) over the keys, O = PV.

    Args: causal, whether a query sees only the keys up to its own position.
    Source: Vaswani et al. 2017, arXiv:1706.03762; torch's scaled_dot_product_attention.
    """
    q, k, v = array("Q", "q d"), array("K", "k d"), array("V", "k e")
    scores = elementwise(lambda a: a / sympy.sqrt(size("d")), einsum("q d, k d -> q k", q, k))
    seen = None
    if causal:
        seen = elementwise(
            lambda i, j: sympy.Piecewise((1, j <= i), (0, True)), position("q"), position("k")
        )
    weights = softmax(scores, "k", seen)
    lines = {"S": scores, "P": weights, "O": einsum("q k, k e -> q e", weights, v)}
    return Graph("attention", (q, k, v), lines, barred=True)
