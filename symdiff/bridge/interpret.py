"""Run a program number by number in any arithmetic: mpmath's, or another one.

Slow and general, where the numpy bridge is fast and float64.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr, Symbol
from sympy.printing.pycode import MpmathPrinter

from symdiff.functions import EXTREMES, STABLE_FUNCTIONS
from symdiff.graph.template import placeholder
from symdiff.programs.program import Program
from symdiff.programs.sharing import Entrywise

Compile = Callable[[Sequence[Symbol], Expr], Callable[..., Any]]
Values = Mapping[str, Any]


class OfColumns(ABC):
    """A function of numbers that can be asked for many at once, which is quicker."""

    @abstractmethod
    def __call__(self, *numbers: Any) -> Any:
        """The value at one point."""

    @abstractmethod
    def of_columns(self, columns: Sequence[list[Any]]) -> Iterable[Any]:
        """The values at many points, given as one list for each argument."""


def interpret(program: Program, arguments: Values, compile_scalar: Compile) -> dict[str, Any]:
    """Each result of the program as an object array.

    Args:
        program: what to run.
        arguments: object arrays (or numbers) by the name of the program's argument.
        compile_scalar: turns a scalar expression into a function of numbers of the arithmetic.
    """
    program.check(arguments)
    values: dict[Symbol, Any] = {s: arguments[name] for name, s in program.arguments.items()}
    for (symbol, what), released in zip(program.steps, program.released, strict=True):
        if isinstance(what, Entrywise):
            used = [placeholder(i) for i in range(len(what.operands))]
            function = compile_scalar(used, what.template)
            made = _entrywise(function, [values[s] for s in what.operands])
        else:
            made = what.run(values.__getitem__)
        values[symbol] = np.asarray(made, dtype=object)  # numpy unwraps a single number
        for operand in released:
            del values[operand]
    return {name: values[symbol] for name, symbol in program.results.items()}


def _entrywise(function: Callable[..., Any], operands: Sequence[Any]) -> Any:
    """The function of the entries of arrays that broadcast."""
    if not operands:
        return function()
    shape = np.broadcast_shapes(*map(np.shape, operands))
    columns = [np.broadcast_to(np.asarray(a, object), shape).ravel().tolist() for a in operands]
    if isinstance(function, OfColumns):
        found = function.of_columns(columns)
    else:
        found = map(function, *columns)
    return np.fromiter(found, object, math.prod(shape)).reshape(shape)


_FAR = mpmath.mpf(2) ** 4096  # mpmath would need as many bits as an argument's exponent says
_WHOLE = 2**30  # whole powers up to it are products

# A function of what is beyond ±_FAR: the limits, or nothing where it has none. So e^(e^z) at 10⁹ is
# infinite, and sin(e^z) there is not known, as e^z itself is to fewer bits than it has.
_LIMITS: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("exp", "softplus"), (0.0, math.inf)),
    **dict.fromkeys(("sigmoid", "Phi"), (0.0, 1.0)),
    **dict.fromkeys(("phi", "sech"), (0.0, 0.0)),
    **dict.fromkeys(("tanh", "erf"), (-1.0, 1.0)),
    "erfc": (2.0, 0.0),
    "expm1": (-1.0, math.inf),
    "sinh": (-math.inf, math.inf),
    "cosh": (math.inf, math.inf),
    **dict.fromkeys(("sin", "cos", "tan", "cot", "sinc", "j1"), (math.nan, math.nan)),
}


def _within_reach(name: str, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function, with its limits where mpmath would exhaust the memory."""
    below, above = map(mpmath.mpf, _LIMITS[name])
    return lambda z: above if z > _FAR else below if z < -_FAR else function(z)


def _power(base: Any, exponent: Any) -> Any:
    """base^exponent for a real exponent; NaN where that is not real."""
    if base == 0 or mpmath.isinf(base) or mpmath.isinf(exponent):
        return base**exponent
    if mpmath.isint(exponent) and abs(exponent) <= _WHOLE:
        return base ** int(exponent)
    if base < 0:
        return mpmath.nan
    logarithm = exponent * mpmath.log(base)
    if abs(logarithm) <= _FAR:
        return base**exponent
    return mpmath.inf if logarithm > 0 else mpmath.mpf(0)


class _Printer(MpmathPrinter):
    """Writes a power whose exponent varies as a call of `_power`."""

    def _print_Pow(self, e: Expr, **options: Any) -> str:
        if e.exp.is_Rational:
            return super()._print_Pow(e, **options)
        return f"_power({self._print(e.base)}, {self._print(e.exp)})"


_MPMATH: dict[str, Any] = {f.__name__: f.mpmath for f in STABLE_FUNCTIONS}
_MPMATH |= {f.__name__: f.mpmath for f in EXTREMES}
_MPMATH |= {
    name: _within_reach(name, _MPMATH.get(name) or getattr(mpmath, name)) for name in _LIMITS
}
_MPMATH["_power"] = _power


@lru_cache(maxsize=4096)
def _compile_mpmath(symbols: tuple[Symbol, ...], expression: Expr) -> Callable[..., Any]:
    printer = _Printer({"fully_qualified_modules": False, "allow_unknown_functions": True})
    compiled = sympy.lambdify(symbols, expression, modules=[_MPMATH, "mpmath"], printer=printer)

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
    """Compile the expression to a function of mpmath numbers, at the precision in force."""
    return _compile_mpmath(tuple(symbols), expression)


def run_mpmath(program: Program, arguments: Values) -> dict[str, Any]:
    """Run a program in mpmath at its working precision; floats and rationals are taken as exact."""
    entrywise = np.frompyfunc(_number, 1, 1)
    with np.errstate(invalid="ignore"):  # numpy reports NaN even where it comes in
        exact = {k: np.asarray(entrywise(np.asarray(v, object))) for k, v in arguments.items()}
        return interpret(program, exact, compile_mpmath)


def _number(value: Any) -> Any:
    if isinstance(value, sympy.Rational):
        return mpmath.mpf(value.p) / value.q
    return mpmath.mpf(value)
