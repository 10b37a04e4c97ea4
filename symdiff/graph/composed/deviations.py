"""Sum the squared deviations from the mean, as a variance needs.

    S = Σ (x − μ)²      x̄ = 2 S̄ (x − μ)

What μ passes back is 2 S̄ Σ (x − μ)/n, which is 0: no implementation computes it, and its roundings
are none of theirs.
"""

from __future__ import annotations

from symdiff.graph.kinds.einsum import contraction
from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.kinds.with_rule import WithRule, with_rule
from symdiff.graph.node import Node


def squared_deviations(x: Node, mean: Node) -> Node:
    """Σ (x − μ)² over the axes that the mean of x lacks."""
    square = elementwise(lambda a, m: (a - m) ** 2, x, mean)
    over = tuple(axis for axis in x.axes if axis not in mean.axes)
    return with_rule("", over, contraction((square,), mean.axes), _adjoint, x, mean)


def _adjoint(squares: WithRule, cotangent: Node) -> tuple[Node | None, ...]:
    x, mean = squares.operands
    return elementwise(lambda v, a, m: 2 * v * (a - m), cotangent, x, mean), None
