"""Run a program in any arithmetic, number by number: mpmath's, or another that lowers expressions.

Slow and general, where the numpy bridge is fast and float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr, Symbol

from symdiff.functions import EXTREMES, STABLE_FUNCTIONS
from symdiff.program import ArrayOperation, Program

Compile = Callable[[Sequence[Symbol], Expr], Callable[..., Any]]
Values = Mapping[str, Any]


def interpret(program: Program, arguments: Values, compile_scalar: Compile) -> dict[str, Any]:
    """Each result of the program as an object array.

    Args:
        program: what to run.
        arguments: object arrays (or numbers) by the name of the program's argument.
        compile_scalar: turns a scalar expression into a function of numbers of the arithmetic.
    """
    values: dict[Symbol, Any] = {s: arguments[name] for name, s in program.arguments.items()}
    for symbol, expression in program.assignments:
        if isinstance(expression, ArrayOperation):
            made = expression.run(values.__getitem__)
            values[symbol] = np.asarray(made, dtype=object)  # einsum unwraps a single number
        else:
            used = sorted(expression.free_symbols, key=str)
            function = compile_scalar(used, expression)
            entrywise = np.frompyfunc(function, len(used), 1) if used else function
            values[symbol] = np.asarray(entrywise(*(values[s] for s in used)), dtype=object)
    return {name: values[symbol] for name, symbol in program.results.items()}


_FAR = mpmath.mpf(2) ** 4096  # mpmath would need as many digits as an argument of exp has


def _within_reach(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function with its argument cut to ±2⁴⁰⁹⁶: e^(e^z) at 10⁹ else exhausts the memory.

    Out there e^z, tanh and their kin are 0, 1 or beyond every format, cut or not.
    """
    return lambda z: function(max(-_FAR, min(z, _FAR)))


_MPMATH = {f.__name__: _within_reach(f.mpmath) for f in STABLE_FUNCTIONS}
_MPMATH |= {f.__name__: f.mpmath for f in EXTREMES}
_MPMATH |= {"exp": _within_reach(mpmath.exp), "erf": _within_reach(mpmath.erf)}


@lru_cache(maxsize=4096)
def _compile_mpmath(symbols: tuple[Symbol, ...], expression: Expr) -> Callable[..., Any]:
    compiled = sympy.lambdify(symbols, expression, modules=[_MPMATH, "mpmath"])

    def evaluate(*numbers: Any) -> Any:
        """NaN where the expression has no real value, and of NaN: no case holds it."""
        if any(map(mpmath.isnan, numbers)):
            return mpmath.nan
        try:
            value = compiled(*numbers)
        except (ZeroDivisionError, OverflowError, ValueError):
            return mpmath.nan
        return mpmath.nan if isinstance(value, mpmath.mpc) or value is None else mpmath.mpf(value)

    return evaluate


def compile_mpmath(symbols: Sequence[Symbol], expression: Expr) -> Callable[..., Any]:
    """The expression as a function of mpmath numbers, at the precision in force when called."""
    return _compile_mpmath(tuple(symbols), expression)


def run_mpmath(program: Program, arguments: Values) -> dict[str, Any]:
    """`interpret` in mpmath at its working precision; floats and rationals are taken as exact."""
    entrywise = np.frompyfunc(_number, 1, 1)
    with np.errstate(invalid="ignore"):  # numpy reports NaN even where it comes in
        exact = {k: np.asarray(entrywise(np.asarray(v, object))) for k, v in arguments.items()}
        return interpret(program, exact, compile_mpmath)


def _number(value: Any) -> Any:
    if isinstance(value, sympy.Rational):
        return mpmath.mpf(value.p) / value.q
    return mpmath.mpf(value)
