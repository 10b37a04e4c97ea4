"""Count positions along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy import Eq, Expr, Piecewise, Symbol

from symdiff.graph.arrays.steps import count, operation
from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.node import Entries, Indices, Node, Steps, Write
from symdiff.notation.arrays import applied, symbols


class Position(Node):
    """The positions 0, 1, 2, … along its only axis."""

    __slots__ = ()

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:  # noqa: ARG002 - no operands
        """Nothing: a position has no operands."""
        return ()

    def lowered(self, steps: Steps) -> Symbol:
        """The step that counts as far as the axis is long."""
        return steps.assign(operation(positions, steps.argument(self.axes[0])))

    def whole(self, write: Write) -> Expr:  # noqa: ARG002 - no operands
        """The text index(n)."""
        return applied("index", (), self.axes, symbols(self.axes))

    def entry(self, indices: Indices, entries: Entries) -> Expr:  # noqa: ARG002 - no operands
        """The index along the axis."""
        return indices[self.axes[0]]


def positions(length: Any) -> Any:
    """The positions 0, 1, 2, … up to a length, in numbers of the length's kind."""
    return np.array([length * 0 + i for i in range(count(length))])


def position(axis: str) -> Node:
    """The positions 0, 1, 2, … along an axis."""
    return Position((axis,), ())


def one_hot(index: Node, axis: str) -> Node:
    """Put 1 where the position along a new last axis is `index`, else 0; −100 gives no 1."""
    return elementwise(lambda i, k: Piecewise((1, Eq(i, k)), (0, True)), index, position(axis))
