"""The Cholesky factor of symmetric positive definite matrices: X = L Lᵀ, L lower triangular.

It is a function of the symmetric part (X + Xᵀ)/2, so its adjoint is symmetric, as torch's is:

    X̄ = ½ (S + Sᵀ),  S = L⁻ᵀ Φ(Lᵀ L̄) L⁻¹,  Φ the lower triangle with half its diagonal

Source: Murray 2016, Differentiation of the Cholesky decomposition, arXiv:1602.07527.
"""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
from sympy import Eq, Expr, Piecewise, Rational, Symbol

from symdiff.graph.arrays.linear_algebra import each_matrix, is_balls, whole_line
from symdiff.graph.arrays.steps import ArrayOperation, Roundings, Tangents, ValueOf, operation
from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.kinds.inverse import inverse, inverses
from symdiff.graph.kinds.position import position
from symdiff.graph.matrices import checked_square, matmul, no_entry, transposed
from symdiff.graph.node import Entries, Indices, Node, Steps, Write
from symdiff.notation.arrays import applied


class Cholesky(Node):
    """The lower triangular L with L Lᵀ = (X + Xᵀ)/2, of the matrices in the last two axes."""

    __slots__ = ()
    everywhere = False

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """½ (S + Sᵀ), S = L⁻ᵀ Φ(Lᵀ L̄) L⁻¹."""
        inner = matmul(self, cotangent, turned=(True, False))
        inverted = inverse(self)
        s = matmul(matmul(inverted, _half_lower(inner), turned=(True, False)), inverted)
        return (elementwise(lambda a, b: (a + b) / 2, s, transposed(s)),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step numpy.linalg.cholesky; for other numbers column by column."""
        return steps.assign(operation(factors, steps.value(self.operands[0]), kind=Factoring))

    def whole(self, write: Write) -> Expr:
        """The text cholesky(x)."""
        return applied("cholesky", (), self.axes, map(write, self.operands))

    def entry(self, indices: Indices, entries: Entries) -> Expr:  # noqa: ARG002 - none is written
        """No entry is written out. Raises: TooLarge."""
        return no_entry("a Cholesky factor")


def _half_lower(x: Node) -> Node:
    """Φ: the lower triangle with half its diagonal."""
    i, j = map(position, x.axes[-2:])
    return elementwise(
        lambda a, i, j: Piecewise((a, j < i), (a * Rational(1, 2), Eq(i, j)), (0, True)), x, i, j
    )


class Factoring(ArrayOperation):
    """The step that factors matrices, column by column."""

    def moved(self, value: ValueOf, made: Any, tangents: Tangents) -> Any:  # noqa: ARG002 - all in L
        """L Φ(L⁻¹ Ẋ L⁻ᵀ), Ẋ made symmetric. Source: Murray 2016, eq. 8."""
        (tangent,) = tangents.values()
        inverted = inverses(made)
        symmetric = (tangent + np.swapaxes(tangent, -1, -2)) / 2
        inner = inverted @ symmetric @ np.swapaxes(inverted, -1, -2)
        return made @ (inner * (np.tri(made.shape[-1]) - np.eye(made.shape[-1]) / 2))

    def roundings(self, value: ValueOf, made: Any) -> Roundings:  # noqa: ARG002 - all in L
        """The change of the factor by a change of X by 4n |L| |Lᵀ| units.

        Source: Higham 2002, §10.1.1.
        """
        size, inverted = np.abs(made), np.abs(inverses(made))
        turned = np.swapaxes(size, -1, -2)
        inner = inverted @ size @ turned @ np.swapaxes(inverted, -1, -2)
        return Roundings(summed=4 * made.shape[-1] * np.tril(size @ inner))


def factors(operand: Any) -> Any:
    """The factor of each matrix's symmetric part; NaN where it is not positive definite."""
    symmetric = (operand + np.swapaxes(operand, -1, -2)) / 2
    if operand.dtype == object:
        return each_matrix(_factor, symmetric)
    found = np.full(operand.shape, np.nan)
    for place in np.ndindex(operand.shape[:-2]):
        try:
            found[place] = np.linalg.cholesky(symmetric[place])
        except np.linalg.LinAlgError:
            continue
    return found


def _factor(matrix: Any) -> Any:
    """Column by column, in balls or mpmath's numbers.

    Of balls that are not proven to be positive definite each entry is the whole line, and NaN if it
    is proven that they are not.
    """
    n = len(matrix)
    lower = matrix * 0
    for j in range(n):
        for i in range(j, n):
            rest = matrix[i, j] - sum((lower[i, k] * lower[j, k] for k in range(j)), start=0)
            if i > j:
                lower[i, j] = rest / lower[j, j]
            elif rest > 0:
                lower[i, j] = rest.sqrt() if is_balls(matrix) else mpmath.sqrt(rest)
            else:
                return np.full(matrix.shape, _without(rest), dtype=object)
    return np.where(np.tri(n, dtype=bool), lower, matrix * 0)


def _without(rest: Any) -> Any:
    """What a pivot that is not positive leaves: NaN, or the whole line if it may be positive."""
    if isinstance(rest, mpmath.mpf) or rest <= 0:
        return rest * np.nan
    return whole_line()


def cholesky(x: Node) -> Node:
    """The lower Cholesky factor of the matrices in the last two axes.

    Raises: ValueError if there are no two.
    """
    checked_square(x, "a Cholesky factor")
    return Cholesky(x.axes, (x,))
