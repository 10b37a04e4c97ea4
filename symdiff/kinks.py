"""Where a function of one variable changes its formula, and what its derivative does there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from sympy import Expr, Piecewise, Rational, Symbol

_ABOVE, _BELOW = 1, -1


@dataclass(frozen=True)
class Kink:
    """A breakpoint and the one-sided derivatives there; `taken` is the convention's choice."""

    at: Expr
    left: Expr
    right: Expr
    taken: Expr

    @property
    def smooth(self) -> bool:
        """Whether the derivative is continuous: nothing to choose."""
        return bool(self.left == self.right == self.taken)

    @property
    def inside_clarke(self) -> bool:
        """Whether `taken` lies in Clarke's generalised gradient [f'₋, f'₊].

        Source: Clarke, Optimization and Nonsmooth Analysis, 1983, §2.1. For a continuous f.
        """
        low, high = sorted((self.left, self.right), key=float)
        return bool(low <= self.taken <= high)


def breakpoints(expression: Expr, z: Symbol) -> tuple[Expr, ...]:
    """Each real number where a condition, |·| or sign in `expression` changes, in order.

    Borders that are polynomials in z and |…| are solved exactly; others are not looked for.
    """
    borders = {r.lhs - r.rhs for r in expression.atoms(sympy.core.relational.Relational)}
    borders |= {e.args[0] for e in expression.atoms(sympy.Abs, sympy.sign)}
    roots: set[Expr] = set()
    for border in borders:
        for case in _without_abs(border):
            if case.has(z) and case.is_polynomial(z):
                found = _real_roots(sympy.Poly(case, z))
                roots.update(r for r in found if sympy.expand(border.subs(z, r)).is_zero)
    return tuple(sorted(roots, key=lambda r: r.evalf(30)))


def _without_abs(border: Expr) -> Iterator[Expr]:
    """The border with each |a| replaced by a and by −a: its roots are among theirs."""
    inner = next((a for a in border.atoms(sympy.Abs) if not a.args[0].has(sympy.Abs)), None)
    if inner is None:
        yield border
        return
    for sign in (1, -1):
        yield from _without_abs(border.xreplace({inner: sign * inner.args[0]}))


def _real_roots(border: sympy.Poly) -> set[Expr]:
    """The distinct real roots; `real_roots` takes rational coefficients only, not √2 or π."""
    if border.domain.is_QQ or border.domain.is_ZZ:
        return set(sympy.real_roots(border))
    return {root for root in sympy.roots(border) if root.is_real}


def kinks(function: Expr, derivative: Expr, z: Symbol) -> tuple[Kink, ...]:
    """The breakpoints of `function` with the limits of its derivative on either side."""
    points = breakpoints(function, z)
    return tuple(
        Kink(
            at,
            left=one_sided(derivative, z, at, points, _BELOW),
            right=one_sided(derivative, z, at, points, _ABOVE),
            taken=derivative.subs(z, at),
        )
        for at in points
    )


def one_sided(expression: Expr, z: Symbol, at: Expr, points: tuple[Expr, ...], side: int) -> Expr:
    """The limit of a piecewise smooth expression as z approaches `at` from one side (±1).

    The case that holds beside `at` is chosen with a number nearer than any other breakpoint, and
    then evaluated at `at` itself, exactly; only where that is 0/0, as sin(z)/z at 0, is a limit
    taken.
    """
    gaps = [abs(other - at) for other in points if other != at]
    beside = at + side * min([*gaps, sympy.Integer(1)]) * Rational(1, 3)

    def case(piecewise: Piecewise) -> Expr:
        return next(e for e, condition in piecewise.args if condition.subs(z, beside) == True)  # noqa: E712 - SymPy's true

    chosen = expression.replace(lambda e: isinstance(e, Piecewise), case)
    chosen = chosen.replace(sympy.sign, lambda a: sympy.sign(a.subs(z, beside)))
    chosen = chosen.replace(sympy.Abs, lambda a: a * sympy.sign(a.subs(z, beside)))
    value = chosen.subs(z, at)
    if value.has(sympy.nan, sympy.zoo):
        return sympy.limit(chosen, z, at, "+" if side == _ABOVE else "-")
    return value
