"""Choose the case of an expression, given the signs of its borders: a smooth expression remains."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr, Piecewise, S

from symdiff.functions import Extreme, maximum, minimum
from symdiff.trees.conditions import NotReadable, holds


class NoCaseHolds(ArithmeticError):
    """Raised where none of a Piecewise's conditions holds."""


class SignWanted(ArithmeticError):
    """Raised for a border whose sign is not known yet, with its smooth expression."""

    def __init__(self, border: Expr, smooth: Expr) -> None:
        super().__init__(str(border))
        self.border, self.smooth = border, smooth


def has_cases(expression: Expr) -> bool:
    """Whether an expression has cases, |·| or steps."""
    kinds = (Piecewise, sympy.Abs, sympy.sign, sympy.Heaviside, sympy.Max, sympy.Min, Extreme)
    return bool(expression.has(*kinds))


def chosen(expression: Expr, sign: Callable[[Expr, Expr], int]) -> Expr:
    """The expression without its cases, |·| and steps, as the signs of their borders have it.

    Only the cases that are taken are looked into.

    Args: sign, from a border, as written and with its own cases chosen, to −1, 0 or 1; it may
        raise, to be told which sign is wanted.
    Raises: NoCaseHolds if no case holds.
    """
    return _Choice(sign).value(expression)


class _Choice:
    def __init__(self, sign: Callable[[Expr, Expr], int]) -> None:
        self._sign = sign
        self._known: dict[Expr, Expr] = {}

    def sign(self, border: Expr) -> int:
        return self._sign(border, self.value(border))

    def value(self, e: Expr) -> Expr:
        if not e.args:
            return e
        if e not in self._known:
            self._known[e] = self._chosen(e)
        return self._known[e]

    def _chosen(self, e: Expr) -> Expr:
        if isinstance(e, Piecewise):
            for value, condition in e.args:
                if self.holds(condition):
                    return self.value(value)
            raise NoCaseHolds
        if isinstance(e, sympy.Abs):
            sign = self.sign(e.args[0])
            # Where it is 0 the argument stays: SymPy evaluates what is made of constants at length.
            return -self.value(e.args[0]) if sign < 0 else self.value(e.args[0])
        if isinstance(e, sympy.sign):
            return sympy.Integer(self.sign(e.args[0]))
        if isinstance(e, sympy.Heaviside):
            return (e.args[1], S.One, S.Zero)[self.sign(e.args[0])]  # 0, 1, −1 as index
        if isinstance(e, sympy.Max | sympy.Min) and len(e.args) > 1:
            pair = maximum if isinstance(e, sympy.Max) else minimum
            return self.value(functools.reduce(pair, e.args))
        if isinstance(e, Extreme):
            a, b = e.args
            better = self.sign(a - b) == (1 if isinstance(e, maximum) else -1)
            return self.value(a if better else b)
        arguments = [self.value(a) for a in e.args]
        same = all(new is old for new, old in zip(arguments, e.args, strict=True))
        return e if same else e.func(*arguments)

    def holds(self, c: Any) -> bool:
        try:
            return holds(c, self.sign)
        except NotReadable:
            raise NoCaseHolds from None
