"""Hold an entry that may be one of several numbers near a point, by the signs of borders.

What is computed of it is so too. Two entries that hang on one border are combined case by case:
of a mask and its complement one is 1 and the other 0.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sympy
from flint import arb
from sympy import Expr

from symdiff.oracle.neighbourhood.one_sided import UNKNOWN
from symdiff.oracle.points.nearby import Later, number_in

_MOST = 81
Signs = Mapping[Hashable, int]


class WrittenBall(NamedTuple):
    """A ball, with its exact expression where that is known."""

    ball: arb
    written: Later | None = None

    @property
    def later(self) -> Later | None:
        """The exact expression, to be written out; an exact ball is a number itself."""
        if self.written is None and self.ball.is_exact() and self.ball.is_finite():
            return Later(number_in(self.ball))
        return self.written

    @property
    def told(self) -> Expr | None:
        """The exact expression."""
        later = self.later
        return None if later is None else later.expression

    def same(self, other: WrittenBall) -> bool:
        """Whether two are proven to be one number."""
        if self.ball.is_exact() and other.ball.is_exact():
            return bool(self.ball == other.ball)
        one, another = self.later, other.later
        if not self.ball.overlaps(other.ball) or one is None or another is None:
            return False
        if one.same(another):
            return True
        apart = one.expression - another.expression
        return bool(apart == 0 or sympy.expand(apart) == 0)


class Several:
    """Several numbers, each with what it assumes of the signs of borders."""

    __slots__ = ("cases",)

    def __init__(self, cases: Sequence[tuple[Signs, WrittenBall]]) -> None:
        self.cases = cases

    def __add__(self, other: Any) -> Any:
        return combined(operator.add, self, other)

    def __mul__(self, other: Any) -> Any:
        return combined(operator.mul, self, other)

    __radd__, __rmul__ = __add__, __mul__


def cases_of(entry: Any) -> Sequence[tuple[Signs, WrittenBall]]:
    """The cases of an entry, which may be a single ball."""
    return entry.cases if isinstance(entry, Several) else [({}, WrittenBall(arb(entry)))]


def settled(cases: Sequence[tuple[Signs, WrittenBall]]) -> Any:
    """A single ball if the numbers are proven equal, else the several."""
    if not cases or len(cases) > _MOST:
        return UNKNOWN
    first = cases[0][1]
    if not all(number.ball.is_finite() for _, number in cases):
        return UNKNOWN
    if all(first.same(number) for _, number in cases[1:]):
        return first.ball
    return Several(cases)


def together(entries: Iterable[Any]) -> list[tuple[Signs, list[WrittenBall]]]:
    """The joint cases of several entries, those whose assumptions agree."""
    found: list[tuple[Signs, list[WrittenBall]]] = [({}, [])]
    for entry in entries:
        found = [
            ({**signs, **more}, [*numbers, number])
            for signs, numbers in found
            for more, number in cases_of(entry)
            if all(signs.get(border, sign) == sign for border, sign in more.items())
        ]
        if len(found) > _MOST:
            return []
    return found


def combined(function: Callable[..., Any], *entries: Any) -> Any:
    """Apply a function of balls, or of SymPy numbers, to entries that may be several."""
    if any(entry is UNKNOWN for entry in entries):
        return UNKNOWN
    return settled([(signs, _made(function, numbers)) for signs, numbers in together(entries)])


def _made(function: Callable[..., Any], numbers: Sequence[WrittenBall]) -> WrittenBall:
    ball = function(*(number.ball for number in numbers))
    if ball.is_exact():
        return WrittenBall(ball)
    told = [number.told for number in numbers]
    if any(each is None or not each.is_Rational for each in told):
        return WrittenBall(ball)
    return WrittenBall(ball, Later(function(*told)))
