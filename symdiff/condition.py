"""How much an adjoint moves when the values it is computed from are rounded."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from symdiff.adjoint import Adjoints
from symdiff.graph import Node, constant, elementwise
from symdiff.reverse import sweep


def sensitivities(adjoints: Adjoints) -> dict[str, Node]:
    """Σ |v ∂g/∂v| for each adjoint g, over every named value v of the graph.

    Times the unit roundoff it is what rounding each named value once can change in g, to first
    order: the error that even perfect arithmetic on rounded values may show. At a root of f' it
    tells an ill-conditioned point from a bad formula. The second derivatives come from sweeping the
    adjoint's own graph. For graphs of scalars.

    Raises: ValueError if the graph has arrays: their adjoints have a Jacobian, not a gradient.
    Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed. 2002, §1.6.
    """
    named = adjoints.graph.nodes.values()
    if any(node.axes for node in named):
        raise ValueError(f"{adjoints.graph.name} has arrays; sensitivities are of scalar graphs")
    return {name: _sensitivity(g, named) for name, g in adjoints.nodes.items()}


def _sensitivity(g: Node, named: Iterable[Node]) -> Node:
    derivatives = sweep(g, constant(1)).adjoints
    total: Node = constant(0)
    for value in named:
        if value in derivatives:
            total = elementwise(
                lambda s, v, d: s + sympy.Abs(v * d), total, value, derivatives[value]
            )
    return total
