"""Real numbers of mpmath with a bound on what rounding may have done to them.

Each number is an mpf and an exponent e: the true value is within 2^e of it. A rational that is
known exactly is carried along as a fraction, so that a tie is seen as one. Every function here
relies on mpmath for a result within 2^8 units of its working precision, and bounds by hand, with
the mean value theorem, what the argument's own error does. Nothing of symdiff or flint is used.
"""

from __future__ import annotations

import math
from fractions import Fraction

from mpmath import mp, mpf
from mpmath.libmp import from_man_exp, from_rational

_SPARE = 8  # bits of each result that mpmath may have wrong
_LARGEST_FRACTION = 8_000  # bits; a longer numerator or denominator is no longer carried
_LARGEST_EXPONENT = 1_100  # of an argument of exp: its value has such an exponent's exponent
_LARGEST_ARGUMENT = 5_200  # the same of sine and cosine
_NOTHING = -(10**7)  # the exponent of what is too small to matter to anyone


class Unknown(Exception):
    """The working precision does not decide it, or the numbers grow out of hand."""


class Undefined(Exception):
    """There is no real value."""


class Num:
    """A number: its value, the exponent of its error bound, and its fraction if that is known."""

    __slots__ = ("e", "q", "v")

    def __init__(self, v: mpf, e: int, q: Fraction | None = None) -> None:
        self.v, self.e, self.q = v, e, q

    @property
    def zero(self) -> bool:
        """Whether it is known to be exactly 0."""
        return self.q is not None and self.q == 0

    def __repr__(self) -> str:
        return f"<{mp.nstr(self.v, 15)} ± 2^{self.e}>"

    def sign(self) -> int:
        """−1, 0 or 1. Raises: Unknown."""
        if self.q is not None:
            return (self.q > 0) - (self.q < 0)
        if not self.v or magnitude(self.v) - 1 <= self.e:  # what is too small to be held has a sign
            raise Unknown
        return 1 if self.v > 0 else -1

    def away(self) -> int:
        """An exponent k with |true value| ≥ 2^k. Raises: Unknown if there is none."""
        m = magnitude(self.v)
        if not self.v or m - 2 <= self.e:
            raise Unknown
        return m - 2

    def __neg__(self) -> Num:
        if self.zero:
            return ZERO
        return Num(mp.fneg(self.v, exact=True), self.e, None if self.q is None else -self.q)

    def __abs__(self) -> Num:
        return -self if self.sign() < 0 else self

    def __add__(self, other: Num) -> Num:
        if self.zero and other.zero:
            return ZERO
        if self.q is not None and other.q is not None:
            return number(self.q + other.q)
        return rounded(self.v + other.v, max(self.e, other.e) + 1)

    def __sub__(self, other: Num) -> Num:
        return self + -other

    def __mul__(self, other: Num) -> Num:
        if self.zero or other.zero:
            return ZERO
        if self.q is not None and other.q is not None:
            return number(self.q * other.q)
        m, k = magnitude(self.v), magnitude(other.v)
        return rounded(self.v * other.v, max(m + other.e, k + self.e, self.e + other.e) + 2)

    def __truediv__(self, other: Num) -> Num:
        if other.zero:
            raise Undefined
        if self.q is not None and other.q is not None:
            return number(self.q / other.q)
        below = other.away()
        v = self.v / other.v
        return rounded(v, max(self.e, magnitude(v) + other.e) - below + 2)


def magnitude(v: mpf) -> int:
    """The k with 2^(k−1) ≤ |v| < 2^k; far below everything for 0."""
    _, mantissa, exponent, bits = v._mpf_
    if mantissa:
        return exponent + bits
    if exponent:
        raise Unknown  # infinite or NaN
    return _NOTHING


def number(q: Fraction | int) -> Num:
    """The rational number, exactly if it is not too long."""
    q = q if isinstance(q, Fraction) else Fraction(q)
    top, bottom = q.numerator.bit_length(), q.denominator.bit_length()
    exact = top <= mp.prec and bottom == (q.denominator & -q.denominator).bit_length()
    if exact:
        v = mp.make_mpf(from_man_exp(q.numerator, 1 - bottom))
    else:
        v = mp.make_mpf(from_rational(q.numerator, q.denominator, mp.prec, "n"))
    e = _NOTHING if exact else magnitude(v) - mp.prec + 2
    return Num(v, e, q if max(top, bottom) <= _LARGEST_FRACTION else None)


def rounded(v: mpf, e: int) -> Num:
    """A result that mpmath rounded, whose arguments' errors are worth 2^e in it."""
    return Num(v, max(e, magnitude(v) - mp.prec + _SPARE) + 1)


ZERO, ONE, TWO = number(0), number(1), number(2)


def half() -> Num:
    """1/2."""
    return number(Fraction(1, 2))


def pi() -> Num:
    """π at the working precision."""
    return rounded(+mp.pi, 2 - mp.prec)


