"""Differentiate a real expression with cases and kinks, almost everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

import sympy
from sympy import Add, Basic, Expr, Function, Mul, Piecewise, Pow, S, Symbol

from symdiff.functions import Extreme, maximum, minimum
from symdiff.trees.refusals import MAX_DERIVATIVE, UNKNOWN, named, refusing
from symdiff.trees.walks import size, subexpressions

_LONG = 20  # factors of a product
_Of = Callable[[Basic], Expr]  # the derivative of an argument


@lru_cache(maxsize=4096)
def differentiate(expression: Expr, variable: Symbol) -> Expr:
    """The derivative ∂expression/∂variable, defined wherever the expression is differentiable.

    At a kink the derivative is that of the case which holds the point: `z if z > 0 else 0` has
    derivative 0 at 0, and so has |z|. A jump has derivative 0. Each part is differentiated once,
    so the cost is linear in the distinct parts, at any depth.

    Raises: ValueError if the derivative would be too large or has no closed form.
    """
    derivatives: dict[Basic, Expr] = {}  # of those parts that hold the variable
    terms = 0
    for part in subexpressions(expression):
        if part == variable:
            derivatives[part] = S.One
        elif any(a in derivatives for a in part.args):
            terms += len(part.args) ** 2 if part.is_Mul else len(part.args)
            if terms > MAX_DERIVATIVE:
                raise _too_large(expression)
            with refusing("the derivative of", expression):
                derivatives[part] = _derivative(part, derivatives, variable)
    found = derivatives.get(expression, S.Zero)
    if found.is_Mul:
        found = Mul(*found.args)
    if size(found) > MAX_DERIVATIVE:
        raise _too_large(expression)
    if any(isinstance(part, UNKNOWN) for part in subexpressions(found)):
        raise ValueError(
            f"the derivative of {named(expression)} has no closed form here; write the "
            "formula with other functions"
        )
    return found


def _too_large(expression: Expr) -> ValueError:
    return ValueError(
        f"the derivative of {named(expression)} has more than {MAX_DERIVATIVE} parts; "
        "write the formula as a graph of several lines"
    )


def _derivative(part: Basic, derivatives: dict[Basic, Expr], variable: Symbol) -> Expr:
    """The derivative of one part, given those of its arguments."""
    if not isinstance(part, Expr):
        return S.Zero  # a condition, or a value with its condition: its holder looks at them

    def of(argument: Basic) -> Expr:
        return derivatives.get(argument, S.Zero)

    for kind, rule in _RULES.items():
        if isinstance(part, kind):
            return rule(part, of)
    if isinstance(part, Function):
        slopes = ((part.fdiff(i), of(a)) for i, a in enumerate(part.args, 1))
        return Add(*(_chained(outer, inner) for outer, inner in slopes if inner != 0))
    return sympy.diff(part, variable)


def _chained(outer: Expr, inner: Expr) -> Expr:
    """outer × inner; SymPy would sort all factors of a long product anew at every step."""
    if not inner.is_Mul or len(inner.args) <= _LONG:
        return outer * inner
    return Mul(*Mul.make_args(outer), *inner.args, evaluate=False)


def _sum(e: Add, of: _Of) -> Expr:
    return Add(*map(of, e.args))


def _product(e: Mul, of: _Of) -> Expr:
    changing = [(i, of(factor)) for i, factor in enumerate(e.args)]
    return Add(*(Mul(*e.args[:i], d, *e.args[i + 1 :]) for i, d in changing if d != 0))


def _power(e: Pow, of: _Of) -> Expr:
    """u^a has a u^(a−1) u'; where the exponent changes too, u^v (v' log u + v u'/u)."""
    base, exponent = e.args
    of_base, of_exponent = of(base), of(exponent)
    if of_exponent == 0:
        return e * (of_base * exponent / base)
    return e * (of_exponent * sympy.log(base) + of_base * exponent / base)


def _absolute(e: sympy.Abs, of: _Of) -> Expr:
    """|u|' = sign(u) u', whether or not SymPy knows that u is real."""
    (u,) = e.args
    return of(u) * sympy.sign(u)


def _cases(e: Piecewise, of: _Of) -> Expr:
    """Case by case, the conditions as they are."""
    return Piecewise(*((of(value), condition) for value, condition in e.args))


def _extreme(e: Extreme, of: _Of) -> Expr:
    return e.slope(*e.args, *map(of, e.args))


def _largest(e: sympy.Max, of: _Of) -> Expr:
    return _best(maximum, e.args, of)


def _smallest(e: sympy.Min, of: _Of) -> Expr:
    return _best(minimum, e.args, of)


def _best(kind: type[Extreme], values: Iterable[Expr], of: _Of) -> Expr:
    """Of several values, as `maximum` and `minimum` have it: SymPy has ½ at a tie."""
    best, *others = sorted(values, key=lambda v: (v.is_number, sympy.default_sort_key(v)))
    slope = of(best)
    for other in others:
        slope = kind.slope(best, other, slope, of(other))
        best = kind(best, other)
    return slope


def _constant(e: Expr, of: _Of) -> Expr:  # noqa: ARG001 - whatever it is made of
    """0, the derivative of what changes by jumps alone."""
    return S.Zero


_RULES: dict[type[Basic], Callable[..., Expr]] = {
    Add: _sum,
    Mul: _product,
    Pow: _power,
    sympy.Abs: _absolute,
    sympy.sign: _constant,
    sympy.Heaviside: _constant,
    Piecewise: _cases,
    Extreme: _extreme,
    sympy.Max: _largest,
    sympy.Min: _smallest,
}
