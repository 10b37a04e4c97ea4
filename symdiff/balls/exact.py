"""Evaluate rational expressions at rational numbers exactly, to decide ties that no ball can.

z/3 = 1/3 at z = 1 is open at every precision, yet a float64 is a rational number, and so is the
value there of whatever is made of + − × ÷, integer powers, |·|, max, min, sign and cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy
from flint import arb, arb_series, fmpq
from sympy import Expr, Piecewise, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, Boolean, BooleanAtom, Not, Or

from symdiff.balls.conditions import constant_of
from symdiff.balls.elementary import Undecided, Undefined
from symdiff.functions import Extreme, maximum
from symdiff.trees.conditions import RELATIONS

_MOST_DEGREE = 400  # times the 1,100 bits of a float64, half a million bits: some milliseconds

_KINDS = (sympy.Add, sympy.Mul, sympy.Abs, sympy.sign, Extreme, Piecewise, sympy.Rational, Symbol)
_CONDITIONS = (Relational, And, Or, Not, BooleanAtom)


class Exact:
    """A rational expression of some symbols, ready to be evaluated at rational numbers."""

    def __init__(self, expression: Expr, symbols: Sequence[Symbol]) -> None:
        self.expression = expression
        self.symbols = tuple(symbols)
        self.possible = _degree(expression, {}) <= _MOST_DEGREE

    def __call__(self, *arguments: arb) -> fmpq:
        """The value at exact balls.

        Raises: Undecided if it is not rational or a ball not exact; Undefined if there is none.
        """
        if not self.possible:
            raise Undecided
        numbers = dict(zip(self.symbols, map(rational, arguments), strict=True))
        return _value(self.expression, numbers, {})


class Sharpened:
    """Replaces a border's ball by its exact value where the ball holds 0 without being 0."""

    def __init__(self, exact: Exact) -> None:
        self.exact = exact

    def __call__(self, value: Any, *arguments: Any) -> Any:
        """Args: value, the border's ball or series; arguments, those of the variables."""
        ball = constant_of(value)
        if ball > 0 or ball < 0 or ball.is_zero():
            return value
        try:
            sharp = arb(self.exact(*map(constant_of, arguments)))
        except (Undecided, Undefined):
            return value
        if isinstance(value, arb_series):
            return arb_series([sharp, *value.coeffs()[1:]], value.prec)
        return sharp


def rational(number: arb) -> fmpq:
    """The rational number that an exact ball holds. Raises: Undecided if it is not exact."""
    if not (number.is_exact() and number.is_finite()):
        raise Undecided
    mantissa, exponent = number.mid().man_exp()
    power = fmpq(2) ** abs(int(exponent))
    return mantissa * power if exponent >= 0 else mantissa / power


def _degree(e: Any, known: dict[Any, float]) -> float:
    """A bound of how often the variables' bits are multiplied; infinite if e is not rational."""
    if e in known:
        return known[e]
    if isinstance(e, sympy.Pow) and e.exp.is_Integer:
        found = _degree(e.base, known) * abs(int(e.exp))
    elif isinstance(e, sympy.Symbol):
        found = 1.0
    elif isinstance(e, sympy.Rational):
        found = (int(e.p).bit_length() + int(e.q).bit_length()) / 1100
    elif isinstance(e, _KINDS + _CONDITIONS) or type(e).__name__ == "ExprCondPair":
        parts = [_degree(a, known) for a in e.args]
        found = sum(parts)  # of a sum too: the denominators multiply
    else:
        found = float("inf")
    known[e] = found
    return found


def _value(e: Expr, at: Mapping[Symbol, fmpq], known: dict[Expr, fmpq]) -> fmpq:
    if e in known:
        return known[e]
    if isinstance(e, Symbol):
        found = at[e]
    elif isinstance(e, sympy.Rational):
        found = fmpq(int(e.p), int(e.q))
    elif isinstance(e, Piecewise):
        taken = next((v for v, c in e.args if _holds(c, at, known)), None)
        if taken is None:
            raise Undefined
        found = _value(taken, at, known)
    else:
        found = _combined(e, [_value(a, at, known) for a in e.args])
    known[e] = found
    return found


def _combined(e: Expr, parts: list[fmpq]) -> fmpq:
    if isinstance(e, sympy.Add):
        return sum(parts, fmpq(0))
    if isinstance(e, sympy.Mul):
        product = fmpq(1)
        for part in parts:
            product *= part
        return product
    if isinstance(e, sympy.Pow):
        if parts[0] == 0 and parts[1] < 0:
            raise Undefined
        return parts[0] ** int(e.exp)
    if isinstance(e, Extreme):
        a, b = parts
        return a if (a > b) == isinstance(e, maximum) else b
    (x,) = parts
    if isinstance(e, sympy.sign):
        return fmpq((x > 0) - (x < 0))
    return abs(x)


def _holds(c: Boolean, at: Mapping[Symbol, fmpq], known: dict[Expr, fmpq]) -> bool:
    if isinstance(c, BooleanAtom):
        return bool(c)
    if isinstance(c, Relational):
        return RELATIONS[type(c)](_value(c.lhs, at, known), _value(c.rhs, at, known))
    if isinstance(c, Not):
        return not _holds(c.args[0], at, known)
    parts = (_holds(a, at, known) for a in c.args)
    return all(parts) if isinstance(c, And) else any(parts)
