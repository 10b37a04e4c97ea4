"""A germ is a function for all large z: a sum of falling terms, and a bound on the rest.

A germ (Σ cᵢ mᵢ, band, m) says of a function g: for all z beyond some number, g has a real value and

    g(z) = c₁ m₁(z) + … + cₙ mₙ(z) + r(z),

each cᵢ being one real number that its ball holds, and all limits of r/m as z → +∞, along whatever
sequence, lie in `band`: an interval, held by a ball. A band of 0 says r = o(m). Without a band,
r is 0. Every operation below returns a germ of which that is true if it is true of those given.
Nothing is said of how large z has to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass

from flint import arb, fmpq

from symdiff.oracle.limits.constants import (
    Number,
    Unproven,
    ball,
    ball_exponential,
    band_power,
    exponential,
    is_zero,
    logarithm,
    number,
    plus,
    power,
    times,
)
from symdiff.oracle.limits.growth import (
    ONE,
    Monomial,
    Terms,
    Z,
    compare,
    exponential_of,
    logarithm_of,
    total,
)

Remainder = tuple[arb, Monomial]


class OutsideDomain(ArithmeticError):
    """Raised where there is proven to be no real value for any z that is large enough."""


# How many terms are kept. More only help where the greatest cancel.
ORDER: ContextVar[int] = ContextVar("ORDER", default=3)


@dataclass(frozen=True, eq=False)
class Germ:
    """Σ cᵢ mᵢ + r, as the module says; made by `germ`, which keeps it in order."""

    terms: Terms = ()
    rest: Remainder | None = None

    def __add__(self, other: Germ) -> Germ:
        return germ(total(self.terms, other.terms), self.rest, other.rest)

    def __neg__(self) -> Germ:
        rest = self.rest and (-self.rest[0], self.rest[1])
        return Germ(tuple((-c, m) for c, m in self.terms), rest)

    def __sub__(self, other: Germ) -> Germ:
        return self + -other

    def __mul__(self, other: Germ) -> Germ:
        # (S + r)(T + s) = ST + Ss + rT + rs, and S is its first term times 1 + o(1).
        terms: Terms = ()
        for c, m in self.terms:
            terms = total(terms, tuple((times(c, d), m * n) for d, n in other.terms))
        first, second = _head(self.terms), _head(other.terms)
        return germ(
            terms,
            _product(first, other.rest),
            _product(self.rest, second),
            _product(self.rest, other.rest),
        )

    def scaled(self, c: Number, m: Monomial = ONE) -> Germ:
        """The germ times a number other than 0 and a monomial."""
        rest = self.rest and (self.rest[0] * ball(c), self.rest[1] * m)
        return germ(tuple((times(c, d), m * n) for d, n in self.terms), rest)

    def leading(self) -> Remainder | None:
        """(band, m): all limits of g/m lie in the band; None if g is 0 for all large z."""
        return _head(self.terms) or self.rest

    def sign(self) -> int:
        """The sign of g for all large z. Raises: Unproven if that is not known."""
        head = self.leading()
        return 0 if head is None else sign_of_band(head[0])

    def limit(self) -> Number | int | None:
        """The limit, where it is known: a number, or −1 or 1 as an int for −∞ or +∞."""
        head = self.leading()
        if head is None:
            return fmpq(0)
        band, m = head
        order = compare(m, ONE)
        if order > 0:
            return 1 if band > 0 else -1 if band < 0 else None
        if order < 0 or band.is_zero():
            return fmpq(0)
        return self.terms[0][0] if self.terms else None

    def bounded_by(self) -> arb | None:
        """An interval that holds every limit of g, where one is known and it is finite."""
        head = self.leading()
        if head is None or compare(head[1], ONE) != 0:
            return None
        return head[0]

    def diverges(self) -> int:
        """−1 or 1 if g tends to −∞ or +∞, and 0 if not, or if that is not known."""
        found = self.limit()
        return found if isinstance(found, int) else 0

    def split(self) -> tuple[Terms, Number, Germ]:
        """The terms that grow beyond all bounds, the constant, and what is left."""
        orders = [compare(m, ONE) for _, m in self.terms]
        large = tuple(t for t, order in zip(self.terms, orders, strict=True) if order > 0)
        small = tuple(t for t, order in zip(self.terms, orders, strict=True) if order < 0)
        constants = [c for (c, _), order in zip(self.terms, orders, strict=True) if order == 0]
        return large, (constants or [fmpq(0)])[0], Germ(small, self.rest)


def sign_of_band(band: arb) -> int:
    """The sign of all that comes arbitrarily near to the band; o(m) has none that is known."""
    if band > 0:
        return 1
    if band < 0:
        return -1
    raise Unproven


def germ(terms: Terms, *rests: Remainder | None) -> Germ:
    """Falling terms and the remainders, of which there may be several, put in order.

    Terms that the remainder covers are dropped into it; a coefficient that is not told from 0
    becomes a remainder, for a term that leads must not be 0.
    """
    rest: Remainder | None = None
    for other in rests:
        rest = _joined(rest, other)
    kept: list[tuple[Number, Monomial]] = []
    for c, m in terms:
        order = 1 if rest is None else compare(m, rest[1])
        if rest is not None and (order < 0 or (order == 0 and not rest[0].is_zero())):
            if order == 0:
                rest = (rest[0] + ball(c), m)
            break
        if not (c > 0 or c < 0):
            rest = (ball(c), m)
            break
        if len(kept) == ORDER.get():
            rest = (arb(0), kept[-1][1])  # this term and all that follow
            break
        kept.append((c, m))
    if rest is not None and not rest[0].is_finite():
        raise Unproven
    return Germ(tuple(kept), rest)


def constant(c: Number) -> Germ:
    """The germ of a number."""
    return germ(() if is_zero(c) else ((c, ONE),))


def within(band: arb) -> Germ:
    """The germ of which only an interval of its limits is known.

    Raises: Unproven if it is infinite.
    """
    return germ((), (band, ONE))


def variable(sign: int) -> Germ:
    """The germ of z as z → +∞, or of −z, the variable that goes to −∞."""
    return Germ(((fmpq(sign), Z),))


def _head(terms: Terms) -> Remainder | None:
    return (ball(terms[0][0]), terms[0][1]) if terms else None


def _joined(a: Remainder | None, b: Remainder | None) -> Remainder | None:
    if a is None or b is None:
        return a or b
    order = compare(a[1], b[1])
    if order == 0:
        return (a[0] + b[0], a[1])
    return a if order > 0 else b


def _product(a: Remainder | None, b: Remainder | None) -> Remainder | None:
    return None if a is None or b is None else (a[0] * b[0], a[1] * b[1])


def hull(f: Germ, g: Germ) -> Germ:
    """A germ that holds of every function that is f or g, now one and now the other."""
    same = 0
    for (c, m), (d, n) in zip(f.terms, g.terms, strict=False):
        if compare(m, n) != 0 or not is_zero(plus(c, -d)):
            break
        same += 1
    rest = _either(Germ(f.terms[same:], f.rest), Germ(g.terms[same:], g.rest))
    return germ(f.terms[:same], rest)


def _either(f: Germ, g: Germ) -> Remainder | None:
    a, b = f.leading(), g.leading()
    if a is None or b is None:
        found = a or b
        return found and (found[0].union(arb(0)), found[1])
    order = compare(a[1], b[1])
    if order == 0:
        return a[0].union(b[0]), a[1]
    band, m = a if order > 0 else b
    return band.union(arb(0)), m  # the other's ratio to m tends to 0


def composed(coefficients: Sequence[Number], small: Germ, *, whole: bool = False) -> Germ:
    """Σ fₖ sᵏ for s → 0: of an analytic function with these Taylor coefficients, or asymptotic.

    What follows the last coefficient fₙ is O(sⁿ⁺¹) = o(mⁿ), m being s's monomial; nothing follows
    if the coefficients are `whole`.
    """
    head = small.leading()
    if head is None:
        return constant(coefficients[0])
    result = constant(coefficients[-1])
    for c in reversed(coefficients[:-1]):
        result = result * small + constant(c)
    if whole:
        return result
    n = len(coefficients) - 1
    return germ(result.terms, result.rest, (arb(0), head[1] ** fmpq(n)))


def taylor_length() -> int:
    """The number of Taylor coefficients worth having."""
    return ORDER.get() + 1


def log(g: Germ) -> Germ:
    """The germ of log g. Raises: OutsideDomain where g is negative or 0."""
    head = g.leading()
    if head is None or (head[0] < 0):
        raise OutsideDomain
    sign_of_band(head[0])
    if not g.terms:  # log g = log m + log(g/m), and log is continuous on the band
        return germ(logarithm_of(head[1]), (head[0].log(), ONE))
    c, m = g.terms[0]
    whole = germ(logarithm_of(m)) + constant(logarithm(c))
    # log(1 + s) = s − s²/2 + s³/3 − …
    series = [fmpq(0), *(fmpq((-1) ** (k + 1), k) for k in range(1, taylor_length()))]
    return whole + composed(series, _beside(g, c, m))


def _beside(g: Germ, c: Number, m: Monomial) -> Germ:
    """s → 0 of g = c m (1 + s), c m being g's first term."""
    return Germ(g.terms[1:], g.rest).scaled(power(c, fmpq(-1)), m ** fmpq(-1))


