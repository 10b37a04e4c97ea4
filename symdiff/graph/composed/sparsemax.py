"""Build sparsemax along an axis: the nearest point of the simplex, so 0 at most entries.

    y = s ∘ (x − τ),  τ = (Σ s ∘ x − 1)/Σ s,  s = 1 on the support, 0 elsewhere
    x̄ = s ∘ (ȳ − Σ s ∘ ȳ/Σ s)

Source: Martins and Astudillo 2016, arXiv:1602.02068, propositions 1 and 2.
"""

from __future__ import annotations

from symdiff.graph.kinds.einsum import total
from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.kinds.support import support
from symdiff.graph.node import Node


def sparsemax(x: Node, axis: str) -> Node:
    """The point of the simplex that is nearest to x. Raises: ValueError if x has no such axis."""
    s = support(x, axis)
    excess = total(elementwise(lambda a, m: a * m, x, s), [axis])
    tau = elementwise(lambda e, n: (e - 1) / n, excess, total(s, [axis]))
    return elementwise(lambda m, a, t: m * (a - t), s, x, tau)
