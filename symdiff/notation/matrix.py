"""Print einsums as matrix algebra where they are: aᵀ, x w, x z̄ᵀ, Σ z̄, x W_k for every k."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Expr

from symdiff.notation.arrays import Axes, Contraction


@dataclass(frozen=True)
class MatrixNotation:
    """The signs of matrix algebra in a medium, text or LaTeX."""

    times: str  # between two factors
    entrywise: str  # between factors multiplied entry by entry
    transpose: str  # after a factor
    numbered: str  # after a factor that is one matrix for every `{}`
    total: str  # before what is summed over all its axes
    total_over: str  # the same over some axes, `{}`
    einsum: str  # for what is no matrix algebra: subscripts, then factors


@dataclass(frozen=True)
class _Factor:
    text: str
    axes: Axes
    is_name: bool

    def transposed(self, sign: str) -> str:
        return self.alone + sign

    def tight(self, entrywise: str) -> str:
        """The text as a factor of a matrix product: entrywise factors of its own in brackets."""
        return self.alone if _is_outside(entrywise, self.text) else self.text

    @property
    def alone(self) -> str:
        """The text so that a sign behind it is of the whole."""
        return self.text if self.is_name or _bracketed(self.text) else f"({self.text})"

    def numbered(self, axis: str, sign: str) -> _Factor:
        """The matrix that it is at one index of an axis."""
        if axis not in self.axes:
            return self
        return _Factor(self.alone + sign.format(axis), self.without(axis), is_name=True)

    def without(self, axis: str) -> Axes:
        return tuple(a for a in self.axes if a != axis)


def _bracketed(text: str) -> bool:
    """Whether the first bracket closes at the very end."""
    return text.startswith("(") and text.endswith(")") and not _outside(text[1:-1]).count(")")


def _is_outside(sign: str, text: str) -> bool:
    """Whether a sign is in the text outside all brackets."""
    return sign in _outside(text)


def _outside(text: str) -> str:
    """The text without what is in brackets or braces; a bracket that closes too many stays."""
    kept, depth = [], 0
    for character in text:
        if character in "({[":
            depth += 1
        elif depth and character in ")}]":
            depth -= 1
        elif not depth:
            kept.append(character)
    return "".join(kept)


def product_text(e: Contraction, write: Callable[[Expr], str], signs: MatrixNotation) -> str:
    """The contraction as matrix algebra, or with its subscripts if it is none.

    A vector is a row to the left of a matrix and a column to its right, as in numpy's matmul; an
    outer product is column times row.
    """
    parts = [_Factor(write(factor), axes, factor.is_Symbol) for factor, axes in e.factors]
    algebra = None
    if len(parts) == 1:
        algebra = _of_one(parts[0], e.axes, signs)
    elif len(parts) == 2:
        algebra = (
            _of_two(parts[0], parts[1], e.axes, signs)
            or _entrywise(parts[0], parts[1], e.axes, signs)
            or _of_many(parts[0], parts[1], e.axes, signs)
        )
    if algebra is not None:
        return algebra
    subscripts = ", ".join(" ".join(p.axes) for p in parts) + " -> " + " ".join(e.axes)
    return signs.einsum.format(subscripts, ", ".join(p.text for p in parts))


def _of_one(a: _Factor, axes: Axes, signs: MatrixNotation) -> str | None:
    """A transpose or a sum."""
    if len(axes) == 2 and a.axes == axes[::-1]:
        return a.transposed(signs.transpose)
    if tuple(x for x in a.axes if x in axes) != axes:
        return None
    over = ",".join(x for x in a.axes if x not in axes)
    total = signs.total_over.format(over) if axes else signs.total
    return f"{total} {a.text}"


def _of_two(a: _Factor, b: _Factor, axes: Axes, signs: MatrixNotation) -> str | None:
    """An outer product, or a product of matrices and vectors over one shared axis."""
    if max(len(a.axes), len(b.axes)) > 2:
        return None
    shared = [x for x in a.axes if x in b.axes and x not in axes]
    if not shared and len(a.axes) == len(b.axes) == 1 and axes == (*a.axes, *b.axes):
        return f"{a.tight(signs.entrywise)}{signs.times}{b.transposed(signs.transpose)}"
    if len(shared) != 1:
        return None
    for left, right in ((a, b), (b, a)):
        product = _over(shared[0], left, right, axes, signs)
        if product is not None:
            return product
    return None


def _entrywise(a: _Factor, b: _Factor, axes: Axes, signs: MatrixNotation) -> str | None:
    """The sum of an entrywise product over some axes."""
    if a.axes != b.axes or len(axes) == 0 or tuple(x for x in a.axes if x in axes) != axes:
        return None
    over = ",".join(x for x in a.axes if x not in axes)
    return f"{signs.total_over.format(over)} {a.text}{signs.entrywise}{b.text}"


def _of_many(a: _Factor, b: _Factor, axes: Axes, signs: MatrixNotation) -> str | None:
    """A product of matrices for every index of one more axis, or the sum of those products."""
    for k in max(a.axes, b.axes, key=len):
        left, right = a.numbered(k, signs.numbered), b.numbered(k, signs.numbered)
        if len(left.axes) != 2 or len(right.axes) != 2:
            continue
        product = _of_two(left, right, tuple(x for x in axes if x != k), signs)
        if product is not None:
            return product if k in axes else f"{signs.total_over.format(k)} {product}"
    return None


def _over(k: str, left: _Factor, right: _Factor, axes: Axes, signs: MatrixNotation) -> str | None:
    rows, columns = left.without(k), right.without(k)
    if (*rows, *columns) != axes or len(left.axes) + len(right.axes) < 3:
        return None
    if len(left.axes) == 1 and right.axes[0] != k:
        return None  # a row times a transpose: the matrix times a column reads better
    if len(right.axes) == 1 and left.axes[-1] != k:
        return None  # a transpose times a column: the row times the matrix reads better
    as_is = left.tight(signs.entrywise), right.tight(signs.entrywise)
    turned_left = left.transposed(signs.transpose) if left.axes[-1] != k else as_is[0]
    turned_right = right.transposed(signs.transpose) if right.axes[0] != k else as_is[1]
    return turned_left + signs.times + turned_right
