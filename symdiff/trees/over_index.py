"""Write sums and products over an index.

SymPy's own constructors fold cases: of a product over k they lead those that hang on k outside of
it (1.14: `piecewise_fold`), where k means nothing, and simplify what comes out of that.
"""

from __future__ import annotations

from sympy import Expr, Product, Sum, Symbol, Tuple

Range = tuple[Symbol, Expr, Expr]  # an index, its first value and its last


def sum_over(term: Expr, *ranges: Range) -> Expr:
    """The sum Σ term over the index."""
    return _over(Sum, term, ranges)


def product_over(factor: Expr, index: Range) -> Expr:
    """The product ∏ factor over the index."""
    return _over(Product, factor, (index,))


def _over(kind: type[Expr], inner: Expr, ranges: tuple[Range, ...]) -> Expr:
    made = Expr.__new__(kind, inner, *(Tuple(*one) for one in ranges))
    made.is_commutative = True
    return made
