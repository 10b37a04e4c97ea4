"""Compute with zeros that stay 0 all around a point, so that products with them are exactly 0.

Of where(x > 0, √x, x) at x = −1 the case that is not taken passes nothing back: 0 times 1/(2√x),
which has no value, is 0. Not every 0 is such: of (√x)² at 0 the chain rule's 2√x · 1/(2√x) is 1. So
an entry is absent only if a strict condition takes a case that is 0, or a table leaves its place
empty, or if it is made of such entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache, partial
from itertools import repeat
from typing import Any

import sympy
from flint import arb
from sympy import Expr, Piecewise, S, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, BooleanAtom, Not, Or

from symdiff.balls.elementary import CannotCertify, Undefined
from symdiff.bridge.interpret import OfColumns
from symdiff.oracle.programs.infinities import with_infinities


class Absent(arb):
    """A zero that stays: times anything it is itself, plus anything it is that."""

    __slots__ = ()

    def __mul__(self, other: Any) -> Absent:
        """The zero itself."""
        return self

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Any:
        """The other summand; with a plain 0, from which sums begin, the zero itself."""
        return self if isinstance(other, int) and other == 0 else other

    __radd__ = __add__

    def __neg__(self) -> Absent:
        """The zero itself."""
        return self


ABSENT = Absent(0)
NO_NUMBERS = (S.NaN, S.ComplexInfinity)
Decided = tuple[tuple[Expr, Expr], ...]  # cases and what is taken of each
OfBalls = Callable[..., Any]
Strictly = Callable[[Sequence[Any]], bool | None]


class WithAbsent(OfColumns):
    """An expression as a function of balls, of which some, and its value, may be absent.

    Args: plain, which makes a function of balls of an expression in the symbols.
    """

    def __init__(
        self, symbols: tuple[Symbol, ...], expression: Expr, plain: Callable[[Expr], OfBalls]
    ) -> None:
        self._symbols, self._expression, self._plain = symbols, expression, plain
        self._simpler: dict[Expr, WithAbsent] = {}
        free = expression.free_symbols
        self._used = tuple(i for i, symbol in enumerate(symbols) if symbol in free)
        self._without: dict[tuple[int, ...], WithAbsent | None] = {}  # by what is absent
        self._with: dict[tuple[int | None, ...], WithAbsent | None] = {}  # by the cases taken
        self._anywhere: arb | None = None  # its value, where that hangs on nothing
        if expression.is_zero:
            self._anywhere = ABSENT
        elif expression.has(*NO_NUMBERS):  # 0/0, as the mean over nothing is
            self._anywhere = arb.nan()
        self._function = plain(expression) if self._anywhere is None else None
        self._has_cases = expression.has(Piecewise)

    def __call__(self, *balls: Any) -> Any:
        """The ball of the value, or the absent zero."""
        if self._function is None:
            return self._anywhere
        gone = tuple(i for i in self._used if type(balls[i]) is Absent)
        if gone and (rest := self._of_the_others(gone)) is not None:
            return rest(*balls)
        return self._settled(self._function(*balls), balls)

    def of_columns(self, columns: Sequence[list[Any]]) -> Iterable[Any]:
        """The balls of the values, computed one by one where an operand is absent."""
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
            rest = self._of_taken(balls)
            if rest is not None:
                return rest(*balls)
        return value

    def _of_taken(self, balls: Sequence[Any]) -> WithAbsent | None:
        """The expression with those cases put in that strict conditions take; None of none.

        At a border nothing is strict.
        """
        taken = tuple(map(partial(_case_taken, balls), self._branches))
        if taken not in self._with:
            values = {
                cases: cases.args[i].args[0]
                for cases, i in zip(self._cases, taken, strict=True)
                if i is not None
            }
            rest = _with_cases(self._expression, tuple(values.items())) if values else None
            self._with[taken] = None if rest is None else self._of(rest)
        return self._with[taken]

    @cached_property
    def _cases(self) -> tuple[Expr, ...]:
        """The cases that stand in no others."""
        return _outermost(self._expression)

    @cached_property
    def _branches(self) -> list[list[Strictly]]:
        """The conditions of each of the cases."""
        return [[_strictly(c, self._symbols) for _, c in cases.args] for cases in self._cases]

    def _of_the_others(self, gone: tuple[int, ...]) -> WithAbsent | None:
        """The expression with 0 for what is absent; None if 0 is divided by."""
        if gone not in self._without:
            rest = _with_zeros(self._expression, tuple(self._symbols[i] for i in gone))
            self._without[gone] = None if rest is None else self._of(rest)
        return self._without[gone]

    def _of(self, rest: Expr) -> WithAbsent:
        if rest not in self._simpler:
            self._simpler[rest] = WithAbsent(self._symbols, rest, self._plain)
        return self._simpler[rest]


def _case_taken(balls: Sequence[Any], conditions: Sequence[Strictly]) -> int | None:
    """Which case is taken all around, if that is decided."""
    for i, condition in enumerate(conditions):
        holds = condition(balls)
        if holds is None:
            return None
        if holds:
            return i
    return None


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


def _strictly(condition: Any, symbols: tuple[Symbol, ...]) -> Strictly:
    """Whether a condition holds all around, of balls; None where that is not decided."""
    if isinstance(condition, BooleanAtom):
        known = bool(condition)
        return lambda _: known
    if isinstance(condition, Not):
        return partial(_negated, _strictly(condition.args[0], symbols))
    if isinstance(condition, And | Or):
        parts = [_strictly(part, symbols) for part in condition.args]
        return partial(_joined, parts, isinstance(condition, Or))
    if not isinstance(condition, Relational):
        return lambda _: None
    return partial(_of_border, condition, symbols)


def _negated(condition: Strictly, balls: Sequence[Any]) -> bool | None:
    found = condition(balls)
    return None if found is None else not found


def _joined(parts: Sequence[Strictly], settling: bool, balls: Sequence[Any]) -> bool | None:  # noqa: FBT001 - bound
    found = [part(balls) for part in parts]
    if settling in found:
        return settling
    return None if None in found else not settling


def _of_border(
    condition: Relational, symbols: tuple[Symbol, ...], balls: Sequence[Any]
) -> bool | None:
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
