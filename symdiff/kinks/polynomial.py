"""Find the exact real roots of polynomials in one variable, by formulas or certified methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sympy
from flint import arb, fmpq, fmpq_poly, fmpz_poly
from sympy import Expr, Rational, S, Symbol

_MOST_TERMS = 200
_DENSE = 128  # the highest degree that is written out with all its coefficients
_ROOT_OF = 8  # the highest degree whose roots are SymPy's numbers; numbers of 60 digits beyond
_LONG = 400  # digits of a coefficient, beyond which intervals are quicker

Terms = dict[int, Expr]


def terms(e: Expr, z: Symbol) -> Terms | None:
    """The coefficients by power of z; None for no polynomial.

    Also None where it would have more than 200 terms: sparse ones of any degree are welcome.
    """
    if z not in e.free_symbols:
        return {0: e} if e != 0 else {}
    if e == z:
        return {1: S.One}
    if e.is_Add:
        parts = [terms(a, z) for a in e.args]
        total: Terms = {}
        for part in parts:
            if part is None:
                return None
            for power, c in part.items():
                total[power] = total.get(power, S.Zero) + c
        return _without_zeros(total)
    if e.is_Mul:
        product: Terms | None = {0: S.One}
        for a in e.args:
            factor = terms(a, z)
            product = None if factor is None or product is None else _times(product, factor)
        return product
    if e.is_Pow and e.exp.is_Integer and e.exp > 0:
        base, n = terms(e.base, z), int(e.exp)
        if base is None:
            return None
        if len(base) == 1:
            ((power, c),) = base.items()
            plain = c in (S.One, S.NegativeOne) or n <= _DENSE
            return {power * n: c**n} if plain else None
        if n > _DENSE:
            return None
        result: Terms | None = {0: S.One}
        for _ in range(n):
            result = None if result is None else _times(result, base)
        return result
    return None


def _times(a: Terms, b: Terms) -> Terms | None:
    if len(a) * len(b) > _MOST_TERMS**2 or max([*a, 0]) + max([*b, 0]) > 10**9:
        return None
    total: Terms = {}
    for i, c in a.items():
        for j, d in b.items():
            total[i + j] = total.get(i + j, S.Zero) + c * d
    return _without_zeros(total) if len(total) <= _MOST_TERMS else None


def _without_zeros(total: Terms) -> Terms:
    return {power: c for power, c in total.items() if c != 0}


def exact_roots(
    coefficients: Terms, sign: Callable[[Expr], int | None]
) -> list[tuple[Expr, arb | None]] | None:
    """The distinct real roots, exact, each with a ball of it if one was computed on the way.

    Args: sign, of a real constant, None if it is not known.
    Returns: None where there is no exact method for this polynomial.
    """
    if not coefficients:
        return None
    lowest = min(coefficients)
    found: list[tuple[Expr, arb | None]] = [(S.Zero, None)] if lowest > 0 else []
    rest = {power - lowest: c for power, c in coefficients.items()}
    degree = max(rest)
    if degree == 0:
        return found
    if degree <= 2:
        others = _by_formula(rest, sign)
    elif degree <= _DENSE and all(c.is_Rational and _short(c) for c in rest.values()):
        others = list(_rational(rest))
    else:
        return None
    return None if others is None else [*found, *others]


def _short(c: Rational) -> bool:
    return max(int(c.p).bit_length(), int(c.q).bit_length()) < _LONG * 3


def _by_formula(
    rest: Terms, sign: Callable[[Expr], int | None]
) -> list[tuple[Expr, arb | None]] | None:
    a, b, c = (rest.get(power, S.Zero) for power in (2, 1, 0))
    if a == 0:
        return None if sign(b) in (None, 0) else [(-c / b, None)]
    discriminant = b * b - 4 * a * c
    if sign(a) in (None, 0):
        return None
    side = sign(discriminant)
    if side is None:
        return None
    if side < 0:
        return []
    root = sympy.sqrt(discriminant)
    return [((-b + s * root) / (2 * a), None) for s in ((1, -1) if side else (1,))]


def _rational(rest: Terms) -> Iterator[tuple[Expr, arb | None]]:
    """The roots by flint's factorisation, whose factors are proven, and certified roots of each."""
    dense = fmpq_poly([fmpq(0)] * (max(rest) + 1))
    for power, c in rest.items():
        dense[power] = fmpq(int(c.p), int(c.q))
    _, factors = dense.numer().factor()
    for factor, _multiplicity in factors:
        if factor.degree() <= 2:
            yield from _small(factor)
            continue
        found: Any = factor.complex_roots()  # pairs of a root and its multiplicity
        reals = [root.real for root, _ in found if root.imag.is_zero()]
        reals.sort(key=lambda r: r.mid())
        for index, ball in enumerate(reals):
            yield _named(factor, index), ball


def _small(factor: fmpz_poly) -> list[tuple[Expr, arb | None]]:
    c, b, a = (sympy.Integer(int(factor[i])) for i in range(3))
    found = _by_formula({2: a, 1: b, 0: c} if a else {1: b, 0: c}, lambda e: int(sympy.sign(e)))
    return found or []


def _named(factor: fmpz_poly, index: int) -> Expr | None:  # None: by its ball alone
    if factor.degree() > _ROOT_OF:
        return None
    x = sympy.Dummy("x")
    coefficients = [int(factor[i]) for i in range(factor.degree(), -1, -1)]
    return sympy.rootof(sympy.Poly(coefficients, x), index)
