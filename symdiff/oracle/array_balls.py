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
from sympy import Expr, Symbol

from symdiff.balls.elementary import Undefined
from symdiff.oracle import deadline
from symdiff.oracle.absent import with_absent
from symdiff.oracle.infinities import with_infinities


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


@lru_cache(maxsize=4096)
def _compiled(
    symbols: tuple[Symbol, ...], expression: Expr, *, ties: bool = True
) -> Callable[..., Any]:
    return with_absent(symbols, expression, lambda e: _plain(symbols, e, expression, ties=ties))


def _plain(
    symbols: tuple[Symbol, ...], expression: Expr, watched_as: Expr, *, ties: bool
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
        if met.tied and (watch := _ties.get(None)) is not None and watched_as in watch.of:
            watch.met = True
        unknown = met.unknown or (met.tied and not ties)  # a condition may have no value
        if not unknown and not value.is_nan():
            return value
        if any(arb(ball).is_nan() for ball in balls):
            # a condition hangs on what has no value
            return arb.nan() if met.unknown else value
        return arb(0, arb.pos_inf())

    return evaluate
