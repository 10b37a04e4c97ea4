"""The inverse of square matrices: Y = X⁻¹, X̄ = −Yᵀ Ȳ Yᵀ.

Source: Giles 2008, An extended collection of matrix derivative results, §2.2.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symdiff.graph.arrays.linear_algebra import each_matrix, inverted
from symdiff.graph.arrays.steps import ArrayOperation, Roundings, Tangents, ValueOf, operation
from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.matrices import checked_square, matmul, no_entry
from symdiff.graph.node import Entries, Indices, Node, Steps, Write
from symdiff.notation.arrays import applied


class Inverse(Node):
    """The inverse of the matrices in the last two axes, over the same axes."""

    __slots__ = ()
    everywhere = False

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """The adjoint −Yᵀ Ȳ Yᵀ."""
        left = matmul(self, cotangent, turned=(True, False))
        product = matmul(left, self, turned=(False, True))
        return (elementwise(lambda a: -a, product),)

    def lowered(self, steps: Steps) -> Symbol:
        """The step numpy.linalg.inv; for balls flint's."""
        return steps.assign(operation(inverses, steps.value(self.operands[0]), kind=Inverting))

    def whole(self, write: Write) -> Expr:
        """The text inv(x)."""
        return applied("inv", (), self.axes, map(write, self.operands))

    def entry(self, indices: Indices, entries: Entries) -> Expr:  # noqa: ARG002 - none is written
        """No entry is written out. Raises: TooLarge."""
        return no_entry("the inverse of a matrix")


class Inverting(ArrayOperation):
    """The step that inverts matrices by elimination."""

    def moved(self, value: ValueOf, made: Any, tangents: Tangents) -> Any:  # noqa: ARG002 - all in Y
        """The tangents −Y Ẋ Y."""
        (tangent,) = tangents.values()
        return -(made @ tangent @ made)

    def roundings(self, value: ValueOf, made: Any) -> Roundings:
        """4n |Y| |X| |Y|, the 4 for the growth of pivots. Source: Higham 2002, §14.1."""
        (x,) = self.arguments(value)
        return Roundings(summed=4 * x.shape[-1] * (np.abs(made) @ np.abs(x) @ np.abs(made)))


def inverses(operand: Any) -> Any:
    """The inverse of each matrix; NaN where there is none."""
    if operand.dtype == object:
        return each_matrix(inverted, operand)
    try:
        return np.linalg.inv(operand)
    except np.linalg.LinAlgError:  # numpy refuses all for one: so one at a time
        found = np.full(operand.shape, np.nan)
        for place in np.ndindex(operand.shape[:-2]):
            if np.linalg.matrix_rank(operand[place]) == operand.shape[-1]:
                found[place] = np.linalg.inv(operand[place])
        return found


def inverse(x: Node) -> Node:
    """The inverse of the matrices in the last two axes. Raises: ValueError if there are no two."""
    checked_square(x, "an inverse")
    return Inverse(x.axes, (x,))
