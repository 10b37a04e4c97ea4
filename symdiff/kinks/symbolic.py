"""Find breakpoints in one variable of a formula that has others: where z = t, in terms of t.

Linear and quadratic borders have their formulas; another border is said to be unresolved.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import sympy
from sympy import Expr, Piecewise, Rational, S, Symbol
from sympy.core.relational import Relational

from symdiff.functions import Extreme
from symdiff.kinks.branches import NoCaseHolds, SignWanted, chosen
from symdiff.kinks.kink import Kink, Kinks, Unresolved
from symdiff.kinks.polynomial import exact_roots, terms

_MOST_CASES = 6  # |·| in one border: each doubles the formulas that are solved


def breakpoints(expression: Expr, z: Symbol) -> tuple[Expr, ...]:
    """The zeros of the borders that have a formula, in order where that is known."""
    return _solved(expression, z)[0]


def isolate(function: Expr, derivative: Expr, z: Symbol) -> Kinks:
    """The kinks at those zeros; for each border without a formula the whole axis is unresolved."""
    points, unsolved = _solved(function, z)
    found = tuple(
        Kink(
            at,
            left=_side(derivative, z, at, points, -1),
            right=_side(derivative, z, at, points, 1),
            taken=_value(derivative, z, at, at),
        )
        for at in points
    )
    reason = "the border {} depends on other variables and has no formula for its zeros"
    open_ = tuple(Unresolved(-math.inf, math.inf, reason.format(b)) for b in unsolved)
    return Kinks(found, open_)


def _solved(expression: Expr, z: Symbol) -> tuple[tuple[Expr, ...], list[Expr]]:
    borders = {r.lhs - r.rhs for r in expression.atoms(Relational)}
    borders |= {e.args[0] for e in expression.atoms(sympy.Abs, sympy.sign, sympy.Heaviside)}
    for extreme in expression.atoms(Extreme, sympy.Max, sympy.Min):
        borders |= {a - b for i, a in enumerate(extreme.args) for b in extreme.args[:i]}
    points: set[Expr] = set()
    unsolved = []
    for border in sorted(borders, key=sympy.default_sort_key):
        if z not in border.free_symbols:
            continue
        for case in _without_abs(border):
            coefficients = terms(sympy.expand(case), z) if _is_plain(case) else None
            roots = None if coefficients is None else exact_roots(coefficients, _sign)
            if roots is None:
                unsolved.append(border)
                break
            points |= {at for at, _ in roots if _is_zero(border, z, at)}
    return tuple(sorted(points, key=_order)), unsolved


def _is_plain(e: Expr) -> bool:
    return not e.has(Piecewise, sympy.Abs, sympy.sign, sympy.Heaviside, Extreme)


def _order(at: Expr) -> tuple[float, str]:
    """The order of the breakpoints where the other symbols are 0: t − 1 before t before t + 1."""
    value = at.xreplace(dict.fromkeys(at.free_symbols, S.Zero))
    return (float(value) if value.is_finite else 0.0, str(at))


def _sign(e: Expr) -> int | None:
    known = ((e.is_zero, 0), (e.is_positive, 1), (e.is_negative, -1))
    found = next((s for holds, s in known if holds), None)
    return 1 if found is None and e.is_nonzero else found  # of a leading coefficient


def _is_zero(border: Expr, z: Symbol, at: Expr) -> bool:
    return bool(sympy.expand(border.xreplace({z: at})).is_zero)


def _without_abs(border: Expr) -> Iterator[Expr]:
    """The border with each |a| replaced by a and by −a: its roots are among theirs."""
    absolutes = border.atoms(sympy.Abs)
    inner = next((a for a in absolutes if not a.args[0].has(sympy.Abs)), None)
    if inner is None or len(absolutes) > _MOST_CASES:
        yield border
        return
    for sign in (1, -1):
        yield from _without_abs(border.xreplace({inner: sign * inner.args[0]}))


def _side(expression: Expr, z: Symbol, at: Expr, points: tuple[Expr, ...], side: int) -> Expr:
    """The value at `at` of the case that holds beside it, nearer than any other breakpoint."""
    gaps = [abs(other - at) for other in points if other != at]
    gaps = [g for g in gaps if g.is_number]
    return _value(expression, z, at, at + side * min([*gaps, S.One]) * Rational(1, 3))


def _value(expression: Expr, z: Symbol, at: Expr, beside: Expr) -> Expr:
    """The value at `at` in the case that holds at `beside`; NaN where that is not decided."""
    try:
        return chosen(expression, _sign_at(z, beside)).xreplace({z: at})
    except (SignWanted, NoCaseHolds, RecursionError):
        return S.NaN


def _sign_at(z: Symbol, beside: Expr) -> Callable[[Expr, Expr], int]:
    def sign(border: Expr, smooth: Expr) -> int:
        value = sympy.sign(sympy.expand(smooth.xreplace({z: beside})))
        if not value.is_Integer:
            raise SignWanted(border, smooth)
        return int(value)

    return sign
