"""Name exact ends of intervals: numbers between them, and short names for numbers near them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import mpmath
import sympy
from flint import arb
from sympy import Expr, Rational

from symdiff.kinks import interval
from symdiff.kinks.interval import Ends, ends

_DEEPEST = 4  # functions in one another that SymPy may evaluate at a constant
_LARGEST = 100_000  # bits


def guesses(a: arb, b: arb) -> Iterator[tuple[Expr, Ends]]:
    """A short fraction, and a short multiple of π, near the middle of [a, b]."""
    middle = ((a + b) / 2).mid()
    for unit, most in ((sympy.S.One, 1000), (sympy.pi, 12)):
        scale = arb.pi() if unit is sympy.pi else interval.ONE
        guess = near(middle / scale, most)
        if guess is not None:
            yield guess * unit, ends(arb(int(guess.p)) / int(guess.q) * scale)


def is_short(e: Expr) -> bool:
    """Whether SymPy may evaluate an expression at a number: neither long nor a large power."""
    for nodes, node in enumerate(sympy.preorder_traversal(e)):
        if nodes > 300 or (node.is_Pow and node.exp.is_Rational and abs(node.exp) > 64):
            return False
        if node.is_Rational and max(abs(node.p), node.q) > 10**300:
            return False
    return _nesting(e) <= _DEEPEST


def _nesting(e: Expr) -> int:
    """How deep functions are nested: SymPy evaluates each level of a constant anew."""
    own = int(isinstance(e, sympy.Function))
    return own + max((_nesting(a) for a in e.args), default=0)


def near(x: arb, most: int) -> Rational | None:
    """The nearest fraction with a denominator up to `most`; None for a number too far out."""
    if not x.is_finite() or abs(x) > 10**9:
        return None
    mantissa, exponent = (int(n) for n in x.mid().man_exp())
    if exponent < -3000:
        return None
    fraction = Fraction(mantissa) * Fraction(2) ** exponent
    found = fraction.limit_denominator(most)
    return Rational(found.numerator, found.denominator)


def number(a: arb, b: arb, digits: int = 60) -> Expr:
    """The middle of a narrow interval as a SymPy Float; 0 or ±∞ beyond 2^±100,000, else NaN.

    SymPy would print and compare a number of that size by writing it out.
    """
    middle = ((a + b) / 2).mid()
    if not middle.is_finite():
        return sympy.S.NaN
    mantissa, exponent = (int(n) for n in middle.man_exp())
    size = exponent + mantissa.bit_length()
    if mantissa == 0 or size < -_LARGEST:
        return sympy.S.Zero
    if size > _LARGEST:
        return sympy.S.Infinity if mantissa > 0 else sympy.S.NegativeInfinity
    bits = mpmath.libmp.dps_to_prec(digits)
    return sympy.Float(mpmath.libmp.from_man_exp(mantissa, exponent, bits, "n"), precision=bits)


def rational(x: arb) -> Rational:
    """An exact number as a SymPy Rational."""
    mantissa, exponent = (int(n) for n in x.man_exp())
    return Rational(mantissa) * Rational(2) ** exponent


def exponent_of(x: arb) -> int:
    """The exponent e with 2^(e−1) ≤ |x| < 2^e, of an exact number that is not 0."""
    mantissa, exponent = x.man_exp()
    return int(exponent) + int(abs(mantissa)).bit_length()


def between(a: arb, b: arb, share: int = 8) -> arb:
    """An exact number inside (a, b): 0 or a power of two while the ends are binades apart."""
    if a < 0 < b:
        return interval.ZERO if share == 8 else ((a if share < 8 else b) / 1024).mid()
    if b <= 0:
        return -between(-b, -a, 16 - share)
    high = exponent_of(b)
    low = exponent_of(a) if a > 0 else min(high, -1080) - 40
    if high - low > 2:
        m = arb(2) ** (low + max(1, (high - low) * share // 16))
        if high > 1 and low < 0 and share == 8:
            m = interval.ONE
        if a < m < b:
            return m
    return (a + (b - a) * share / 16).mid()


def remoteness(a: arb, b: arb) -> float:
    """The number of binades that [a, b] is away from 1 or −1."""
    if a < 0 < b:
        return 0.0
    near_end, far_end = (a, b) if a >= 0 else (-b, -a)
    if not near_end.is_zero() and near_end >= 1:
        return _log2(near_end)
    return -_log2(far_end) if far_end < 1 else 0.0


def _log2(x: arb) -> float:
    e = exponent_of(x)
    return e + math.log2(float(x * arb(2) ** -e))
