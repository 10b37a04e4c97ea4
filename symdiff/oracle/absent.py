"""Zeros that stay 0 all around a point, so that whatever they are multiplied by is not there.

Of where(x > 0, √x, x) at x = −1 the case that is not taken passes nothing back: 0 times 1/(2√x),
which has no value, is 0. Not every 0 is such: of (√x)² at 0 the chain rule's 2√x · 1/(2√x) is 1. So
an entry is absent only if a strict condition takes a case that is 0, or a table leaves its place
empty, or if it is made of such entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

import sympy
from flint import arb
from sympy import Expr, Piecewise, S, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, BooleanAtom, Not, Or

from symdiff.balls.elementary import CannotCertify, Undefined
from symdiff.bridge.interpret import OfColumns
from symdiff.oracle.infinities import with_infinities


class Absent(arb):
    """0 times anything is 0, and 0 and anything is that."""

    __slots__ = ()

    def __mul__(self, other: Any) -> Absent:
        """Itself."""
        return self

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Any:
        """The other; itself and a plain 0, from which sums begin, are itself."""
        return self if isinstance(other, int) and other == 0 else other

    __radd__ = __add__

    def __neg__(self) -> Absent:
        """Itself."""
        return self


ABSENT = Absent(0)
NO_NUMBERS = (S.NaN, S.ComplexInfinity)
Decided = tuple[tuple[Expr, Expr], ...]  # cases and what is taken of each
OfBalls = Callable[..., Any]


class WithAbsent(OfColumns):
    """An expression as a function of balls that may be absent, and whose value may be.

    Args: plain, which makes a function of balls of an expression in the symbols.
    """

    def __init__(
        self, symbols: tuple[Symbol, ...], expression: Expr, plain: Callable[[Expr], OfBalls]
    ) -> None:
        self._symbols, self._expression, self._plain = symbols, expression, plain
        self._simpler: dict[Expr, WithAbsent] = {}
        self._anywhere: arb | None = None  # its value, where that hangs on nothing
        if expression.is_zero:
            self._anywhere = ABSENT
        elif expression.has(*NO_NUMBERS):  # 0/0, as the mean over nothing is
            self._anywhere = arb.nan()
        self._function = plain(expression) if self._anywhere is None else None
        self._has_cases = expression.has(Piecewise)

    def __call__(self, *balls: Any) -> Any:
        """The ball of the value."""
        if self._function is None:
            return self._anywhere
        rest = _without_absent(self._symbols, self._expression, balls)
        if rest is not None:
            return self._by(rest, balls)
        return self._settled(self._function(*balls), balls)

    def of_columns(self, columns: Sequence[list[Any]]) -> Iterable[Any]:
        """The balls of the values: one by one where an operand is absent."""
        if self._function is None:
            return repeat(self._anywhere, len(columns[0]))
        gone = [any(type(b) is Absent for b in balls) for balls in zip(*columns, strict=True)]
        if not any(gone):
            return self._all_there(columns)
        there = [[b for b, absent in zip(c, gone, strict=True) if not absent] for c in columns]
        found = iter(self._all_there(there))
        rows = zip(*columns, strict=True)
        return (self(*b) if lost else next(found) for b, lost in zip(rows, gone, strict=True))

    def _all_there(self, columns: Sequence[list[Any]]) -> Iterable[Any]:
        function = self._function
        assert function is not None  # noqa: S101 - else its value hangs on nothing
        found: Iterable[Any] = map(function, *columns)
        if isinstance(function, OfColumns) and columns[0]:
            found = function.of_columns(columns)
        if not self._has_cases:
            return found
        return map(self._settled, found, zip(*columns, strict=True))

    def _settled(self, value: Any, balls: Sequence[Any]) -> Any:
        """The value, or that of the case that a strict condition takes if it says more."""
        if self._has_cases and (value.is_zero() or not value.is_finite()):
            rest = _settled(self._symbols, self._expression, balls)
            if rest is not None:
                return self._by(rest, balls)
        return value

    def _by(self, rest: Expr, balls: Sequence[Any]) -> Any:
        if rest not in self._simpler:
            self._simpler[rest] = WithAbsent(self._symbols, rest, self._plain)
        return self._simpler[rest](*balls)


def _without_absent(
    symbols: tuple[Symbol, ...], expression: Expr, balls: Sequence[Any]
) -> Expr | None:
    """The expression with 0 for what is absent; None where nothing is, or 0 is divided by."""
    gone = [s for s, ball in zip(symbols, balls, strict=True) if isinstance(ball, Absent)]
    absent = tuple(s for s in gone if s in expression.free_symbols)
    return _with_zeros(expression, absent) if absent else None


def _settled(symbols: tuple[Symbol, ...], expression: Expr, balls: Sequence[Any]) -> Expr | None:
    """The expression with those cases put in that strict conditions take; None if there are none.

    At a border nothing is strict.
    """
    taken: list[tuple[Expr, Expr]] = []
    for cases in _outermost(expression):
        for value, condition in cases.args:
            holds = _strictly(condition, symbols, balls)
            if holds is None:
                break
            if holds:
                taken.append((cases, value))
                break
    return _with_cases(expression, tuple(taken)) if taken else None


@lru_cache(maxsize=4096)
def _with_zeros(expression: Expr, absent: tuple[Symbol, ...]) -> Expr | None:
    return _number(expression.xreplace(dict.fromkeys(absent, S.Zero)))


@lru_cache(maxsize=4096)
def _with_cases(expression: Expr, taken: Decided) -> Expr | None:
    return _number(expression.xreplace(dict(taken)))


def _number(expression: Expr) -> Expr | None:
    return None if expression.has(*NO_NUMBERS) else expression


@lru_cache(maxsize=4096)
def _outermost(expression: Expr) -> tuple[Expr, ...]:
    """The cases that stand in no others."""
    if isinstance(expression, Piecewise):
        return (expression,)
    return tuple(dict.fromkeys(cases for a in expression.args for cases in _outermost(a)))


def _strictly(condition: Any, symbols: tuple[Symbol, ...], balls: Sequence[Any]) -> bool | None:
    """Whether a condition holds all around; None where that is not decided."""
    if isinstance(condition, BooleanAtom):
        return bool(condition)
    if isinstance(condition, Not):
        found = _strictly(condition.args[0], symbols, balls)
        return None if found is None else not found
    if isinstance(condition, And | Or):
        settling = isinstance(condition, Or)
        parts = [_strictly(part, symbols, balls) for part in condition.args]
        if settling in parts:
            return settling
        return None if None in parts else not settling
    if not isinstance(condition, Relational):
        return None
    try:
        border = _border(condition, symbols)(*balls)
    except (CannotCertify, Undefined):
        return None
    if border > 0:
        return isinstance(condition, sympy.Gt | sympy.Ge | sympy.Ne)
    if border < 0:
        return isinstance(condition, sympy.Lt | sympy.Le | sympy.Ne)
    return None


@lru_cache(maxsize=4096)
def _border(condition: Relational, symbols: tuple[Symbol, ...]) -> Any:
    return with_infinities(symbols, condition.lhs - condition.rhs)
