"""Compute with real constants that cancel exactly: rationals, and combinations of irrationals.

π/2 − π/2 in balls is a ball around 0, which proves nothing. So an irrational constant is kept as
Σ q · a^p b^r ⋯ with rational q, p, r and numbers a, b, … such as π, e, 2 (of √2), or one of which
only a ball is known. What cancels as a formula is gone; that the rest is not 0, its ball must tell.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count

import sympy
from flint import arb, ctx, fmpq

_MAX_BITS = 10_000  # of a rational: beyond, only its ball is kept
_MAX_PARTS = 8  # of a combination, likewise
_MAX_ATOMS = 6  # of a part, likewise
_MAX_ROOT = 64  # roots of rationals up to this are looked for among the rationals
HUGE = fmpq(2) ** 4096  # functions of numbers beyond are left alone: flint would be slow


class Unproven(ArithmeticError):
    """Raised where the rules at hand prove nothing."""


_serial = count()


@dataclass(frozen=True, eq=False)
class _Atom:
    """A number, the same only if it is the same object."""

    value: arb
    base: fmpq | None = None  # the number, if it is rational: only its roots are irrational
    natural: bool = False  # the number is e
    serial: int = field(default_factory=lambda: next(_serial))

    def power(self, p: fmpq) -> arb:
        """A ball of the atom^p."""
        return ball_exponential(arb(p)) if self.natural else band_power(self.value, p)


_Powers = tuple[tuple[_Atom, fmpq], ...]  # a product of powers of atoms, in the order of serials


@dataclass(frozen=True, eq=False)
class Irrational:
    """Σ q · a^p b^r ⋯, and a ball that holds it."""

    parts: tuple[tuple[_Powers, fmpq], ...]
    value: arb

    def __neg__(self) -> Irrational:
        return Irrational(tuple((u, -q) for u, q in self.parts), -self.value)

    def __gt__(self, other: int) -> bool:
        return bool(self.value > other)

    def __lt__(self, other: int) -> bool:
        return bool(self.value < other)


Number = fmpq | Irrational


def ball(x: Number) -> arb:
    """A ball that holds the number."""
    return x.value if isinstance(x, Irrational) else arb(x)


def number(x: arb) -> Number:
    """The one number meant by a ball. Raises: Unproven if the ball is not finite."""
    if not x.is_finite():
        raise Unproven
    if x.is_exact():
        mantissa, exponent = x.man_exp()
        if abs(int(exponent)) <= _MAX_BITS:
            return _short(mantissa * fmpq(2) ** int(exponent))
    return _opaque(x)


def _short(x: fmpq) -> Number:
    return x if x.height_bits() <= _MAX_BITS else _opaque(arb(x))


def _opaque(x: arb) -> Irrational:
    return _of_atom(_Atom(x))


def _of_atom(atom: _Atom) -> Irrational:
    return Irrational(((((atom, fmpq(1)),), fmpq(1)),), atom.value)


def _parts(x: Number) -> tuple[tuple[_Powers, fmpq], ...]:
    return x.parts if isinstance(x, Irrational) else (((), x),)


def _combined(parts: Iterable[tuple[_Powers, fmpq]], value: arb) -> Number:
    """The sum of parts of which the ball is known."""
    found: dict[Hashable, tuple[_Powers, fmpq]] = {}
    for powers, q in parts:
        # python-flint hashes a rational by way of Python's, in microseconds
        key = tuple((atom.serial, p.p, p.q) for atom, p in powers)
        found[key] = (powers, found[key][1] + q) if key in found else (powers, q)
    kept = tuple((u, q) for u, q in found.values() if q != 0)
    if not kept:
        return fmpq(0)
    if len(kept) == 1 and not kept[0][0]:
        return _short(kept[0][1])
    if not value.is_finite():
        raise Unproven
    long = any(len(u) > _MAX_ATOMS or q.height_bits() > _MAX_BITS for u, q in kept)
    return _opaque(value) if long or len(kept) > _MAX_PARTS else Irrational(kept, value)


def _powers(powers: _Powers) -> Number:
    """A product of powers of atoms."""
    value = arb(1)
    for atom, p in powers:
        value *= atom.power(p)
    return _combined([_product((), powers, fmpq(1))], value)


def plus(x: Number, y: Number) -> Number:
    """The sum x + y."""
    if isinstance(x, fmpq) and isinstance(y, fmpq):
        return _short(x + y)
    return _combined((*_parts(x), *_parts(y)), ball(x) + ball(y))


def times(x: Number, y: Number) -> Number:
    """The product x y."""
    if isinstance(x, fmpq) and isinstance(y, fmpq):
        return _short(x * y)
    if x == 1 or y == 1:
        return y if x == 1 else x
    products = (_product(u, v, q * r) for u, q in _parts(x) for v, r in _parts(y))
    return _combined(products, ball(x) * ball(y))


def _product(u: _Powers, v: _Powers, q: fmpq) -> tuple[_Powers, fmpq]:
    """q u v; of a root's power the whole part goes into the rational, as √2 √2 = 2."""
    powers = dict(u)
    for atom, p in v:
        powers[atom] = powers.get(atom, fmpq(0)) + p
    for atom, p in powers.items():
        if atom.base is not None and not 0 <= p < 1:
            whole = int(p.floor())
            q *= atom.base**whole
            powers[atom] = p - whole
    kept = (pair for pair in powers.items() if pair[1] != 0)
    return tuple(sorted(kept, key=lambda pair: pair[0].serial)), q


