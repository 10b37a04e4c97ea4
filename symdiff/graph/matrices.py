"""Transpose and multiply the square matrices in the last two axes of an array."""

from __future__ import annotations

from sympy import Expr

from symdiff.graph.kinds.einsum import contraction
from symdiff.graph.kinds.renamed import renamed
from symdiff.graph.node import Node, another
from symdiff.notation.arrays import Axes
from symdiff.trees.extent import TooLarge


def checked_square(x: Node, purpose: str) -> Axes:
    """The axes of the rows and the columns, if both have one length.

    Raises: ValueError if there are no two axes.
    """
    if len(x.axes) < 2:
        raise ValueError(
            f"{purpose} goes over the last two axes, which are one length; "
            f"an array over ({' '.join(x.axes)}) was given"
        )
    return x.axes[-2:]


def transposed(x: Node) -> Node:
    """The transpose in the last two axes, which keep their names."""
    *batch, i, j = x.axes
    turned = contraction((x,), (*batch, j, i))
    return renamed(turned, x.axes)


def matmul(a: Node, b: Node, *, turned: tuple[bool, bool] = (False, False)) -> Node:
    """a b in the last two axes, which are called as those of a; `turned` says which are transposed.

    Both have the axes of a, in any order.
    """
    *batch, i, j = a.axes
    inner = another(j, (*a.axes, *b.axes))
    b = contraction((b,), a.axes)
    left = renamed(a, (*batch, inner, i) if turned[0] else (*batch, i, inner))
    right = renamed(b, (*batch, j, inner) if turned[1] else (*batch, inner, j))
    return contraction((left, right), a.axes)


def no_entry(what: str) -> Expr:
    """Refuse to write an entry of such a matrix. Raises: TooLarge."""
    raise TooLarge(f"as long as {what}")
