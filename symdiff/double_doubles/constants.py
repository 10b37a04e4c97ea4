"""Take numbers as balls of two float64: rationals, numbers with a name, and what flint encloses."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from flint import arb, ctx

from symdiff.float_balls.arithmetic import Constant

BITS = 300
_SMALLEST = 2.0**-1074


def exact(value: float) -> Constant:
    """The ball of radius 0 around a float64; NaN says nothing."""
    return value, 0.0, (math.inf if math.isnan(value) else 0.0)


def pair_of(p: int, q: int) -> Constant:
    """The ball of p/q, of radius 0 if it is the sum of two float64.

    Python divides integers with one rounding, and so high and low are rounded to nearest; where low
    is rounded up to half a unit of high, their sum is. What is left over is a fraction, rounded up.
    """
    try:
        first = p / q
    except OverflowError:
        return math.nan, 0.0, math.inf
    rest = Fraction(p, q) - Fraction(first)
    second = rest.numerator / rest.denominator
    high = first + second
    low = float(Fraction(first) + Fraction(second) - Fraction(high))  # exact, as of any sum
    off = abs(Fraction(p, q) - Fraction(high) - Fraction(low))
    bound = math.nextafter(off.numerator / off.denominator, math.inf) if off else 0.0
    return high, low, bound


def ball_of(number: arb) -> Constant:
    """The ball of a number that flint encloses, of radius 0 if that is the sum of two float64."""
    high = float(number.mid())
    low = float((number - high).mid())
    off = number - high - low
    if off.is_zero():
        return high, low, 0.0
    return high, low, math.nextafter(float(off.abs_upper()), math.inf) + _SMALLEST


def leading(number: arb, bits: int) -> float:
    """The first bits, at most 53, of a positive number that is known to more."""
    scale = arb(2) ** (bits - math.frexp(float(number))[1])
    return float((number * scale).floor() / scale)


def named(e: Any) -> Constant:
    """The ball of a number that SymPy has a name for: its 60 digits are right but for the last."""
    number = e.evalf(60)
    with ctx.workprec(BITS):
        text = arb(str(number))
        return ball_of(text + arb(0, abs(text).upper() * arb(10) ** -58))
