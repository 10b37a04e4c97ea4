"""Flag the largest entries along an axis, and so take the maximum.

Which ones are does not change when they change a little, so its adjoint is 0, and the maximum is a
product: y = Σ w x, with x̄ = w ȳ. Where several are equal, the convention is stated: `even` shares
the gradient among them (torch.amax), `first` gives it to the first (torch.max(dim=…), which returns
an index).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from sympy import Expr, Piecewise, Symbol

from symdiff.array_types import Float64Array
from symdiff.graph.arrays.steps import Unmoved, operation, rows
from symdiff.graph.kinds.einsum import contraction, total
from symdiff.graph.kinds.elementwise import elementwise, zeros
from symdiff.graph.node import Entries, Indices, Node, Steps, Write, checked_axis
from symdiff.notation.arrays import applied, size
from symdiff.trees.over_index import product_over

Ties = Literal["even", "first"]


class Largest(Node):
    """Flag with 1 where the operand is largest along `axis`, of equals all or the first; else 0."""

    __slots__ = ("axis", "ties")
    axis: str
    ties: Ties

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:  # noqa: ARG002 - it is 0
        """0: flags do not change when the operand changes a little."""
        return (zeros(self.operands[0].axes),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step that flags row by row."""
        (x,) = self.operands
        return steps.assign(
            operation(
                winners, steps.value(x), x.axes.index(self.axis), str(self.ties), kind=Unmoved
            )
        )

    def whole(self, write: Write) -> Expr:
        """The text is_max_k(x)."""
        return applied("is_max", (self.axis,), self.axes, map(write, self.operands))

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """The product ∏ [x ≥ x'], that no other is above."""
        (x,) = self.operands
        other = entries.take()
        mine, theirs = entries.write(x, indices), entries.write(x, {**indices, self.axis: other})
        beaten = Piecewise((1, mine >= theirs), (0, True))
        return product_over(beaten, (other, 0, size(self.axis) - 1))


def winners(operand: Any, axis: int, ties: str) -> Any:
    """Flag the largest along an axis with 1, others with 0, NaN where that is not decided.

    Args: ties, `first` to mark the first of equal ones only, else all.
    """
    if operand.dtype == np.float64:
        return _largest_floats(operand, axis, first=ties == "first")
    return rows(lambda entries: _largest(entries, first=ties == "first"), operand, axis)


def _largest_floats(operand: Float64Array, axis: int, *, first: bool) -> Float64Array:
    """The same of floats, all rows at once: NaN is neither above a number nor below."""
    most = np.fmax.reduce(operand, axis, keepdims=True)
    beaten = operand < most
    flags = np.where(beaten, 0.0, 1.0)
    if first:
        flags[~beaten & (np.cumsum(~beaten, axis) > 1)] = 0.0
    if operand.shape[axis] > 1:
        flags[~beaten & np.isnan(operand).any(axis, keepdims=True)] = np.nan
    return flags


def _largest(entries: list[Any], *, first: bool) -> list[float]:
    flags: list[float] = []
    for i, mine in enumerate(entries):
        if any(mine < other for other in entries):
            flags.append(0.0)
        elif all(mine >= other for j, other in enumerate(entries) if j != i):
            taken = sum(flags) if first else 0.0
            flags.append(taken if np.isnan(taken) else 1.0 - taken)
        else:
            flags.append(np.nan)
    return flags


def largest(x: Node, axis: str, ties: Ties = "even") -> Node:
    """The weights w ≥ 0, Σ w = 1, with max x = Σ w x.

    Raises: ValueError if x has no such axis, or the convention is unknown.
    """
    checked_axis(x, axis, "to take a maximum over")
    if ties not in ("even", "first"):
        raise ValueError(f"unknown convention for ties {ties!r}; choose 'even' or 'first'")
    marked = Largest(x.axes, (x,), axis, ties)
    if ties == "first":
        return marked
    return elementwise(lambda mark, count: mark / count, marked, total(marked, [axis]))


def maximum(x: Node, axis: str, ties: Ties = "even") -> Node:
    """The maximum over an axis, as Σ w x with the weights of `largest`.

    Raises: ValueError if x has no such axis, or the convention is unknown.
    """
    kept = tuple(a for a in x.axes if a != axis)
    return contraction((largest(x, axis, ties), x), kept)
