"""Print numbers as a person types them: 0.1, where its float64 is 3602…/36028… exactly."""

from __future__ import annotations

import re

import sympy
from sympy import Expr, Rational, Symbol

_NO_FRACTION = 2**24  # a denominator from which on nobody would have typed a fraction
_NO_INTEGER = 2**53  # a size from which on floats are apart by more than 1


def as_typed(expression: Expr) -> Expr:
    """The expression with its long fractions as they were typed: 0.1, /2.5, not 3602…/36028….

    The float64 nearest to 0.1 is a long fraction; so is what SymPy makes of several such factors,
    which is then read as the float64 nearest to the product.
    """
    return expression.xreplace({r: _typed(r) for r in expression.atoms(Rational) if _is_long(r)})


def _is_long(number: Rational) -> bool:
    return bool(number.q >= _NO_FRACTION or abs(number.p) >= _NO_INTEGER)


def _typed(number: Rational) -> Expr:
    """A decimal, or 1 by a decimal where that alone is exact."""
    size = abs(number)
    try:
        decimal = float(size)
        inverse = float(1 / size)
    except OverflowError:
        return number
    exact = Rational(decimal) == size
    if not exact and decimal and Rational(inverse) == 1 / size:
        return sympy.sign(number) / Symbol(_decimal(inverse), positive=True)
    return sympy.sign(number) * Symbol(_decimal(decimal), positive=True)


def _decimal(size: float) -> str:
    """The shortest decimal that reads back as the float64."""
    return re.sub(r"e([+-])0", r"e\1", repr(size).removesuffix(".0"))
