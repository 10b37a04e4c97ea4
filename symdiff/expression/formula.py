"""Read a user's formula: text or SymPy in, a checked real expression out."""

from __future__ import annotations

import keyword
import math
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from numbers import Real

import sympy
from sympy import Expr, Rational, Symbol
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanFunction

from symdiff.expression.parse import FUNCTIONS, parse
from symdiff.expression.recognise import recognise
from symdiff.functions import Extreme, StableFunction, UnspecifiedFunction, unspecified
from symdiff.suggestion import suggestion
from symdiff.trees.refusals import LARGEST, MAX_BITS, Limits, refusal_of_size, refusing, shortened
from symdiff.trees.walks import subexpressions

_KNOWN = (
    *(f for f in FUNCTIONS.values() if isinstance(f, type)),
    StableFunction,
    Extreme,
    UnspecifiedFunction,
    sympy.Add,
    sympy.Mul,
    sympy.Pow,
    sympy.Number,
    sympy.NumberSymbol,
    Symbol,
    sympy.Piecewise,
    sympy.functions.elementary.piecewise.ExprCondPair,
    sympy.Heaviside,
    sympy.sech,
    sympy.tanh,
    AppliedUndef,
    Relational,
    BooleanFunction,
    sympy.logic.boolalg.BooleanAtom,
)


_EXACT = (bool, int, Fraction, Rational)
_EXPONENTS = 2_000  # of ten, in a parameter's text: float64 ends at ±324
_INFINITE = re.compile(r"(?P<sign>[+\-−]?)(∞|oo|inf|infinity)", re.IGNORECASE)


@lru_cache(maxsize=2**14)
def real_symbol(name: str) -> Symbol:
    """The real variable called `name`, which must be an identifier.

    Without `real=True` SymPy differentiates |u| into re, im and unevaluated derivatives.

    Raises: ValueError if the name is not a plain identifier: it would become code.
    """
    normal = unicodedata.normalize("NFKC", name)  # as Python reads it: a bold 𝐢𝐟 is `if`
    if not normal.isidentifier() or keyword.iskeyword(normal):
        shown = name if len(name) <= 40 else name[:39] + "…"
        raise ValueError(f"{shown!r} is no name for a variable; use an identifier such as 'z'")
    return Symbol(normal, real=True)


def formula(source: str | Expr, names: Iterable[str] = ("z",)) -> Expr:
    """The real expression that `source` states, in stable functions.

    A SymPy expression in a single symbol may call it anything when a single name is asked for:
    x·tanh(x) is taken as z·tanh(z).

    Args: source, text or a SymPy expression; names, the symbols it may use.
    Raises: ValueError if a symbol or function is unknown or a constant not real; TypeError if
        `source` is neither text nor SymPy.
    """
    allowed = [real_symbol(name) for name in names]
    if isinstance(source, str):
        parsed = parse(source, allowed)
        with refusing("the formula", source):
            return recognise(parsed)
    if not isinstance(source, Expr) or (isinstance(source, Boolean) and not source.is_Symbol):
        raise TypeError(
            f"a formula is text or a SymPy expression, not {type(source).__name__}; "
            "for example 'z * sigmoid(z)'"
        )
    checked = _checked(source, allowed)
    with refusing("the formula", source):
        return recognise(checked)


def _checked(source: Expr, allowed: list[Symbol]) -> Expr:
    problem = refusal_of_size(source)
    if problem is not None:
        raise ValueError(f"the formula {problem}; write it as a graph of several lines")
    parts = subexpressions(source)
    free = sorted((part for part in parts if isinstance(part, Symbol)), key=str)
    if len(allowed) == len(free) == 1:
        real_symbol(free[0].name)  # refuse a name that is code before printing or using it
        renamed = {free[0]: allowed[0]}
    else:
        by_name = {s.name: s for s in allowed}
        for symbol in free:
            if real_symbol(symbol.name).name not in by_name:
                raise ValueError(
                    f"unknown symbol '{symbol}' in '{source}'; known are "
                    f"{', '.join(map(repr, by_name))} (a parameter is declared with its value, "
                    f"as {symbol}=1)"
                )
        renamed = {s: by_name[real_symbol(s.name).name] for s in free}
    for part in reversed(parts):  # what holds others first
        if isinstance(part, AppliedUndef):
            real_symbol(part.func.__name__)
            if len(part.args) != 1:
                raise ValueError(f"'{part}' has {len(part.args)} arguments; one was expected")
        elif not isinstance(part, _KNOWN) or part in (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
            name = type(part).__name__ if part.args else str(part)
            hint = suggestion(name, FUNCTIONS)
            raise ValueError(f"unknown function '{name}' in '{source}'; {hint}")
    expression = source.xreplace(renamed)
    expression = expression.replace(
        lambda e: isinstance(e, AppliedUndef), lambda e: unspecified(type(e).__name__)(*e.args)
    )
    expression = expression.replace(lambda e: e.is_Float, exact)
    problem = Limits(LARGEST).refusal(expression)
    if problem is not None:
        raise ValueError(f"the formula {shortened(str(source))} {problem}")
    return expression


def parameter(value: object) -> sympy.Number:
    """The value a parameter states, exactly, or ±∞: of a float, or of text such as 'inf' or '-∞'.

    Raises: what `exact` raises.
    """
    if isinstance(value, sympy.core.numbers.Infinity | sympy.core.numbers.NegativeInfinity):
        return value
    if isinstance(value, str) and (sign := _INFINITE.fullmatch(value.strip())):
        return -sympy.oo if sign["sign"] in ("-", "−") else sympy.oo
    if isinstance(value, Real) and not isinstance(value, _EXACT) and math.isinf(value):
        return sympy.oo if float(value) > 0 else -sympy.oo
    return exact(value)


def exact(value: object) -> Rational:
    """The rational number that is stated: of a float its exact value, of text its decimal.

    Raises: TypeError if it is no real number; ValueError if it is not finite.
    """
    if isinstance(value, Rational | int | str | Fraction | sympy.Float) and not isinstance(
        value, bool
    ):
        return _within_limits(value)
    if isinstance(value, Real) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise ValueError(f"a parameter must be finite; {value} was given")
        return Rational(*float(value).as_integer_ratio())
    raise TypeError(f"a parameter is a real number, not {type(value).__name__}")


def _within_limits(value: Rational | int | str | Fraction | sympy.Float) -> Rational:
    try:
        number = None if isinstance(value, str) and _is_long(value) else Rational(value)
    except (TypeError, ValueError, ArithmeticError):
        raise ValueError(f"{value!r} is not a number; give one such as 0.5 or '1/3'") from None
    bits = 0 if number is None else max(number.p.bit_length(), number.q.bit_length())
    if number is None or bits > MAX_BITS or abs(number) >= LARGEST:
        raise ValueError(
            f"{shortened(str(value), 30)} is beyond every float64, or has too many digits; give a "
            "number such as 0.5 or '1/3'"
        )
    return number


def _is_long(value: str) -> bool:
    """Whether a decimal has an exponent of ten that nothing needs: 1e999999999 has 10⁹ digits."""
    try:
        parts = [Decimal(part) for part in value.split("/", 1)]
    except ArithmeticError:
        return len(value) > MAX_BITS
    return any(part.is_finite() and part and abs(part.adjusted()) > _EXPONENTS for part in parts)
