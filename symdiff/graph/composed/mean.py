"""The mean over axes."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from symdiff.graph.kinds.einsum import total
from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.node import Node
from symdiff.notation.arrays import size


def mean(node: Node, over: Iterable[str] | None = None) -> Node:
    """The mean over all axes of a node, as the tutorial's losses take it, or over some."""
    axes = node.axes if over is None else tuple(over)
    count = sympy.Mul(*map(size, axes))
    return elementwise(lambda summed: summed / count, total(node, axes))
