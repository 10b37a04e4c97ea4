"""Entries of arrays as balls, and expressions of them as `interpret` takes them.

An entry is a ball. One that is not known is the whole line, and one that is proven to have no
value is NaN, which passes on to whatever is computed from it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from flint import arb, fmpq
from sympy import Dummy, Expr, Symbol, oo

from symdiff.balls.compiled import Compiled, compile_ball
from symdiff.balls.elementary import Undefined
from symdiff.oracle import deadline


@dataclass
class Ties:
    """Whether a border of some expressions was exactly 0, where a convention chose the case."""

    of: Container[Expr]
    met: bool = False


_ties: ContextVar[Ties] = ContextVar("ties")


@contextmanager
def watched(of: Container[Expr]) -> Iterator[Ties]:
    """Whether ties of these expressions are met inside."""
    found = Ties(of)
    token = _ties.set(found)
    try:
        yield found
    finally:
        _ties.reset(token)


def _entry(value: Any) -> arb:
    return arb(fmpq(int(value.p), int(value.q))) if hasattr(value, "p") else arb(value)


# The name under which an expression has it, and its ball.
_INFINITE = {
    oo: (Dummy("infinity", extended_real=True), arb.pos_inf()),
    -oo: (Dummy("minus_infinity", extended_real=True), arb.neg_inf()),
}
_ball = np.frompyfunc(_entry, 1, 1)


def balls_of(values: Any) -> Any:
    """Float64 or rational numbers as exact balls, in an object array of their shape."""
    return np.asarray(_ball(values), object)


def compile_entry(symbols: Sequence[Symbol], expression: Expr) -> Callable[..., Any]:
    """An expression as a function of balls, as `interpret` takes one."""
    return _compiled(tuple(symbols), expression)


def compile_untied(symbols: Sequence[Symbol], expression: Expr) -> Callable[..., Any]:
    """The same, where nothing is known at a tie."""
    return _compiled(tuple(symbols), expression, ties=False)


@dataclass(frozen=True)
class WithInfinities:
    """An expression that may name ±∞, as a function of balls."""

    compiled: Compiled
    infinities: tuple[arb, ...]

    def __call__(self, *balls: Any) -> Any:
        """Its ball. Raises: Undefined where it has no value."""
        return self.compiled(*balls, *self.infinities)


def with_infinities(symbols: Sequence[Symbol], expression: Expr) -> WithInfinities:
    """An expression of captured code: what it adds under a mask may be -∞, an argument like others.

    Raises: as `compile_ball`.
    """
    named = {e: pair for e, pair in _INFINITE.items() if expression.has(e)}
    replaced = expression.xreplace({e: symbol for e, (symbol, _) in named.items()})
    compiled = compile_ball(replaced, (*symbols, *(symbol for symbol, _ in named.values())))
    return WithInfinities(compiled, tuple(ball for _, ball in named.values()))


@lru_cache(maxsize=4096)
def _compiled(
    symbols: tuple[Symbol, ...], expression: Expr, *, ties: bool = True
) -> Callable[..., Any]:
    function = with_infinities(symbols, expression)

    def evaluate(*balls: Any) -> Any:
        """The value; NaN where there is none, the whole line where it is not known."""
        if deadline.spent():
            raise deadline.OutOfTimeError
        try:
            value = function(*balls)
        except Undefined:
            return arb.nan()
        met = function.compiled.conditions
        if met.tied and (watch := _ties.get(None)) is not None and expression in watch.of:
            watch.met = True
        unknown = met.unknown or (met.tied and not ties)  # a condition may have no value
        if not unknown and not value.is_nan():
            return value
        return arb.nan() if any(ball.is_nan() for ball in balls) else arb(0, arb.pos_inf())

    return evaluate
