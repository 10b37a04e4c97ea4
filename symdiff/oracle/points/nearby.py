"""Find what an expression tends to near a point, whichever of its cases is taken there.

Without cases a function is continuous wherever it has a value. So where a border may be 0, each
case that may hold beside it is written out and evaluated at the point: if all of these values are
one number the function is continuous there. Balls that overlap prove no equality: a jump may be
narrower than they are. Numbers are equal if their balls are both exact, if they are rational and
equal, or if SymPy writes them alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import sympy
from flint import arb
from sympy import Expr, Integer, Piecewise, Rational, S, Symbol
from sympy.core.relational import Relational

from symdiff.balls.compiled import Compiled, compile_ball
from symdiff.balls.elementary import CannotCertify, Undecided, Undefined
from symdiff.balls.exact import Exact, rational
from symdiff.functions import Extreme, Rounding, StableFunction, maximum
from symdiff.trees.conditions import NotReadable, holds
from symdiff.trees.walks import ordered

JUMPING = (Piecewise, sympy.sign, sympy.Heaviside, Rounding)
_MOST = 81  # cases that are written out: of four borders at once
_MOST_OPERATIONS = 80  # of a number that is taken apart: some tenths of a second
_MOST_TERMS = 100  # of a power of a sum in it that is multiplied out: (1 − π)¹⁰⁰⁰ has 1,001
_MOST_DEGREE = 10_000  # of a power of e in it
_ENDLESS = 10**9  # terms, as good as infinite
_LONGEST = 60_000  # bits of a rational number that SymPy may meet in comparing two

Taken = Mapping[Expr, int]  # the signs of borders, and what is rounded to, as they are assumed


@lru_cache(maxsize=4096)
def _has_cases(e: Expr) -> bool:
    return bool(e.has(*JUMPING, Extreme))


@lru_cache(maxsize=4096)
def moving_in(e: Expr) -> frozenset[Symbol]:
    """The symbols that an expression moves with beside its borders: x of |x|, none of a step."""
    if isinstance(e, Symbol):
        return frozenset([e])
    if isinstance(e, Piecewise):
        return frozenset().union(*(moving_in(value) for value, _ in e.args))
    if isinstance(e, JUMPING):
        return frozenset()
    return frozenset().union(*map(moving_in, e.args))


@lru_cache(maxsize=4096)
def deciding(e: Expr) -> frozenset[Symbol]:
    """The symbols that decide which case of an expression is taken."""
    parts = (p for p in e.atoms(*JUMPING, Relational) if not isinstance(p, Piecewise))
    return frozenset().union(*(p.free_symbols for p in parts))


@lru_cache(maxsize=4096)
def borders_of(e: Expr) -> tuple[Expr | None, ...]:
    """The expressions that are 0 where the case may change; None for a rounding."""
    found: list[Expr | None] = [r.lhs - r.rhs for r in e.atoms(Relational)]
    found += [step.args[0] for step in e.atoms(sympy.sign, sympy.Heaviside)]
    return (*found, None) if e.has(Rounding) else tuple(found)


class Open(Exception):
    """Raised where it is not told what a function tends to: no value, or too many cases."""


@dataclass(eq=False)
class Later:
    """A number written out: an expression with numbers in place of its symbols.

    They are put in when it is first read, since SymPy works out signs of what they make, and most
    are never read: balls tell.
    """

    template: Expr
    numbers: Mapping[Symbol, Later] = field(default_factory=dict)

    @cached_property
    def expression(self) -> Expr:
        """The number itself."""
        *before, _ = ordered([self], lambda one: one.numbers.values())
        for one in before:  # without recursion
            _ = one.expression
        return put(self.template, {s: n.expression for s, n in self.numbers.items()})

    def same(self, other: Later) -> bool:
        """Whether it is written alike, seen without writing it out."""
        if self.template != other.template or self.numbers.keys() != other.numbers.keys():
            return False
        pairs = [(n, other.numbers[s]) for s, n in self.numbers.items()]
        return all(
            n is m or (not n.numbers and not m.numbers and n.template == m.template)
            for n, m in pairs
        )


def put(e: Expr, numbers: Mapping[Symbol, Expr]) -> Expr:
    """The expression with numbers put in; NaN where SymPy refuses to compare what is none."""
    try:
        return e.xreplace(dict(numbers))
    except TypeError:
        return sympy.nan


@dataclass(frozen=True)
class Point:
    """A point: a ball for each symbol.

    `numbers` are the same written out, where they are known: they stand for the balls when two
    numbers are compared. `still` are the symbols that do not move: their cases are settled.
    """

    balls: Mapping[Symbol, arb]
    numbers: Mapping[Symbol, Later]
    still: frozenset[Symbol] = frozenset()
    beside: Callable[[Expr], int] | None = None  # the sign of a border on one side, if it is known

    @classmethod
    def of(cls, symbols: Sequence[Symbol], balls: Sequence[arb]) -> Point:
        """The point at the numbers that exact balls hold."""
        at = dict(zip(symbols, balls, strict=True))
        return cls(at, {s: Later(number_in(ball)) for s, ball in at.items() if ball.is_exact()})

    def value(self, e: Expr) -> arb:
        """The ball of an expression at the point. Raises: Undefined, CannotCertify."""
        symbols = tuple(self.balls)
        return _compiled(e, symbols)(*self.balls.values())


def number_in(ball: arb) -> Expr:
    """The number that an exact ball holds, as a SymPy number."""
    number = rational(ball)
    return Rational(int(number.p), int(number.q))


@lru_cache(maxsize=4096)
def _compiled(e: Expr, symbols: tuple[Symbol, ...]) -> Compiled:
    return compile_ball(e, symbols)


@lru_cache(maxsize=4096)
def jumps(e: Expr) -> bool:
    """Whether an expression has cases between which it may jump."""
    return bool(e.has(*JUMPING))


def tends_to(e: Expr, point: Point) -> list[Expr]:
    """The expressions without cases of which one gives the value near the point.

    No two of them are proven to be equal at the point. Raises: Open.
    """
    try:
        distinct: list[Expr] = []
        for _, case in cases(e, point):
            if not point.value(case).is_finite():
                raise Open
            if not any(equal(case, other, point) for other in distinct):
                distinct.append(case)
    except (Undefined, CannotCertify) as error:
        raise Open from error
    return distinct


def continuous(e: Expr, point: Point) -> bool:
    """Whether an expression is proven to be continuous at the point, in all of its symbols."""
    if not jumps(e):
        return True
    try:
        if len(tends_to(e, point)) == 1:
            return True
    except Open:
        pass
    return not isinstance(e, JUMPING) and all(continuous(a, point) for a in e.args)


def beside(e: Expr, point: Point, sign: Callable[[Expr], int]) -> Expr:
    """The expressions without cases of which one holds on one side of the point.

    Args: sign, that of a border there, or Open.

    Raises: Open, Undefined, CannotCertify.
    """
    return _Case(replace(point, beside=sign), {}).of(e)


def equal(a: Expr, b: Expr, point: Point) -> bool | None:
    """Whether two expressions have one value at a point; None where that is not proven.

    Raises: Undefined, CannotCertify.
    """
    apart = a - b
    if apart == 0:
        return True
    ball = point.value(apart)
    if ball > 0 or ball < 0:
        return False
    if ball.is_zero() or _vanishes(apart, point):
        return True
    return None


def _vanishes(e: Expr, point: Point) -> bool:
    used = e.free_symbols
    if not used <= point.numbers.keys():
        return False
    exact = Exact(e, tuple(point.balls))
    try:
        if exact.possible and bool(exact(*point.balls.values()) == 0):
            return True
    except (Undecided, Undefined):
        pass
    if _length(e, point) > _LONGEST:
        return False
    return _is_zero(e.xreplace({s: point.numbers[s].expression for s in used}))


@lru_cache(maxsize=4096)
def _is_zero(number: Expr) -> bool:
    """Whether SymPy's algebra makes it 0: powers of e are indeterminates to it."""
    if number == 0:
        return True
    if _terms(number)[1] > _MOST_TERMS:
        return False
    if sympy.expand(number) == 0:
        return True
    plain = number.replace(
        lambda e: isinstance(e, StableFunction), lambda e: type(e).definition(*e.args)
    )
    if sympy.count_ops(plain) > _MOST_OPERATIONS or _degree(plain) > _MOST_DEGREE:
        return False
    return bool(sympy.cancel(sympy.together(plain)) == 0)


