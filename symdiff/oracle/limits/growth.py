"""Compare how fast functions grow: products of powers of z, log z, … and exponentials of such.

A monomial is m(z) = z^a (log z)^b (log log z)^c ⋯ · exp(Q(z)), positive for all large z, where Q is
a sum of numbers times monomials that grow beyond all bounds. Any two of them can be compared: one
is vanishingly small beside the other as z → +∞, or they are the same.

Source: Hardy, Orders of Infinity, 1910, and Gruntz, "On computing limits in a symbolic manipulation
system", ETH Zürich 1996, §2, for the scale; only its order is used here.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field

from flint import fmpq

from symdiff.oracle.limits.constants import Number, Unproven, is_zero, plus, sign, times


class OutOfEffort(Exception):
    """Raised when as many comparisons were made as are allowed."""


class Effort:
    """The number of comparisons of monomials that may still be made."""

    def __init__(self, comparisons: int) -> None:
        self.left = comparisons

    def spend(self) -> None:
        """Count one comparison. Raises: OutOfEffort if none is left."""
        self.left -= 1
        if self.left < 0:
            raise OutOfEffort


EFFORT: ContextVar[Effort] = ContextVar("EFFORT")

_MAX_SIZE = 32  # of a monomial: comparing two costs at most the product of their sizes


@dataclass(frozen=True, eq=False)
class Monomial:
    """z^a (log z)^b ⋯ exp(Q): the exponents of the logarithms, and the terms of Q, falling.

    Q's terms all grow beyond all bounds, and none is a multiple of log z, log log z, …, which
    would be a power. So the monomial is 1 only if both parts are empty.
    """

    powers: tuple[Number, ...] = ()  # of z, log z, log log z, …; the last is not 0
    exponent: Terms = ()
    size: int = field(init=False)

    def __post_init__(self) -> None:
        size = 1 + len(self.powers) + sum(m.size for _, m in self.exponent)
        if size > _MAX_SIZE:
            raise Unproven
        object.__setattr__(self, "size", size)

    def __mul__(self, other: Monomial) -> Monomial:
        if self is ONE or other is ONE:
            return other if self is ONE else self
        return _monomial(
            _padded_sum(self.powers, other.powers), total(self.exponent, other.exponent)
        )

    def __pow__(self, p: Number) -> Monomial:
        if p == 1:
            return self
        return _monomial(
            tuple(times(a, p) for a in self.powers),
            tuple((times(c, p), m) for c, m in self.exponent),
        )


# Numbers times monomials, each vanishingly small beside the one before.
Terms = tuple[tuple[Number, Monomial], ...]

ONE = Monomial()
Z = Monomial((fmpq(1),))


def _padded_sum(a: tuple[Number, ...], b: tuple[Number, ...]) -> tuple[Number, ...]:
    n = max(len(a), len(b))
    zeros = (fmpq(0),) * n
    return tuple(plus(x, y) for x, y in zip((a + zeros)[:n], (b + zeros)[:n], strict=True))


def _monomial(powers: Iterable[Number], exponent: Iterable[tuple[Number, Monomial]]) -> Monomial:
    kept = list(powers)
    while kept and is_zero(kept[-1]):
        kept.pop()
    terms = tuple((c, m) for c, m in exponent if not is_zero(c))
    return Monomial(tuple(kept), terms) if kept or terms else ONE


def logarithm_of(m: Monomial) -> Terms:
    """The logarithm of a monomial, Q + a log z + b log log z + …, falling.

    Q + a log z + b log log z + …, falling.
    """
    logs = tuple(
        (a, Monomial((fmpq(0),) * (k + 1) + (fmpq(1),)))
        for k, a in enumerate(m.powers)
        if not is_zero(a)
    )
    return total(m.exponent, logs)


def exponential_of(terms: Terms) -> Monomial:
    """The monomial e^t of a sum t of terms that all grow beyond all bounds."""
    powers: list[Number] = []
    rest = []
    for c, m in terms:
        depth = len(m.powers) - 1
        plain = not m.exponent and depth >= 1 and m.powers[-1] == 1
        if plain and all(is_zero(a) for a in m.powers[:-1]):
            powers += [fmpq(0)] * (depth - len(powers))
            powers[depth - 1] = c  # e^(c log z) = z^c, e^(c log log z) = (log z)^c, …
        else:
            rest.append((c, m))
    return _monomial(powers, rest)


def compare(m: Monomial, n: Monomial) -> int:
    """Compare how fast two monomials grow: 1 if m is faster (n/m → 0), −1 if n is, 0 if equal.

    The sign of log(m/n) far out is that of its fastest growing term; without exponentials that is
    the first that is left of log z, log log z, …

    Raises: Unproven if a difference of exponents is not told from 0; OutOfEffort.
    """
    EFFORT.get().spend()
    if m is n:
        return 0
    if not (m.exponent or n.exponent):
        powers = zip(m.powers, n.powers, strict=False)
        pairs = [*powers, *((a, fmpq(0)) for a in m.powers[len(n.powers) :])]
        pairs += [(fmpq(0), b) for b in n.powers[len(m.powers) :]]
        differences = (plus(a, -b) for a, b in pairs)
    else:
        # Terms of the exponents have fewer exponentials inside, so this ends; each pair of them
        # meets at most once, so it takes no more steps than the product of the two sizes.
        minus = tuple((-c, k) for c, k in logarithm_of(n))
        differences = (c for c, _ in total(logarithm_of(m), minus))
    return next((s for d in differences if (s := sign(d))), 0)


def total(a: Terms, b: Terms) -> Terms:
    """The sum of two falling sums, falling, without the terms that cancel exactly."""
    result: list[tuple[Number, Monomial]] = []
    i = j = 0
    while i < len(a) and j < len(b):
        order = compare(a[i][1], b[j][1])
        if order > 0:
            result.append(a[i])
        elif order < 0:
            result.append(b[j])
        elif not is_zero(c := plus(a[i][0], b[j][0])):
            result.append((c, a[i][1]))
        i += order >= 0
        j += order <= 0
    return (*result, *a[i:], *b[j:])
