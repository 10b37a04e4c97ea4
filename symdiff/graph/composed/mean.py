"""Take the mean over axes."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from symdiff.graph.kinds.einsum import total
from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.node import Node
from symdiff.notation.arrays import size


def mean(node: Node, over: Iterable[str] | None = None) -> Node:
    """Take the mean over all axes of a node, or over some, which vanish.

    Args: over, the names of axes; by default all.
    Raises: ValueError if the node lacks one of them, or one is named twice.
    """
    axes = node.axes if over is None else tuple(over)
    if not {*axes} <= {*node.axes} or len({*axes}) < len(axes):
        raise ValueError(
            f"the mean over ({', '.join(axes)}) of a value with axes ({', '.join(node.axes)}); "
            "name each axis that it has, and is to lose, once"
        )
    count = sympy.Mul(*map(size, axes))
    return elementwise(lambda summed: summed / count, total(node, axes))
