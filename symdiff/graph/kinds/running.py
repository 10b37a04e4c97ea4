"""Sum along an axis up to each entry.

As a product with a triangle of ones it would be 0 times what comes later, also where that is no
number: of cumsum(log x) the values before an x < 0 are real.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy import Expr, S, Symbol

from symdiff.graph.arrays.steps import ArrayOperation, Roundings, ValueOf, operation
from symdiff.graph.node import Entries, Indices, Node, Steps, Write, checked_axis
from symdiff.notation.arrays import applied, size
from symdiff.trees.over_index import sum_over


class RunningSum(Node):
    """The sum of the operand's entries along `axis` up to each one, or `onward` from each one."""

    __slots__ = ("axis", "onward")
    axis: str
    onward: bool

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """The running sum of the cotangent the other way."""
        return (RunningSum(self.axes, (cotangent,), self.axis, not self.onward),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step of numpy's cumsum."""
        where = self.axes.index(self.axis)
        value = steps.value(self.operands[0])
        return steps.assign(operation(accumulated, value, where, self.onward, kind=Accumulating))

    def whole(self, write: Write) -> Expr:
        """The text cumsum_n(x); the sum the other way is its transpose."""
        name = "cumsum_back" if self.onward else "cumsum"
        return applied(name, (self.axis,), self.axes, map(write, self.operands))

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """The sum Σ x[j] up to the index, or from it on."""
        each, own = entries.take(), indices[self.axis]
        term = entries.write(self.operands[0], {**indices, self.axis: each})
        return sum_over(
            term, (each, own, size(self.axis) - 1) if self.onward else (each, S.Zero, own)
        )


class Accumulating(ArrayOperation):
    """The step of a running sum: one addition for each entry but the first."""

    def roundings(self, value: ValueOf, made: Any) -> Roundings:
        """The roundings of sums, the k-th of k + 1 terms. Source: as for `Contract`."""
        entries, axis, onward = self.arguments(value)
        size = accumulated(np.abs(entries), axis, onward)
        more = accumulated(np.ones(np.shape(entries)), axis, onward) - 1.0
        return Roundings(np.abs(made) * (more > 0), more * size)


def accumulated(operand: Any, axis: int, onward: bool) -> Any:  # noqa: FBT001 - a step's argument
    """The running sum along an axis, of numbers of any kind."""
    turned = np.flip(operand, axis) if onward else operand
    found = np.add.accumulate(turned, axis)
    return np.flip(found, axis) if onward else found


def running_sum(x: Node, axis: str) -> Node:
    """The sum of x's entries along an axis up to each one.

    Raises: ValueError if x has no such axis.
    """
    onward = False
    return RunningSum(x.axes, (x,), checked_axis(x, axis, "to sum along"), onward)