def _degree(e: Expr) -> int:
    """The largest whole number in an exponent of e, which is a degree to SymPy's algebra."""
    terms = (t for power in e.atoms(sympy.exp) for t in sympy.Add.make_args(power.args[0]))
    factors = (t.as_coeff_Mul()[0] for t in terms)
    return max((max(abs(q.p), q.q) for q in factors if q.is_Rational), default=0)


def _terms(e: Expr) -> tuple[float, float]:
    """How many terms an expression has multiplied out, and the most that a part of it has."""
    if not e.args:
        return 1.0, 1.0
    each = [_terms(a) for a in e.args]
    own = [terms for terms, _ in each]
    found = 1.0
    if isinstance(e, sympy.Add):
        found = sum(own)
    elif isinstance(e, sympy.Mul):
        found = math.prod(own)
    elif isinstance(e, sympy.Pow) and e.exp.is_Integer and own[0] > 1:
        n = float(min(abs(int(e.exp)), _ENDLESS))  # of t terms: t + n − 1 over n
        ways = math.lgamma(own[0] + n) - math.lgamma(own[0]) - math.lgamma(n + 1)
        found = math.exp(min(ways, math.log(_ENDLESS)))
    found = min(found, float(_ENDLESS))
    return found, max(found, *(most for _, most in each))


