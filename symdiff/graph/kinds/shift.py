"""Shift exponents so that no exponential overflows, by a value that cancels."""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy import Expr, S, Symbol

from symdiff.graph.arrays.steps import Unmoved, operation
from symdiff.graph.kinds.elementwise import zeros
from symdiff.graph.node import Entries, Indices, Node, Steps, Write


class Shift(Node):
    """The largest along `axis`, where any number would do since it cancels: e^(x − m)/Σ e^(x − m).

    So its adjoint is 0, a closed form leaves it out, and of two balls that overlap either serves.
    """

    __slots__ = ("axis",)
    axis: str

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:  # noqa: ARG002 - it cancels
        """0, since the shift cancels."""
        return (zeros(self.operands[0].axes),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step of the maximum."""
        (x,) = self.operands
        axis = x.axes.index(self.axis)
        return steps.assign(operation(peak, steps.value(x), axis, kind=Unmoved))

    def whole(self, write: Write) -> Expr:  # noqa: ARG002 - it cancels
        """0, since the shift cancels."""
        return S.Zero

    def entry(self, indices: Indices, entries: Entries) -> Expr:  # noqa: ARG002 - it cancels
        """0, since the shift cancels."""
        return S.Zero


def peak(operand: Any, axis: int) -> Any:
    """The largest along an axis; of balls that overlap any one, of no number none: see `Shift`."""
    if operand.dtype != object:
        return operand.max(axis)
    return np.frompyfunc(_larger, 2, 1).reduce(operand, axis)


def _larger(a: Any, b: Any) -> Any:
    return b if _is_nan(a) else a if _is_nan(b) else max(a, b)


def _is_nan(number: Any) -> bool:
    """Whether a number of any kind is none."""
    return bool(number.is_nan()) if hasattr(number, "is_nan") else bool(number != number)  # noqa: PLR0124 - mpmath


def shift(x: Node, axis: str) -> Node:
    """A shift that keeps the exponentials of x − shift from overflowing."""
    return Shift(tuple(a for a in x.axes if a != axis), (x,), axis)
