"""Limit how large a formula may be, and which constants it holds, to keep SymPy from choking."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import sympy
from sympy import Basic, Expr, Integer, Pow

from symdiff.trees.walks import depth, size, subexpressions

MAX_CONSTANT = Integer(10) ** 300  # a constant beyond float64 would only be an attack on SymPy
LARGEST = Integer(2) ** 1024  # no float64 is as large
MAX_BITS = 10_000  # of a rational's numerator and denominator: (1 + 1e-300)**1000 has a million
MAX_EXPONENT = 10**6  # of what varies
MAX_CONSTANT_EXPONENT = 1000  # of a constant
MAX_SIZE = 10_000  # parts and arguments of a formula; 2,000 characters of text give at most 6,000
MAX_DERIVATIVE = 100_000  # the same, of its derivative
MAX_DEPTH = 200  # of a formula: SymPy's printers recurse four times a level

_INFINITE = (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo)
_COMPLEX = (sympy.re, sympy.im, sympy.arg, sympy.conjugate, sympy.polar_lift)
UNKNOWN = (sympy.Derivative, sympy.Subs, sympy.DiracDelta, sympy.Limit, sympy.AccumBounds)


@contextmanager
def refusing(what: str, formula: object) -> Iterator[None]:
    """Turn whatever SymPy raises into one sentence: what of which formula."""
    try:
        yield
    except (
        *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
        *(NotImplementedError, RecursionError, MemoryError),
    ) as error:
        if isinstance(error, ValueError) and _is_ours(error):
            raise
        raise ValueError(
            f"{what} {named(formula)} is beyond what can be worked out; write it more simply"
        ) from None


def _is_ours(error: BaseException) -> bool:
    """Whether the error was raised by symdiff, not by what it calls."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return str(frame.f_globals.get("__name__")).startswith("symdiff.")


def refusal_of_power(base: Expr, exponent: Expr) -> str | None:
    """The reason to refuse base**exponent before SymPy works it out, or None."""
    if base.is_number and not exponent.is_number and not base.is_extended_positive:
        return "raises a number that is not positive to a power that varies"
    if not exponent.is_number:
        return None
    if base.is_number and abs(exponent) > MAX_CONSTANT_EXPONENT:
        return f"raises a constant to a power beyond {MAX_CONSTANT_EXPONENT}"
    if base.is_Rational:
        bits = max(base.p.bit_length(), base.q.bit_length())
        if bits * abs(exponent) > MAX_BITS:
            return "raises a constant of many digits to a large power"
    return "has an exponent beyond a million" if abs(exponent) > MAX_EXPONENT else None


class Limits:
    """Looks at every part of the expressions it is shown, each once."""

    def __init__(self, constant: Integer = MAX_CONSTANT) -> None:
        self._constant = constant
        self._varies: dict[Basic, bool] = {}

    def refusal(self, expression: Basic) -> str | None:
        """The reason to refuse the expression, to follow 'the formula …', or None."""
        for part in subexpressions(expression, self._varies):
            self._varies[part] = part.is_Symbol or any(self._varies[a] for a in part.args)
            problem = self._problem(part)
            if problem is not None:
                return problem
        return None

    def _problem(self, part: Basic) -> str | None:
        if part in _INFINITE:
            return "has a constant part that is infinite or undefined"
        if part is sympy.I or isinstance(part, _COMPLEX):
            return "holds a constant that is not a finite real number"
        if isinstance(part, UNKNOWN):
            return f"has a part without a closed form, {type(part).__name__}"
        if part.is_Rational:
            if max(part.p.bit_length(), part.q.bit_length()) > MAX_BITS:
                return f"holds a constant of more than {MAX_BITS} bits"
            return self._too_large(part)
        if isinstance(part, Expr) and not self._varies[part]:
            return self._problem_of_constant(part)
        if isinstance(part, Pow) and part.exp.is_number:
            return refusal_of_power(part.base, part.exp)
        return None

    def _problem_of_constant(self, part: Expr) -> str | None:
        try:
            number = part.evalf(5)  # decides what assumptions leave open: log1p(-2) is no real
        except (ArithmeticError, ValueError, TypeError, NotImplementedError, AttributeError):
            return "holds a constant that is not a finite real number"
        if number in _INFINITE:
            return "has a constant part that is infinite or undefined"
        if False in (part.is_finite, part.is_extended_real, number.is_extended_real):
            return "holds a constant that is not a finite real number"
        return self._too_large(number)

    def _too_large(self, number: Expr) -> str | None:
        if number.is_comparable and abs(number) > self._constant:
            digits = len(str(self._constant)) - 1
            return f"holds a constant larger than 1e{digits}"
        return None


def refusal_of_size(expression: Expr, most: int = MAX_SIZE) -> str | None:
    """The reason to refuse the expression for its size or its depth, or None."""
    if size(expression) > most:
        return f"has more than {most} parts"
    return f"is nested more than {MAX_DEPTH} deep" if depth(expression) > MAX_DEPTH else None


def shortened(text: str, most: int = 60) -> str:
    """The text in quotation marks, cut if it is long."""
    return repr(cut(text, most))


def cut(text: str, most: int = 60) -> str:
    """The text on one line, cut if it is long."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def named(formula: object) -> str:
    """The formula as a message quotes it."""
    try:
        return shortened(str(formula))
    except RecursionError:
        return "that is nested too deeply to be printed"
