"""Compile expressions of captured code that may name ±∞ to functions of balls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from flint import arb
from sympy import Dummy, Expr, Symbol, oo

from symdiff.balls.compiled import Compiled, compile_ball

# The name under which an expression has it, and its ball.
_INFINITE = {
    oo: (Dummy("infinity", extended_real=True), arb.pos_inf()),
    -oo: (Dummy("minus_infinity", extended_real=True), arb.neg_inf()),
}


@dataclass(frozen=True)
class WithInfinities:
    """An expression that may name ±∞, as a function of balls."""

    compiled: Compiled
    infinities: tuple[arb, ...]

    def __call__(self, *balls: Any) -> Any:
        """The ball of the value. Raises: Undefined where it has no value."""
        return self.compiled(*balls, *self.infinities)

    def each(self, columns: Sequence[list[Any]]) -> list[Any]:
        """The balls of the values, of lists of one length.

        Raises: Undefined where one has, or may have, none.
        """
        return self.compiled.each([*columns, *map(repeat, self.infinities)])


def with_infinities(symbols: Sequence[Symbol], expression: Expr) -> WithInfinities:
    """An expression of captured code: what it adds under a mask may be -∞, an argument like others.

    Raises: CannotCertify if it holds a function without ball arithmetic.
    """
    named = {e: pair for e, pair in _INFINITE.items() if expression.has(e)}
    replaced = expression.xreplace({e: symbol for e, (symbol, _) in named.items()})
    compiled = compile_ball(replaced, (*symbols, *(symbol for symbol, _ in named.values())))
    return WithInfinities(compiled, tuple(ball for _, ball in named.values()))