def exp(g: Germ) -> Germ:
    """The germ of e^g, where g is known up to a bounded part, or tends to −∞."""
    large, c, small = g.split()
    rest = small.rest
    order = -1 if rest is None else compare(rest[1], ONE)
    if order > 0:
        return _vanishing(g)
    m = exponential_of(large)
    if rest is not None and order == 0 and not rest[0].is_zero():
        return germ((), (ball_exponential(rest[0]), m))  # the band holds the constant too
    series = [fmpq(1)]
    for k in range(1, taylor_length()):
        series.append(series[-1] / k)
    return composed(series, small).scaled(exponential(c), m)


def _vanishing(g: Germ) -> Germ:
    """e^g = o(e^(−q m)) where the limits of g/m are below −2q < 0 and m grows beyond all bounds.

    For then e^(g + q m) ≤ e^(−q m / 2) from some point on, and that tends to 0.
    """
    head = g.leading()
    if head is None or compare(head[1], ONE) <= 0 or not head[0] < 0:
        raise Unproven
    q = number(head[0].abs_lower() / 2)
    return germ((), (arb(0), exponential_of(((-q, head[1]),))))


def raised(g: Germ, p: fmpq) -> Germ:
    """The germ of g^p for a rational p; a negative base has integer powers only.

    Raises: OutsideDomain where there is no real power.
    """
    head = g.leading()
    if head is None:
        if p < 0:
            raise OutsideDomain
        return g
    band, m = head
    whole = p.q == 1
    if not whole:
        if band < 0:
            raise OutsideDomain
        sign_of_band(band)
    if not g.terms:  # x ↦ x^p is continuous on the band, or its ball is not finite
        return germ((), (band_power(band, p), m**p))
    c, m = g.terms[0]
    series = [fmpq(1)]  # (1 + s)^p = Σ binomial(p, k) sᵏ
    for k in range(1, taylor_length()):
        series.append(series[-1] * (p - k + 1) / k)
    finite = whole and 0 <= p < taylor_length()
    return composed(series, _beside(g, c, m), whole=finite).scaled(power(c, p), m**p)
