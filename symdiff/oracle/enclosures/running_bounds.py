"""Bound values in float64 as they are computed, to tell at once that a border is not 0.

Only sums, products, powers, |·|, max and min: numpy's own, which are correctly rounded, a whole
array at a time. The rest is for balls.

Of v = fl(a ∘ b) the error is at most u|v| (u = 2⁻⁵³), or by underflow 2⁻¹⁰⁷⁵. A bound is computed
with twice that and grows by 2⁻⁵⁰ of itself, 8u, for at most six roundings of its own; what
underflows on the way is within `_TINY`.
Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §3.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import sympy
from sympy import Expr, Symbol

from symdiff.array_types import BoolArray, Float64Array
from symdiff.float_balls.environment import is_ieee
from symdiff.functions import Extreme, maximum
from symdiff.graph.arrays.layout import Align
from symdiff.graph.arrays.steps import ArrayOperation
from symdiff.graph.kinds.gather import gathered
from symdiff.graph.kinds.part import taken
from symdiff.graph.template import placeholder
from symdiff.programs.program import Program
from symdiff.programs.sharing import Entrywise

_UNITS = 2.0**-52
_GROWTH = 1 + 2.0**-50
_TINY = 2.0**-1000
_MOST_POWER = 8
_LARGEST_WHOLE = 2.0**53
_MOVING = (gathered, taken)


class Unbounded(Exception):
    """Raised where an expression has a function without a bound here."""


class Bounded(NamedTuple):
    """Values with a bound of the error of each; what is not finite tells nothing."""

    value: Any
    radius: Any

    @property
    def nonzero(self) -> BoolArray:
        """The mask of entries whose true value is proven not to be 0."""
        return np.asarray(np.abs(self.value) > self.radius) & np.isfinite(self.value)


def nonzero(
    expressions: Sequence[Expr], symbols: Sequence[Symbol], columns: Sequence[Float64Array]
) -> BoolArray | None:
    """The mask of points where none of some expressions is 0, as far as told; None if nothing is.

    Args: columns, the points' coordinates, a symbol each.
    """
    if not is_ieee():
        return None
    with np.errstate(all="ignore"):
        try:
            known: dict[Expr, Bounded] = {
                s: _exactly(column) for s, column in zip(symbols, columns, strict=True)
            }
            found = [bounded(e, known).nonzero for e in expressions]
        except Unbounded:
            return None
    return np.logical_and.reduce(np.broadcast_arrays(*found)) if found else None


def none_is_zero(steps: Program, arguments: Mapping[str, Any]) -> bool:
    """Whether it is told that no entry of any of a program's results is 0."""
    if not is_ieee():
        return False
    with np.errstate(all="ignore"):
        try:
            values = {s: _argument(arguments[name]) for name, s in steps.arguments.items()}
            for (symbol, what), released in zip(steps.steps, steps.released, strict=True):
                values[symbol] = _step(what, values)
                for operand in released:
                    del values[operand]
        except Unbounded:
            return False
        return all(bool(values[symbol].nonzero.all()) for symbol in steps.results.values())


def _exactly(value: Any) -> Bounded:
    """Numbers as they are given. Raises: Unbounded if float64 holds them not."""
    given = np.asarray(value)
    whole = given.dtype.kind in "iub" and bool((np.abs(given.astype(float)) < _LARGEST_WHOLE).all())
    if not (whole or given.dtype == np.float64):
        raise Unbounded
    numbers = given.astype(np.float64, copy=False)
    return Bounded(numbers, np.zeros_like(numbers))


def bounded(e: Expr, known: dict[Expr, Bounded]) -> Bounded:
    """The value of an expression with its bound. Raises: Unbounded.

    Args: known, by symbol; what is found on the way is added.
    """
    if e not in known:
        known[e] = _computed(e, known)
    return known[e]


def _computed(e: Expr, known: dict[Expr, Bounded]) -> Bounded:
    if e.is_Rational:
        return _constant(Fraction(int(e.p), int(e.q)))
    if not isinstance(e, sympy.Add | sympy.Mul | sympy.Pow | sympy.Abs | Extreme):
        raise Unbounded
    if isinstance(e, sympy.Pow):
        if not (e.exp.is_Integer and 0 < e.exp <= _MOST_POWER):
            raise Unbounded
        return reduce(_product, [bounded(e.base, known)] * int(e.exp))
    parts = [bounded(a, known) for a in e.args]
    if isinstance(e, sympy.Add):
        return reduce(_sum, parts)
    if isinstance(e, sympy.Mul):
        return reduce(_product, parts)
    if isinstance(e, sympy.Abs):
        return Bounded(np.abs(parts[0].value), parts[0].radius)
    extreme = np.maximum if isinstance(e, maximum) else np.minimum
    return Bounded(extreme(*(p.value for p in parts)), np.maximum(*(p.radius for p in parts)))


def _sum(a: Bounded, b: Bounded) -> Bounded:
    value = a.value + b.value
    return Bounded(value, (a.radius + b.radius + np.abs(value) * _UNITS) * _GROWTH + _TINY)


def _product(a: Bounded, b: Bounded) -> Bounded:
    value = a.value * b.value
    radius = np.abs(a.value) * b.radius + (np.abs(b.value) + b.radius) * a.radius
    return Bounded(value, (radius + np.abs(value) * _UNITS) * _GROWTH + _TINY)


def _constant(number: Fraction) -> Bounded:
    try:
        value = number.numerator / number.denominator  # correctly rounded
    except OverflowError:
        raise Unbounded from None
    exact = Fraction(value) == number
    return Bounded(np.float64(value), np.float64(0.0 if exact else abs(value) * _UNITS + _TINY))


def _argument(value: Any) -> Bounded:
    if hasattr(value, "p"):
        return _constant(Fraction(int(value.p), int(value.q)))
    return _exactly(value)


def _step(what: Entrywise | ArrayOperation, values: Mapping[Symbol, Bounded]) -> Bounded:
    """The value of a step. Raises: Unbounded."""
    if isinstance(what, Entrywise):
        return bounded(
            what.template, {placeholder(i): values[s] for i, s in enumerate(what.operands)}
        )
    if not (isinstance(what, Align) or what.function in _MOVING):
        raise Unbounded
    first = what.args[1]

    def moved(part: Any) -> Any:
        return np.asarray(what.run(lambda s: part if s == first else values[s].value))

    return Bounded(moved(values[first].value), moved(values[first].radius))
