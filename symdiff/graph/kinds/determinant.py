"""The determinant of square matrices and its derivative, the cofactors, singular ones too.

X̄ = ȳ × cofactors of X: the polynomial itself, never det X times X⁻ᵀ.
Source: Giles 2008, An extended collection of matrix derivative results, §2.2.4; Jacobi's formula.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy
from sympy import And, Eq, Expr, Or, Piecewise, Symbol

from symdiff.graph.arrays.linear_algebra import adjugate, each_matrix
from symdiff.graph.arrays.steps import ArrayOperation, Roundings, Tangents, ValueOf, operation
from symdiff.graph.kinds.einsum import contraction
from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.kinds.position import position
from symdiff.graph.kinds.renamed import renamed
from symdiff.graph.matrices import checked_square, no_entry
from symdiff.graph.node import Entries, Indices, Node, Steps, Write, another
from symdiff.notation.arrays import applied

_STEP = 1e-6  # of a central difference, relative to the largest entry


class Determinant(Node):
    """The determinant of the matrices in the last two axes, which vanish."""

    __slots__ = ()

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """ȳ times the cofactors."""
        (x,) = self.operands
        return (contraction((cotangent, Cofactors(x.axes, (x,))), x.axes),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step numpy.linalg.det; for other numbers without division."""
        value, one = steps.value(self.operands[0]), steps.assign(sympy.S.One)
        return steps.assign(operation(determinants, value, one, kind=Determining))

    def whole(self, write: Write) -> Expr:
        """The text det(x)."""
        return applied("det", (), self.axes, map(write, self.operands))

    def entry(self, indices: Indices, entries: Entries) -> Expr:  # noqa: ARG002 - none is written
        """No entry is written out. Raises: TooLarge."""
        return no_entry("a determinant")


class Cofactors(Node):
    """The derivative ∂det/∂x: for each entry the signed determinant without its row and column."""

    __slots__ = ()

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """Each cofactor is the determinant of x with a 1 there and 0 in the rest of row and column.

        So x̄ₖₗ = Σᵢⱼ c̄ᵢⱼ × the cofactor (k, l) of that matrix, over i ≠ k and j ≠ l.
        """
        (x,) = self.operands
        *batch, k, l = x.axes
        i = another(k, x.axes)
        j = another(l, (*x.axes, i))
        weights = renamed(contraction((cotangent,), x.axes), (*batch, i, j))
        places = [position(axis) for axis in (i, j, k, l)]
        left = elementwise(
            lambda a, i, j, k, l: Piecewise(
                (1, And(Eq(i, k), Eq(j, l))), (0, Or(Eq(i, k), Eq(j, l))), (a, True)
            ),
            *(x, *places),
        )
        rows_last = contraction((left,), (*batch, i, j, k, l))
        second = Cofactors(rows_last.axes, (rows_last,))
        part = elementwise(
            lambda w, c, i, j, k, l: Piecewise((0, Or(Eq(i, k), Eq(j, l))), (w * c, True)),
            *(weights, second, *places),
        )
        return (contraction((part,), x.axes),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step that takes cofactors, in float64 by singular values, else without division."""
        value, one = steps.value(self.operands[0]), steps.assign(sympy.S.One)
        return steps.assign(operation(cofactors, value, one, kind=TakingCofactors))

    def whole(self, write: Write) -> Expr:
        """The text cofactors(x)."""
        return applied("cofactors", (), self.axes, map(write, self.operands))

    def entry(self, indices: Indices, entries: Entries) -> Expr:  # noqa: ARG002 - none is written
        """No entry is written out. Raises: TooLarge."""
        return no_entry("a matrix of cofactors")


class Determining(ArrayOperation):
    """The step that computes determinants by elimination."""

    def moved(self, value: ValueOf, made: Any, tangents: Tangents) -> Any:  # noqa: ARG002 - see below
        """Σ C ∘ Ẋ, C the cofactors."""
        (x, one), (tangent,) = self.arguments(value), tangents.values()
        return (cofactors(x, one) * tangent).sum((-2, -1))

    def roundings(self, value: ValueOf, made: Any) -> Roundings:  # noqa: ARG002 - see below
        """The change of the determinant by a change of X by 4n of its units.

        Source: Higham 2002, §14.6.1.
        """
        x, one = self.arguments(value)
        size = (np.abs(cofactors(x, one)) * np.abs(x)).sum((-2, -1))
        return Roundings(summed=4 * x.shape[-1] * size)


class TakingCofactors(ArrayOperation):
    """The step that computes cofactors by singular values or elimination."""

    def moved(self, value: ValueOf, made: Any, tangents: Tangents) -> Any:  # noqa: ARG002 - see below
        """A central difference: cofactors are polynomials, and an allowance needs few digits."""
        (x, one), (tangent,) = self.arguments(value), tangents.values()
        length = np.abs(tangent).max((-2, -1), keepdims=True)
        step = _STEP * np.abs(x).max((-2, -1), keepdims=True) / np.where(length == 0, 1.0, length)
        apart = cofactors(x + step * tangent, one) - cofactors(x - step * tangent, one)
        return np.where(step == 0, 0.0, apart / (2 * np.where(step == 0, 1.0, step)))

    def roundings(self, value: ValueOf, made: Any) -> Roundings:
        """What a change of X by 4n units of its norm may change: ∏ of its n − 2 largest values."""
        x, _ = self.arguments(value)
        n = x.shape[-1]
        s = np.linalg.svd(np.nan_to_num(x), compute_uv=False)
        size = s[..., :1] * s[..., : max(n - 2, 0)].prod(-1, keepdims=True)
        return Roundings(summed=4 * n * n * np.broadcast_to(size[..., np.newaxis], made.shape))


def determinants(operand: Any, one: Any) -> Any:
    """The determinant of each matrix."""
    if operand.dtype == object:
        one = np.asarray(one)[()]
        return each_matrix(lambda m: adjugate(m, one)[0], operand, keeps=False)
    return np.linalg.det(operand)


def cofactors(operand: Any, one: Any) -> Any:
    """The cofactors of each matrix, in float64 U (∏ of the other singular values) Vᵀ det U det V.

    Source: Stewart, "On the adjugate matrix", Linear Algebra Appl. 283 (1998).
    """
    if operand.dtype == object:
        one = np.asarray(one)[()]
        return each_matrix(lambda m: adjugate(m, one)[1].T, operand)
    n = operand.shape[-1]
    if not operand.size or not np.isfinite(operand).all():
        return np.full(operand.shape, np.nan)
    u, s, vt = np.linalg.svd(operand)
    others = np.where(np.eye(n, dtype=bool), 1.0, s[..., np.newaxis, :]).prod(-1)
    turned = np.rint(np.linalg.det(u) * np.linalg.det(vt))  # ±1
    return turned[..., np.newaxis, np.newaxis] * np.matmul(u * others[..., np.newaxis, :], vt)


def determinant(x: Node) -> Node:
    """The determinant of the matrices in the last two axes.

    Raises: ValueError if there are no two.
    """
    checked_square(x, "a determinant")
    return Determinant(x.axes[:-2], (x,))
