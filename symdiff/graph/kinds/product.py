"""Multiply along an axis, and for each entry multiply the others.

x̄ = ȳ × the product of the others: never ȳ y/x, so it is right where a factor is 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy
from sympy import Eq, Expr, Piecewise, Symbol

from symdiff.graph.arrays.steps import ArrayOperation, Roundings, Tangents, ValueOf, operation
from symdiff.graph.kinds.einsum import contraction
from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.kinds.position import position
from symdiff.graph.kinds.renamed import renamed
from symdiff.graph.node import Entries, Indices, Node, Steps, Write, another, checked_axis
from symdiff.notation.arrays import applied, size
from symdiff.trees.over_index import product_over


class Product(Node):
    """The product of the operand's entries along `axis`, which vanishes."""

    __slots__ = ("axis",)
    axis: str

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """ȳ times the product of the others."""
        (x,) = self.operands
        return (contraction((cotangent, Others(x.axes, (x,), self.axis)), x.axes),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step of numpy's prod."""
        (x,) = self.operands
        return steps.assign(
            operation(
                multiplied,
                *(steps.value(x), x.axes.index(self.axis), _one(steps)),
                kind=Multiplying,
            )
        )

    def whole(self, write: Write) -> Expr:
        """The text prod_n(x)."""
        return applied("prod", (self.axis,), self.axes, map(write, self.operands))

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """The product ∏ x[i]."""
        each = entries.take()
        factor = entries.write(self.operands[0], {**indices, self.axis: each})
        return product_over(factor, (each, 0, size(self.axis) - 1))


class Others(Node):
    """For each entry of the operand the product of the others along `axis`."""

    __slots__ = ("axis",)
    axis: str

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """x̄ₖ = Σᵢ ōᵢ ∏ xⱼ over the j that are neither i nor k, and i not k."""
        (x,) = self.operands
        k, i = self.axis, another(self.axis, x.axes)
        from_i = renamed(
            contraction((cotangent,), x.axes), tuple(i if a == k else a for a in x.axes)
        )
        without_i = elementwise(
            lambda a, p, q: Piecewise((1, Eq(p, q)), (a, True)), x, position(i), position(k)
        )
        rest = Others(without_i.axes, (without_i,), k)
        part = elementwise(
            lambda o, r, p, q: Piecewise((0, Eq(p, q)), (o * r, True)),
            *(from_i, rest, position(i), position(k)),
        )
        return (contraction((part,), x.axes),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step that multiplies what is before with what is behind."""
        (x,) = self.operands
        return steps.assign(
            operation(
                multiplied_others,
                *(steps.value(x), x.axes.index(self.axis), _one(steps)),
                kind=MultiplyingOthers,
            )
        )

    def whole(self, write: Write) -> Expr:
        """The text prod_others_n(x)."""
        return applied("prod_others", (self.axis,), self.axes, map(write, self.operands))

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """∏ x[j] over the others."""
        each, own = entries.take(), indices[self.axis]
        factor = entries.write(self.operands[0], {**indices, self.axis: each})
        others = Piecewise((1, Eq(each, own)), (factor, True))
        return product_over(others, (each, 0, size(self.axis) - 1))


class Multiplying(ArrayOperation):
    """The step that multiplies along an axis."""

    def moved(self, value: ValueOf, made: Any, tangents: Tangents) -> Any:  # noqa: ARG002 - see below
        """Σ ẋ × the product of the others."""
        (x, axis, one), (tangent,) = self.arguments(value), tangents.values()
        return (multiplied_others(x, axis, one) * tangent).sum(axis + 1)

    def roundings(self, value: ValueOf, made: Any) -> Roundings:
        """One rounding for each multiplication."""
        x, axis, _ = self.arguments(value)
        return Roundings(max(x.shape[axis] - 1, 0) * np.abs(made))


class MultiplyingOthers(ArrayOperation):
    """The step that multiplies, for each entry, the others along an axis."""

    def moved(self, value: ValueOf, made: Any, tangents: Tangents) -> Any:  # noqa: ARG002 - see below
        """The product rule of what is before and what is behind, entry by entry along the axis."""
        (x, axis, _), (tangent,) = self.arguments(value), tangents.values()
        rows, ways = np.moveaxis(x, axis, -1), np.moveaxis(tangent, axis + 1, -1)
        before, behind = _running(rows, ways), _running(rows[..., ::-1], ways[..., ::-1])
        behind = tuple(part[..., ::-1] for part in behind)
        return np.moveaxis(before[1] * behind[0] + before[0] * behind[1], -1, axis + 1)

    def roundings(self, value: ValueOf, made: Any) -> Roundings:
        """One rounding for each multiplication."""
        x, axis, _ = self.arguments(value)
        return Roundings(max(x.shape[axis] - 2, 0) * np.abs(made))


def _running(rows: Any, ways: Any) -> tuple[Any, Any]:
    """The product of all entries before each along the last axis, and its tangents."""
    products, moved = np.ones(rows.shape), np.zeros(ways.shape)
    for i in range(1, rows.shape[-1]):
        last = rows[..., i - 1]
        moved[..., i] = moved[..., i - 1] * last + products[..., i - 1] * ways[..., i - 1]
        products[..., i] = products[..., i - 1] * last
    return products, moved


def _one(steps: Steps) -> Symbol:
    return steps.assign(sympy.S.One)


def multiplied(operand: Any, axis: int, one: Any) -> Any:
    """The product along an axis; `one`, of the operand's kind, of none."""
    return np.multiply.reduce(operand, axis, initial=np.asarray(one)[()])


def multiplied_others(operand: Any, axis: int, one: Any) -> Any:
    """For each entry the product of the others along an axis, at a cost that is linear."""
    rows = np.moveaxis(operand, axis, -1)
    first = np.broadcast_to(np.asarray(one, dtype=rows.dtype), (*rows.shape[:-1], 1))
    before = np.multiply.accumulate(np.concatenate([first, rows[..., :-1]], -1), -1)
    backwards = np.concatenate([first, rows[..., :0:-1]], -1)
    behind = np.multiply.accumulate(backwards, -1)[..., ::-1]
    return np.moveaxis(before * behind, -1, axis) if rows.shape[-1] else operand


def product(x: Node, axis: str) -> Node:
    """The product along an axis. Raises: ValueError if x has no such axis."""
    checked_axis(x, axis, "to multiply along")
    return Product(tuple(a for a in x.axes if a != axis), (x,), axis)