def _length(e: Expr, point: Point) -> float:
    """A bound of the bits of rational numbers that SymPy meets in evaluating an expression."""
    if isinstance(e, Symbol):
        number = point.numbers[e].expression
        return _length(number, point) if not number.is_Symbol else 64.0
    if isinstance(e, sympy.Rational):
        return float(int(e.p).bit_length() + int(e.q).bit_length())
    if isinstance(e, sympy.Pow):
        exponent = abs(int(e.exp)) if e.exp.is_Integer else 1
        return _length(e.base, point) * exponent + _length(e.exp, point)
    return sum((_length(a, point) for a in e.args), 1.0)


def cases(e: Expr, point: Point) -> list[tuple[Taken, Expr]]:
    """The case of an expression for each combination of signs that its borders may have.

    A border has one sign wherever it is met. Raises: Open, Undefined, CannotCertify.
    """
    left: list[Taken] = [{}]
    found: list[tuple[Taken, Expr]] = []
    while left:
        taken = left.pop()
        try:
            found.append((taken, _Case(point, taken).of(e)))
        except _Branch as branch:
            left += [{**taken, branch.at: choice} for choice in branch.choices]
        if len(left) + len(found) > _MOST:
            raise Open
    return found


class _Branch(Exception):
    """A border that may have several signs, or a function that may round to several numbers."""

    def __init__(self, at: Expr, choices: Iterable[int]) -> None:
        self.at, self.choices = at, choices


class _Case:
    """Writes out one case of an expression near a point."""

    def __init__(self, point: Point, taken: Taken) -> None:
        """Args: taken, the signs of borders, and what is rounded to, as they are assumed."""
        self.point, self.taken = point, taken
        self.known: dict[Expr, Expr] = {}

    def of(self, e: Expr) -> Expr:
        """The expression without cases. Raises: _Branch, Open, Undefined."""
        if e not in self.known:
            self.known[e] = self._of(e) if _has_cases(e) else e
        return self.known[e]

    def _of(self, e: Expr) -> Expr:
        if isinstance(e, Piecewise):
            for value, condition in e.args:
                if self.holds(condition):
                    return self.of(value)
            raise Undefined
        if isinstance(e, sympy.sign):
            return Integer(self.sign(e.args[0]))
        if isinstance(e, sympy.Heaviside):
            return (S.Zero, e.args[1], S.One)[1 + self.sign(e.args[0])]
        if isinstance(e, Rounding):
            return Integer(self.whole(type(e), self.of(e.args[0])))
        parts = [self.of(a) for a in e.args]
        if isinstance(e, Extreme):
            border = self.point.value(parts[0] - parts[1])
            if border > 0 or border < 0:
                return parts[0] if bool(border > 0) == isinstance(e, maximum) else parts[1]
        return e.func(*parts)

    def holds(self, c: Any) -> bool:
        """Whether a condition holds. Raises: _Branch, Open, Undefined."""
        try:
            return holds(c, self.sign)
        except NotReadable:
            raise Open from None

    def sign(self, border: Expr) -> int:
        """The sign of a border near the point."""
        border = self.of(border)
        ball = self.point.value(border)
        if ball > 0 or ball < 0:
            return 1 if ball > 0 else -1
        if self._still(border):
            if not (ball.is_zero() or _vanishes(border, self.point)):
                raise Open
            return 0
        if self.point.beside is not None:
            return self.point.beside(border)
        if not ball.is_finite():
            raise Open
        if border.could_extract_minus_sign():
            return -self._assumed(-border, (-1, 0, 1))
        return self._assumed(border, (-1, 0, 1))

    def whole(self, function: type[Rounding], argument: Expr) -> int:
        """What a function that rounds may give where its argument is near one value."""
        ball = self.point.value(argument)
        near = [ball]
        if not self._still(argument) and (2 * ball).contains_integer():
            middle = (2 * ball).unique_fmpz()
            if middle is None:
                raise Open
            sides: Iterable[int] = (-1, 0, 1)
            if self.point.beside is not None:
                sides = (self.point.beside(argument - Rational(int(middle), 2)),)
            near = [arb(middle) / 2 + k * arb(0.125) for k in sides]  # it jumps ½ farther on
        found = [function.arb(x).unique_fmpz() for x in near]
        if None in found:
            raise Open
        choices = tuple(sorted({int(n) for n in found}))
        return choices[0] if len(choices) == 1 else self._assumed(function(argument), choices)

    def _assumed(self, at: Expr, choices: tuple[int, ...]) -> int:
        if at not in self.taken:
            raise _Branch(at, choices)
        return self.taken[at]

    def _still(self, e: Expr) -> bool:
        """Whether it does not move."""
        return bool(e.free_symbols <= self.point.still)
