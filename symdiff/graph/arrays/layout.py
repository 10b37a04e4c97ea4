"""Lay a value's axes out in the order of another's, with those it lacks put in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sympy import Symbol

from symdiff.graph.arrays.steps import ArrayOperation, Tangents, ValueOf, count, operation
from symdiff.graph.node import Steps
from symdiff.notation.arrays import Axes


class Align(ArrayOperation):
    """The step that puts axes into an array, of length 1 or repeated to a shape."""

    @property
    def order(self) -> tuple[int, ...]:
        """For each axis of the result the axis of the operand, or −1 for a new one."""
        return tuple(self.args[2].value)

    @property
    def shape(self) -> tuple[Symbol, ...]:
        """The lengths to repeat to; empty to leave new axes at length 1."""
        return tuple(self.args[3]) if len(self.args) > 3 else ()

    def moved(self, value: ValueOf, made: Any, tangents: Tangents) -> Any:  # noqa: ARG002 - linear
        """The tangents laid out in the same way."""
        (tangent,) = tangents.values()
        order = (0, *(axis if axis < 0 else axis + 1 for axis in self.order))
        shape = (len(tangent), *np.shape(made)) if self.shape else ()
        return align(tangent, order, shape)


def align(operand: Any, order: Sequence[int], shape: Sequence[int] = ()) -> Any:
    """`operand` with its axes in the given order, −1 standing for a new one.

    Args: shape, what to broadcast the result to; empty leaves new axes at length 1.
    """
    moved = np.transpose(operand, [axis for axis in order if axis >= 0])
    expanded = moved[tuple(np.newaxis if axis < 0 else slice(None) for axis in order)]
    return np.broadcast_to(expanded, tuple(map(count, shape))) if shape else expanded


def aligned(steps: Steps, symbol: Symbol, own: Axes, axes: Axes) -> Symbol:
    """The value over its own axes with the given ones, those it lacks of length 1."""
    if own in (axes, ()):
        return symbol
    return steps.assign(operation(align, symbol, _order(own, axes), kind=Align))


def spread(steps: Steps, symbol: Symbol, own: Axes, axes: Axes) -> Symbol:
    """The value over its own axes repeated along the given ones."""
    if own == axes:
        return symbol
    shape = tuple(map(steps.argument, axes))
    return steps.assign(operation(align, symbol, _order(own, axes), shape, kind=Align))


def _order(own: Axes, axes: Axes) -> tuple[int, ...]:
    """The place of each axis among the own ones, −1 if it is not there."""
    return tuple(own.index(a) if a in own else -1 for a in axes)
