"""Hold entries of arrays as balls, and compile expressions of them for `interpret`.

An entry is a ball. One that is not known is the whole line, and one that is proven to have no
value is NaN, which passes on to whatever is computed from it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from flint import arb, fmpq
from sympy import Expr, Symbol

from symdiff.balls.elementary import Undefined
from symdiff.bridge.interpret import OfColumns
from symdiff.oracle import deadline
from symdiff.oracle.programs.absent import NO_NUMBERS, WithAbsent
from symdiff.oracle.programs.infinities import with_infinities


@dataclass
class Ties:
    """Notes whether a border of some expressions was exactly 0, so that a convention chose."""

    of: Container[Expr]
    met: bool = False


_ties: ContextVar[Ties] = ContextVar("ties")


@contextmanager
def watched(of: Container[Expr]) -> Iterator[Ties]:
    """Note ties of these expressions inside the block."""
    found = Ties(of)
    token = _ties.set(found)
    try:
        yield found
    finally:
        _ties.reset(token)


def _entry(value: Any) -> arb:
    return arb(fmpq(int(value.p), int(value.q))) if hasattr(value, "p") else arb(value)


_ball = np.frompyfunc(_entry, 1, 1)


def is_wide(entry: Any) -> bool:
    """Whether an entry is a ball that says nothing; ±∞ and NaN are no such balls."""
    return isinstance(entry, arb) and not (entry.is_nan() or entry.rad().is_finite())


def balls_of(values: Any) -> Any:
    """The float64 or rational numbers as exact balls, in an object array of their shape."""
    values = np.asarray(values)
    if values.dtype.kind in "fi":
        flat = values.ravel().tolist()
        return np.fromiter(map(arb, flat), object, len(flat)).reshape(values.shape)
    return np.asarray(_ball(values), object)


def compile_entry(symbols: Sequence[Symbol], expression: Expr) -> OfColumns:
    """Compile an expression to a function of balls for `interpret`."""
    return _compiled(tuple(symbols), expression)


def compile_untied(symbols: Sequence[Symbol], expression: Expr) -> OfColumns:
    """Compile an expression so that nothing is known at a tie."""
    return _compiled(tuple(symbols), expression, ties=False)


def compile_plain(symbols: Sequence[Symbol], expression: Expr) -> OfColumns:
    """Compile an expression so that 0 times what has no value has none."""
    return _plain(tuple(symbols), expression)


def compile_reached(symbols: Sequence[Symbol], expression: Expr) -> OfColumns:
    """Compile an expression so that NaN passes through every 0 and every case not taken.

    So it shows what hangs on an entry that is NaN.
    """
    return _reached(tuple(symbols), expression)


_AT_ONCE = 128  # entries between two looks at the clock


class Entry(OfColumns):
    """An expression as a function of balls: NaN where it has no value, and of NaN.

    Args: whole, the expression whose ties are watched; ties, whether what a convention chose at a
        tie is taken; else nothing is known there.
    """

    def __init__(
        self, symbols: Sequence[Symbol], expression: Expr, whole: Expr, *, ties: bool
    ) -> None:
        self._function = with_infinities(symbols, expression)
        self._met = self._function.compiled.conditions
        self._expression, self._ties = whole, ties

    def __call__(self, *balls: Any) -> Any:
        """The value; NaN where there is none, the whole line where it is not known.

        Raises: OutOfTimeError.
        """
        _look_at_the_clock()
        try:
            value = self._function(*balls)
        except Undefined:
            return arb.nan()
        self._watch()
        if not self._unknown and not value.is_nan():
            return value
        lost = any(arb(ball).is_nan() for ball in balls)  # an empty sum is a plain 0
        return arb.nan() if lost else arb(0, arb.pos_inf())

    def of_columns(self, columns: Sequence[list[Any]]) -> Iterator[Any]:
        """The values at many entries, one by one where some are not plain numbers.

        Raises: OutOfTimeError.
        """
        for start in range(0, len(columns[0]), _AT_ONCE):
            some = [column[start : start + _AT_ONCE] for column in columns]
            if not all(isinstance(column[0], arb) for column in some):  # flags are floats
                some = [list(map(arb, column)) for column in some]
            yield from self._plain(some) or map(self, *some)

    def _plain(self, columns: Sequence[list[Any]]) -> list[Any] | None:
        """The values, if there is nothing about any of them."""
        _look_at_the_clock()
        try:
            values = self._function.each(columns)
        except Undefined:
            return None
        self._watch()
        return None if self._unknown or any(map(arb.is_nan, values)) else values

    @property
    def _unknown(self) -> bool:
        """Whether a condition on the way may have no value, or is not to be relied upon."""
        return self._met.unknown or (self._met.tied and not self._ties)

    def _watch(self) -> None:
        """Say so if a border was exactly 0."""
        watch = _ties.get(None)
        if self._met.tied and watch is not None and self._expression in watch.of:
            watch.met = True


class Plain(OfColumns):
    """An expression as a function of balls: 0 is a number like others, whatever made it.

    What is made of the whole line is the whole line: that may have no value, and then has none of
    atan(1/0) nor sign(log 0), which are bounded.
    """

    def __init__(self, symbols: Sequence[Symbol], expression: Expr) -> None:
        none = expression.has(*NO_NUMBERS)  # 0/0, as the mean over nothing is
        self._entry = None if none else Entry(symbols, expression, expression, ties=True)

    def __call__(self, *balls: Any) -> arb:
        """The value at one point, NaN where it has none. Raises: OutOfTimeError."""
        if self._entry is None:
            return arb.nan()
        value = self._entry(*balls)
        if value.is_finite() and any(map(is_wide, balls)):
            others = self._entry(*(arb.nan() if is_wide(ball) else ball for ball in balls))
            return arb(0, arb.pos_inf()) if others.is_nan() else value
        return value

    def of_columns(self, columns: Sequence[list[Any]]) -> Iterable[arb]:
        """The values at many entries. Raises: OutOfTimeError."""
        if self._entry is None or not columns[0] or any(any(map(is_wide, c)) for c in columns):
            return map(self, *columns)
        return self._entry.of_columns(columns)


class Reached(OfColumns):
    """An expression as a function of balls: NaN of NaN alone, the whole line where it has no value.

    Of log(max(x, 0)) at x = −1 the slope of max is 0, and yet nothing is known of the derivative.
    """

    def __init__(self, symbols: Sequence[Symbol], expression: Expr) -> None:
        self._plain = Plain(symbols, expression)

    def __call__(self, *balls: Any) -> arb:
        """The value at one point, NaN where NaN reaches it. Raises: OutOfTimeError."""
        if any(arb(ball).is_nan() for ball in balls):
            return arb.nan()
        value = self._plain(*balls)
        return arb(0, arb.pos_inf()) if value.is_nan() else value

    def of_columns(self, columns: Sequence[list[Any]]) -> Iterator[arb]:
        """The values at many entries. Raises: OutOfTimeError."""
        return map(self, *columns)


def _look_at_the_clock() -> None:
    if deadline.spent():
        raise deadline.OutOfTimeError


@lru_cache(maxsize=4096)
def _compiled(symbols: tuple[Symbol, ...], expression: Expr, *, ties: bool = True) -> OfColumns:
    return WithAbsent(symbols, expression, lambda e: Entry(symbols, e, expression, ties=ties))


@lru_cache(maxsize=4096)
def _plain(symbols: tuple[Symbol, ...], expression: Expr) -> OfColumns:
    return Plain(symbols, expression)


@lru_cache(maxsize=4096)
def _reached(symbols: tuple[Symbol, ...], expression: Expr) -> OfColumns:
    return Reached(symbols, expression)
