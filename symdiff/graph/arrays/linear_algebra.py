"""Invert, multiply and take determinants of square matrices of numbers or balls.

Object arrays hold balls or mpmath's numbers. Of balls, flint's matrices give proven enclosures; a
matrix that is not proven to be regular leaves the whole line, in which any truth lies.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt

from symdiff.graph.arrays.contract import ball_product

Matrix = npt.NDArray[Any]

_BALL = "arb"  # python-flint's, which this room does not import unless it is given some


def each_matrix(function: Callable[[Matrix], Any], operand: Any, *, keeps: bool = True) -> Matrix:
    """`function` of each matrix of an object array: a matrix of its size, or a number."""
    shape = operand.shape if keeps else operand.shape[:-2]
    found = np.empty(shape, dtype=object)
    for place in np.ndindex(operand.shape[:-2]):
        found[place] = function(_of_one_kind(operand[place]))
    return found


def _of_one_kind(matrix: Matrix) -> Matrix:
    """The matrix itself; of balls and flags, or of zeros that are absent, plain balls of all."""
    kinds = {type(entry) for entry in matrix.flat}
    if len(kinds) == 1 and _BALL in {kind.__name__ for kind in kinds}:
        return matrix
    if not any(base.__name__ == _BALL for kind in kinds for base in kind.__mro__):
        return matrix
    from flint import arb  # python-flint is needed by certified arithmetic alone

    return np.asarray(np.frompyfunc(arb, 1, 1)(matrix), dtype=object)


def is_balls(matrix: Matrix) -> bool:
    """Whether the entries of an array are balls."""
    return any(type(entry).__name__ == _BALL for entry in matrix.flat[:1])


def whole_line() -> Any:
    """The ball of all numbers, which says nothing."""
    from flint import arb  # python-flint is needed by certified arithmetic alone

    return arb(0, arb.pos_inf())


def inverted(matrix: Matrix) -> Matrix:
    """The inverse of a matrix of balls or of mpmath's numbers."""
    n = len(matrix)
    if is_balls(matrix):
        from flint import arb, arb_mat  # as above

        if any(entry.is_nan() for entry in matrix.flat):
            return np.full(matrix.shape, arb.nan(), dtype=object)
        try:
            return _array(arb_mat(matrix.tolist()).inv())
        except ZeroDivisionError:
            return np.full(matrix.shape, whole_line(), dtype=object)
    if not n:
        return matrix
    try:
        return np.array(mpmath.inverse(mpmath.matrix(matrix.tolist())).tolist(), dtype=object)
    except ZeroDivisionError:
        return np.full(matrix.shape, mpmath.nan, dtype=object)


def adjugate(matrix: Matrix, one: Any) -> tuple[Any, Matrix]:
    """The determinant and the adjugate of a matrix of numbers of any kind, singular ones too.

    Of balls that are proven to be regular det X times X⁻¹, which takes n³ operations. Else without
    any division but by 1 … n, which takes n⁴. Source: Faddeev and LeVerrier; Gantmacher, The Theory
    of Matrices, vol. 1, IV §5.
    """
    n = len(matrix)
    if is_balls(matrix):
        from flint import arb_mat  # as above

        with suppress(ZeroDivisionError):
            balls = arb_mat(matrix.tolist())
            determinant, inverse = balls.det(), balls.inv()
            return determinant, _array(inverse * determinant)
    identity = np.where(np.eye(n, dtype=bool), one, one * 0)
    adjugate, determinant = identity, one
    for k in range(1, n + 1):
        adjugate = matmul_of(matrix, adjugate) + identity * determinant if k > 1 else identity
        trace = sum(np.diagonal(matmul_of(matrix, adjugate)), start=one * 0)
        determinant = -trace / k
    sign = 1 if n % 2 == 0 else -1
    return determinant * sign, adjugate * -sign


def matmul_of(a: Matrix, b: Matrix) -> Matrix:
    """The product of two matrices of numbers; of balls by flint, which is many times faster."""
    if a.size and b.size and is_balls(a) and is_balls(b):
        return ball_product(a, b)
    return np.asarray(np.dot(a, b))


def _array(matrix: Any) -> Matrix:
    found = np.empty((matrix.nrows(), matrix.ncols()), dtype=object)
    found[...] = matrix.tolist()
    return found