def exp(a: Num) -> Num:
    """e^a: an error δ ≤ 1 of a changes it by 2 e^a δ at most."""
    if a.zero:
        return ONE
    m = magnitude(a.v)
    if a.v < 0 and m > 30 and m - 2 > a.e:
        return rounded(mpf(0), -min(2 ** min(m - 2, 30), -_NOTHING))
    if m > _LARGEST_EXPONENT or a.e > -1:
        raise Unknown
    v = mp.exp(a.v)
    return rounded(v, magnitude(v) + a.e + 1)


def expm1(a: Num) -> Num:
    """e^a − 1, as `exp`."""
    if a.zero:
        return ZERO
    if a.v < 0 and magnitude(a.v) > 30:
        return exp(a) - ONE
    if magnitude(a.v) > _LARGEST_EXPONENT or a.e > -1:
        raise Unknown
    v = mp.expm1(a.v)
    return rounded(v, max(magnitude(v), 0) + 2 + a.e)


def log(a: Num) -> Num:
    """log a: an error δ of a changes it by δ/(a − δ) at most."""
    if a.sign() <= 0:
        raise Undefined
    return ZERO if a.q == 1 else rounded(mp.log(a.v), a.e - a.away())


def log1p(a: Num) -> Num:
    """log(1 + a), as `log`."""
    if a.zero:
        return ZERO
    t = ONE + a
    if t.sign() <= 0:
        raise Undefined
    return rounded(mp.log1p(a.v), a.e - t.away())


def sqrt(a: Num) -> Num:
    """√a: an error δ of a changes it by δ/√a at most."""
    sign = a.sign()
    if sign < 0:
        raise Undefined
    if sign == 0:
        return ZERO
    if a.q is not None:
        p, r = math.isqrt(a.q.numerator), math.isqrt(a.q.denominator)
        if p * p == a.q.numerator and r * r == a.q.denominator:
            return number(Fraction(p, r))
    return rounded(mp.sqrt(a.v), a.e - a.away() // 2 + 1)


def sin(a: Num) -> Num:
    """The sine, which never changes by more than its argument, nor by more than 2."""
    if a.zero:
        return ZERO
    if magnitude(a.v) > _LARGEST_ARGUMENT or a.e > 0:
        return rounded(mpf(0), 0)
    return rounded(mp.sin(a.v), a.e)


def cos(a: Num) -> Num:
    """The cosine, as `sin`."""
    if a.zero:
        return ONE
    if magnitude(a.v) > _LARGEST_ARGUMENT or a.e > 0:
        return rounded(mpf(0), 0)
    return rounded(mp.cos(a.v), a.e)


def atan(a: Num) -> Num:
    """The arc tangent, of slope 1 at most."""
    return ZERO if a.zero else rounded(mp.atan(a.v), a.e)


def asinh(a: Num) -> Num:
    """The inverse of sinh, of slope 1 at most."""
    return ZERO if a.zero else rounded(mp.asinh(a.v), a.e)


def asin(a: Num) -> Num:
    """The arc sine, of slope 1/√(1 − |a|) at most."""
    if a.zero:
        return ZERO
    rest = ONE - abs(a)
    sign = rest.sign()
    if sign < 0:
        raise Undefined
    if sign == 0:
        return pi() * number(Fraction(a.sign(), 2))
    return rounded(mp.asin(a.v), a.e - rest.away() // 2 + 1)


def acos(a: Num) -> Num:
    """π/2 − arc sine."""
    return ZERO if a.q == 1 else pi() * half() - asin(a)


def atanh(a: Num) -> Num:
    """The inverse of tanh, of slope 1/(1 − |a|) at most."""
    if a.zero:
        return ZERO
    rest = ONE - abs(a)
    if rest.sign() <= 0:
        raise Undefined
    return rounded(mp.atanh(a.v), a.e - rest.away())


def erfc(a: Num) -> Num:
    """1 − erf a, of slope 1.13 e^(−a²)."""
    if a.zero:
        return ONE
    if magnitude(a.v) > 12:
        if magnitude(a.v) - 2 <= a.e:
            raise Unknown
        tail = rounded(mpf(0), -min(2 ** min(2 * magnitude(a.v) - 4, 30), -_NOTHING))
        return tail if a.v > 0 else TWO - tail
    if a.e > -2:
        raise Unknown
    steep = 0 if abs(a.v) < 2 else int(1.44 * float(abs(a.v) - 1) ** 2)
    return rounded(mp.erfc(a.v), a.e + 1 - steep)


def erf(a: Num) -> Num:
    """erf a, of slope 1.13 at most."""
    if a.zero:
        return ZERO
    if magnitude(a.v) > 12:
        return ONE - erfc(a)
    return rounded(mp.erf(a.v), a.e + 1)


def power(a: Num, n: int) -> Num:
    """a^n for a whole n, by repeated squaring."""
    if n < 0:
        return ONE / power(a, -n)
    if n == 0:
        return ONE
    if n > 2**20:
        raise Unknown
    if a.q is not None and n * max(a.q.numerator.bit_length(), a.q.denominator.bit_length()) > 8000:
        a = Num(a.v, a.e)
    root = power(a, n // 2)
    return root * root * a if n % 2 else root * root