def is_zero(x: Number) -> bool:
    """Whether a constant is known to be 0."""
    return isinstance(x, fmpq) and x == 0


def sign(x: Number) -> int:
    """The sign −1, 0 or 1 of a constant. Raises: Unproven if the ball does not tell."""
    if is_zero(x):
        return 0
    if x > 0:
        return 1
    if x < 0:
        return -1
    raise Unproven


def pi() -> Number:
    """The constant π."""
    return _of_atom(_pi(ctx.prec))


# One atom for each working precision, so that it is the same wherever it comes from.


@lru_cache(maxsize=8)
def _pi(_precision: int) -> _Atom:
    return _Atom(arb.pi())


@lru_cache(maxsize=8)
def _e(_precision: int) -> _Atom:
    return _Atom(arb.const_e(), natural=True)


@lru_cache(maxsize=256)
def _rational(x: fmpq, _precision: int) -> _Atom:
    return _Atom(arb(x), x)


@lru_cache(maxsize=256)
def _logarithm(x: fmpq, _precision: int) -> Number:
    return _opaque(arb(x).log())


def exponential(x: Number) -> Number:
    """The constant e^x. Raises: Unproven if the result is too large to be worked with."""
    if is_zero(x):
        return fmpq(1)
    if isinstance(x, fmpq):
        return _powers(((_e(ctx.prec), x),))
    return number(ball_exponential(x.value))


def logarithm(x: Number) -> Number:
    """The constant log x for x > 0."""
    if isinstance(x, fmpq):
        return fmpq(0) if x == 1 else _logarithm(x, ctx.prec)
    return number(x.value.log())


def power(x: Number, p: Number) -> Number:
    """The power x^p for x > 0, or for any x ≠ 0 if p is an integer.

    Raises: Unproven if it is neither.
    """
    if x == 1 or is_zero(p):
        return fmpq(1)
    if not isinstance(p, fmpq):
        if not x > 0:
            raise Unproven
        return exponential(times(p, logarithm(x)))
    if isinstance(x, fmpq):
        return _rational_power(x, p)
    if len(x.parts) == 1 and abs(p) <= _MAX_ROOT:
        (powers, q), *_ = x.parts
        if p.q == 1 or (q > 0 and all(atom.value > 0 for atom, _ in powers)):
            alone = _powers(tuple((atom, r * p) for atom, r in powers))
            return times(_rational_power(q, p), alone)
    return number(band_power(x.value, p))


def _rational_power(x: fmpq, p: fmpq) -> Number:
    """x^p for x ≠ 0."""
    whole = int(p.floor())
    if abs(whole) * x.height_bits() > _MAX_BITS or (p.q != 1 and not x > 0):
        return number(band_power(arb(x), p))
    rest, root = p - whole, _rational_root(x, int(p.q))
    if root is not None:
        return _short(x**whole * root ** int(rest.p))
    return times(_powers(((_rational(x, ctx.prec), rest),)), x**whole)


def _rational_root(x: fmpq, degree: int) -> fmpq | None:
    if degree == 1:
        return x
    if degree > _MAX_ROOT:
        return None
    above, exact_above = sympy.integer_nthroot(int(x.p), degree)
    below, exact_below = sympy.integer_nthroot(int(x.q), degree)
    return fmpq(int(above), int(below)) if exact_above and exact_below else None


def ball_exponential(x: arb) -> arb:
    """The ball of e^t, t in x. Raises: Unproven if it is too large to be worked with."""
    if not abs(x) < HUGE:
        raise Unproven
    return x.exp()


def band_power(x: arb, p: fmpq) -> arb:
    """The ball of every t^p, t in x; not finite, or Unproven, unless t^p is real and continuous."""
    if p == 1:
        return x
    if p.q == 1 and abs(p) <= _MAX_ROOT:
        return integer_power(x, int(p.p))
    if p == fmpq(1, 2):
        return x.sqrt()
    if x < 0 and p.q == 1:
        size = band_power(-x, p)
        return size if int(p.p) % 2 == 0 else -size
    if not x > 0:
        raise Unproven
    return ball_exponential(x.log() * p)


def integer_power(band: arb, p: int) -> arb:
    """The ball of x^p for every x in `band`, which may hold 0 if p is positive."""
    result, square, left = arb(1), band, abs(p)
    while left:
        if left & 1:
            result *= square
        square *= square
        left >>= 1
    return result if p >= 0 else 1 / result
