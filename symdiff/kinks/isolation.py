"""Isolate the breakpoints of a formula, in one variable or in terms of its parameters."""

from __future__ import annotations

from functools import lru_cache

from sympy import Expr, Symbol

from symdiff.kinks.kink import Kink, Kinks


def breakpoints(expression: Expr, z: Symbol) -> tuple[Expr, ...]:
    """The numbers where a condition, |·|, sign or extremum in `expression` changes, in order.

    They are exact where there is a formula, a name or a short fraction, else of 60 digits.
    """
    if expression.free_symbols - {z}:
        from symdiff.kinks import symbolic

        return symbolic.breakpoints(expression, z)
    from symdiff.kinks.search import found_breakpoints

    return found_breakpoints(expression, z)


def kinks(function: Expr, derivative: Expr, z: Symbol) -> tuple[Kink, ...]:
    """The breakpoints of `function` with the limits of its derivative on either side."""
    return isolate(function, derivative, z).found


@lru_cache(maxsize=1024)
def isolate(function: Expr, derivative: Expr, z: Symbol) -> Kinks:
    """The kinks of `function`, and the intervals in which there may be others."""
    if (function.free_symbols | derivative.free_symbols) - {z}:
        from symdiff.kinks import symbolic

        return symbolic.isolate(function, derivative, z)
    from symdiff.kinks.search import search

    return search(function, derivative, z)
