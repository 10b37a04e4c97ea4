"""Measure how much an adjoint moves when the values it is computed from are rounded."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.adjoints.reverse import sweep
from symdiff.graph.kinds.elementwise import constant, elementwise
from symdiff.graph.kinds.input import Input
from symdiff.graph.node import Node


def sensitivities(adjoints: Derivation) -> dict[str, Node]:
    """The sum Σ |v ∂g/∂v| over every named value v, for each adjoint g of a graph of scalars.

    Times the unit roundoff it is what rounding each named value once can change in g, to first
    order: the error that even perfect arithmetic on rounded values may show. At a root of f' it
    tells an ill-conditioned point from a bad formula. The second derivatives come from sweeping the
    adjoint's own graph; through stops, since what is cut for a derivative is rounded all the same.

    Of arrays it would take a sweep an entry: `symdiff.rounding` is for them.

    Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed. 2002, §1.6.
    """
    graph = adjoints.graph
    named = list(graph.nodes.values())
    named += [node for node in graph.where.values() if node not in named]
    named += [node for node in adjoints.cotangents.values() if isinstance(node, Input)]
    return {name: _sensitivity(g, named) for name, g in adjoints.nodes.items()}


def _sensitivity(g: Node, named: Iterable[Node]) -> Node:
    derivatives = sweep(g, constant(1), through_stops=True).adjoints
    summed: Node = constant(0)
    for value in named:
        if value in derivatives:
            moved = elementwise(lambda v, d: sympy.Abs(v * d), value, derivatives[value])
            summed = elementwise(lambda s, m: s + m, summed, moved)
    return summed
