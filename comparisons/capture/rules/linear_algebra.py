"""Rules of the inverse, determinant, Cholesky factor, and of linear equations by the inverse."""

from __future__ import annotations

import numpy as np
import sympy

from comparisons.capture.arrays.axes import axes_of, axis, labelled, length_of
from comparisons.capture.calls.call import Call
from comparisons.capture.refusal import NoRule
from comparisons.capture.rules.registry import rule
from symdiff.graph import (
    Node,
    cholesky,
    contraction,
    determinant,
    elementwise,
    inverse,
    literal,
    renamed,
    stop,
)

_BATCH = "uvwxyz"


def transposed(node: Node) -> Node:
    """The same node with its last two axes' entries exchanged, under the same names."""
    *batch, rows, columns = node.axes
    first, second = axis("c", length_of(rows)), axis("r", length_of(columns))
    crossed = renamed(node, (*batch, first, second))
    return renamed(contraction((crossed,), (*batch, second, first)), node.axes)


def inverted(node: Node, size: int) -> Node:
    """The inverse of square matrices, of size 1 too, which have no axes."""
    return elementwise(lambda a: 1 / a, node) if size == 1 else inverse(node)


def triangle(node: Node, size: int, *, upper: bool, unit: bool = False) -> Node:
    """The part of square matrices that a triangular solver reads."""
    if size == 1:
        return elementwise(lambda a: a * 0 + 1, node) if unit else node
    ones = np.ones((size, size))
    strict = int(unit)
    mask = np.triu(ones, strict) if upper else np.tril(ones, -strict)
    axes = node.axes[-2:]
    read = elementwise(lambda a, m: a * m, node, literal(mask, axes))
    if not unit:
        return read
    return elementwise(lambda a, e: a + e, read, literal(np.eye(size), axes))


@rule("linalg_inv_ex")
def inv(call: Call) -> tuple[Node, None]:
    """A⁻¹."""
    return inverted(call.full("A"), call.shape("A")[-1]), None


def _determinant(call: Call) -> Node:
    shape = call.shape("A")
    node = call.full("A")
    if shape[-1] == 1:
        return renamed(node, axes_of(shape[:-2]))
    return renamed(determinant(node), axes_of(shape[:-2]))


@rule("_linalg_det")
def det(call: Call) -> tuple[Node, None, None]:
    """det A."""
    return _determinant(call), None, None


@rule("_linalg_slogdet")
def slogdet(call: Call) -> tuple[Node, Node, None, None]:
    """The sign and the logarithm of |det A|."""
    value = _determinant(call)
    logarithm = elementwise(lambda d: sympy.log(sympy.Abs(d)), value)
    return elementwise(sympy.sign, value), logarithm, None, None


def _factor(call: Call) -> Node:
    node, size, upper = call.full("self"), call.shape("self")[-1], call["upper"]
    if size == 1:
        return elementwise(sympy.sqrt, node)
    given = call.array("self")
    if not np.array_equal(given, np.swapaxes(given, -1, -2)):
        node = _as_read(node, size, upper=upper)
    factor = cholesky(node)
    return transposed(factor) if upper else factor


def _as_read(node: Node, size: int, *, upper: bool) -> Node:
    """The symmetric matrices of which the kernel reads a triangle, with the adjoint of all entries.

    Q Qᵀ in float32 is symmetric up to rounding. torch's gradient is that of a symmetric matrix all
    the same: of the symmetric part, about which the triangle that was read is a constant.
    """
    read, strict = triangle(node, size, upper=upper), np.tril(np.ones((size, size)), -1)
    beyond = literal(strict.T if upper else strict, node.axes[-2:])
    mirrored = transposed(elementwise(lambda a, m: a * m, node, beyond))
    apart = elementwise(
        lambda a, b, x, y: a + b - (x + y) / 2, read, mirrored, node, transposed(node)
    )
    return elementwise(lambda x, d: x + d, node, stop(apart, "the triangle that is read"))


@rule("linalg_cholesky_ex")
def cholesky_ex(call: Call) -> tuple[Node, None]:
    """L with A = L Lᵀ; torch's gradient is that of a symmetric A."""
    return _factor(call), None


@rule("cholesky")
def cholesky_(call: Call) -> Node:
    """L with A = L Lᵀ, by torch's old name."""
    return _factor(call)


def _solved(call: Call, left: Node, of: str, by: str, *, from_left: bool, vector: bool) -> Node:
    """A⁻¹ B or B A⁻¹, batch dimensions broadcast. `left` is A's value."""
    a_shape, b_shape, shape = call.shape(of), call.shape(by), tuple(call.result.shape)
    own = "q" if vector else ("qr" if from_left else "rq")
    to = "p" if vector else ("pr" if from_left else "rp")
    batch = _BATCH[: len(shape) - len(to)]

    def letters(rank: int, matrix: str) -> str:
        lead = rank - len(matrix)
        return batch[len(batch) - lead :] + matrix

    a_letters = letters(len(a_shape), "pq" if from_left else "qp")
    inverse_of = inverted(left, a_shape[-1])
    factors = (
        renamed(inverse_of, labelled(a_letters, a_shape)),
        call.lettered(by, letters(len(b_shape), own)),
    )
    return renamed(contraction(factors, labelled(batch + to, shape)), axes_of(shape))


@rule("_linalg_solve_ex")
def solve(call: Call) -> tuple[Node, None, None, None]:
    """The X with A X = B, or X A = B."""
    a, b = call.shape("A"), call.shape("B")
    vector = len(b) == 1 or (len(a) - 1 == len(b) and b == a[:-1])
    made = _solved(call, call.full("A"), "A", "B", from_left=call["left"], vector=vector)
    return made, None, None, None


@rule("linalg_solve_triangular")
def solve_triangular(call: Call) -> Node:
    """The X with A X = B, or X A = B, where A is the triangle that is read."""
    size = call.shape("self")[-1]
    read = triangle(call.full("self"), size, upper=call["upper"], unit=call["unitriangular"])
    return _solved(call, read, "self", "B", from_left=call["left"], vector=False)


@rule("triangular_solve")
def triangular_solve(call: Call) -> tuple[Node, Node]:
    """The same as `solve_triangular` by its old name, perhaps of the transpose."""
    size = call.shape("A")[-1]
    read = triangle(call.full("A"), size, upper=call["upper"], unit=call["unitriangular"])
    if call["transpose"] and size > 1:
        read = transposed(read)
    made = _solved(call, read, "A", "self", from_left=True, vector=False)
    return made, call.node("A")


@rule("cholesky_inverse")
def cholesky_inverse(call: Call) -> Node:
    """(L Lᵀ)⁻¹."""
    size = call.shape("self")[-1]
    factor = triangle(call.full("self"), size, upper=call["upper"])
    if size == 1:
        return elementwise(lambda a: a**-2, factor)
    if not factor.axes:
        raise NoRule
    *batch, rows, columns = factor.axes
    inner = axis("k", size)
    left, right = (rows, inner), (columns, inner)
    if call["upper"]:
        left, right = (inner, rows), (inner, columns)
    square = contraction(
        (renamed(factor, (*batch, *left)), renamed(factor, (*batch, *right))), factor.axes
    )
    return inverse(square)
