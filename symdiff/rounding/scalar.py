"""A scalar expression operation by operation, in float64: value, roundings and partial derivatives.

One pass up computes the values, one pass down the derivative of the result with respect to each
part of the expression (reverse mode, over numbers). So a part's rounding counts by what it changes
in the result, and the derivatives with respect to the symbols come along.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from typing import Any, NamedTuple

import numpy as np
import sympy
from sympy import Add, Basic, Expr, Mul, Piecewise, Pow, Symbol
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational
from sympy.logic.boolalg import ITE, And, BooleanAtom, Not, Or

from symdiff.bridge.float_functions import FUNCTIONS
from symdiff.bridge.float_steps import rational
from symdiff.functions import Extreme, maximum
from symdiff.rounding.floors import FLOORS
from symdiff.trees.subexpressions import subexpressions

ELEMENTARY = 4  # units that an elementary function's value is allowed to be off
_LARGEST_EXACT = 2**8  # an integer up to it is exact in every type, bfloat16's 8 bits included


class Scalar(NamedTuple):
    """An expression at given values of its symbols, arrays that broadcast."""

    value: Any
    roundings: Any  # Σ |∂value/∂part| × the units of magnitude that the part's operation rounds
    partials: Mapping[Symbol, Any]


def at(
    expression: Expr,
    values: Mapping[Symbol, Any],
    moving: Collection[Symbol],
    *,
    smallest: float = 0.0,
    floors: bool = False,
) -> Scalar:
    """The expression at the values, with the derivatives with respect to the moving symbols.

    Within one expression roundings are added up in size, for they may well be correlated. What is
    not finite counts for nothing.

    Args: smallest, the smallest normal number, below which errors are absolute; floors, whether
        functions are taken as frameworks compute them.
    Raises: TypeError if there is no float64 arithmetic for a part.
    """
    known: dict[Basic, Any] = dict(values)
    parts = [p for p in subexpressions(expression, known) if isinstance(p, Basic)]
    for part in parts:
        known[part] = _value(part, known)
    value = known[expression]
    weights: dict[Basic, Any] = {expression: 1.0}
    roundings: Any = 0.0
    partials: dict[Symbol, Any] = {}
    for part in reversed(parts):
        weight = weights.pop(part, None)
        if weight is None or not isinstance(part, Expr):
            continue
        rounds = _rounds(part, known, smallest, floors=floors)
        roundings = roundings + _finite(np.abs(weight) * rounds)
        for argument, partial in _partials(part, known):
            if isinstance(argument, Expr):
                passed = np.where(weight == 0, 0.0, weight * partial)
                weights[argument] = weights.get(argument, 0.0) + passed
    for symbol in moving:
        if symbol in weights:
            partials[symbol] = _finite(weights[symbol])
    return Scalar(np.asarray(value, dtype=np.float64), roundings, partials)


def _finite(numbers: Any) -> Any:
    """The numbers, 0 where they are not finite."""
    return np.where(np.isfinite(numbers), numbers, 0.0)


_RELATIONS: Mapping[type, Callable[[Any, Any], Any]] = {
    Gt: np.greater,
    Ge: np.greater_equal,
    Lt: np.less,
    Le: np.less_equal,
    Eq: np.equal,
    Ne: np.not_equal,
}


def _value(e: Basic, known: Mapping[Basic, Any]) -> Any:
    """The value of a part, a number or a truth, from those of its arguments."""
    of = [known[a] for a in e.args]
    if isinstance(e, BooleanAtom):
        return np.bool_(e == sympy.true)
    if isinstance(e, Add):
        return reduce(np.add, of)
    if isinstance(e, Mul):
        return reduce(np.multiply, of)
    if isinstance(e, Pow):
        return _power(e, *of)
    if isinstance(e, Piecewise):
        made: Any = np.nan
        for pair in reversed(e.args):
            made = np.where(known[pair.args[1]], known[pair.args[0]], made)
        return made
    if type(e) in FUNCTIONS and len(of) == 1:
        return FUNCTIONS[type(e)].numpy(of[0])
    if isinstance(e, sympy.Abs):
        return np.abs(of[0])
    if isinstance(e, sympy.sign):
        return np.sign(of[0])
    if isinstance(e, sympy.Heaviside):
        return np.heaviside(*of)
    if isinstance(e, Extreme | sympy.Max | sympy.Min):
        return reduce(np.maximum if isinstance(e, maximum | sympy.Max) else np.minimum, of)
    if isinstance(e, Relational):
        return _RELATIONS[type(e)](*of)
    if isinstance(e, And | Or):
        return reduce(np.logical_and if isinstance(e, And) else np.logical_or, of)
    if isinstance(e, Not):
        return np.logical_not(of[0])
    if isinstance(e, ITE):
        return np.where(*of)
    if e.is_Rational:
        return rational(e).value
    if e.is_number and isinstance(e, Expr) and not e.args:
        return np.float64(e.evalf(25)) if e.is_extended_real else np.float64(np.nan)
    if not isinstance(e, Expr):
        return None  # a value with its condition: its holder looks at both
    raise TypeError(
        f"there is no float64 arithmetic for {type(e).__name__!r} in '{e}'; write it with the "
        "functions that symdiff knows"
    )


def _power(e: Pow, base: Any, exponent: Any) -> Any:
    if e.exp == -1:
        return 1 / base
    if e.exp == sympy.Rational(1, 2):
        return np.sqrt(base)
    if e.exp == sympy.Rational(-1, 2):
        return 1 / np.sqrt(base)
    return np.power(base, exponent)


def _rounds(e: Expr, known: Mapping[Basic, Any], smallest: float, *, floors: bool) -> Any:
    """What the operation itself rounds: units times magnitude. An exact 0 rounds nothing."""
    size = np.where(known[e] == 0, 0.0, np.maximum(np.abs(known[e]), smallest))
    if isinstance(e, Add):
        count = len(e.args)
        terms = sum(np.abs(_finite(known[a])) for a in e.args) if count > 2 else 0.0
        return size + (count - 2) * terms  # partial sums in any order
    if isinstance(e, Mul):
        rounding = sum(not _power_of_two(a) for a in e.args)
        return max(rounding - 1, 0) * size
    if isinstance(e, Pow):
        return _power_units(e.exp) * size
    if type(e) in FUNCTIONS:
        floor = FLOORS.get(type(e)) if floors else None
        if floor is None:
            return ELEMENTARY * size
        return ELEMENTARY * np.maximum(size, _finite(floor(known[e.args[0]], known[e])))
    if not e.args and e.is_number and not _exact(e):
        return size
    return 0.0


def _power_units(exponent: Expr) -> float:
    """A root and a reciprocal are a rounding each, a small power as many as products."""
    if exponent.is_Rational and exponent.q <= 2 and abs(exponent) <= ELEMENTARY:
        over, under = int(exponent.p), int(exponent.q)
        return float(max(abs(over) - 1, 0) + (under == 2) + (over < 0))
    return ELEMENTARY


def _power_of_two(e: Expr) -> bool:
    """Whether a product with the number is exact: ±1, ±2, ½, …."""
    return e.is_Rational and abs(e.p).bit_count() == 1 and e.q.bit_count() == 1


def _exact(e: Expr) -> bool:
    """Whether every type holds the number exactly."""
    return e.is_Rational and abs(e.p) <= _LARGEST_EXACT and int(e.q).bit_count() == 1


Partial = tuple[Basic, Any]  # an argument, and the derivative with respect to it


def _partials(e: Expr, known: Mapping[Basic, Any]) -> Iterable[Partial]:
    """The derivative with respect to each argument that it depends on smoothly."""
    if isinstance(e, Add):
        return [(a, 1.0) for a in e.args]
    if isinstance(e, Mul):
        return zip(e.args, _others([known[a] for a in e.args]), strict=True)
    if isinstance(e, Pow):
        return _of_power(e, known)
    if isinstance(e, Piecewise):
        return _of_cases(e, known)
    if isinstance(e, sympy.Abs):
        return [(e.args[0], np.sign(known[e.args[0]]))]
    if isinstance(e, Extreme | sympy.Max | sympy.Min):
        taken = [known[a] == known[e] for a in e.args]
        return [(a, here * 1.0) for a, here in zip(e.args, taken, strict=True)]
    if type(e) in FUNCTIONS:
        return [(e.args[0], _slope(type(e), known[e.args[0]]))]
    return ()


def _others(factors: Sequence[Any]) -> list[Any]:
    """For each factor the product of the others."""
    before: list[Any] = [1.0]
    for factor in factors[:-1]:
        before.append(before[-1] * factor)
    behind: Any = 1.0
    made = []
    for first, factor in zip(reversed(before), reversed(factors), strict=True):
        made.append(first * behind)
        behind = behind * factor
    return made[::-1]


def _of_power(e: Pow, known: Mapping[Basic, Any]) -> Iterable[Partial]:
    base, exponent, value = known[e.base], known[e.exp], known[e]
    if e.exp.is_Integer:
        slope = exponent * np.power(base, exponent - 1.0)
    else:
        slope = exponent * value / base
    if e.exp.is_number:
        return [(e.base, slope)]
    return [(e.base, slope), (e.exp, np.where(value == 0, 0.0, value * np.log(base)))]


def _of_cases(e: Piecewise, known: Mapping[Basic, Any]) -> Iterable[Partial]:
    """1 where the case holds and none before it."""
    taken: Any = 0.0
    made = []
    for pair in e.args:
        holds = np.where(known[pair.args[1]], 1.0 - taken, 0.0)
        taken = taken + holds
        made.append((pair.args[0], holds))
    return made


def _slope(function: type, argument: Any) -> Any:
    symbol, slope = _derivative(function)
    known: dict[Basic, Any] = {symbol: argument}
    for part in subexpressions(slope, known):
        known[part] = _value(part, known)
    return known[slope]


@lru_cache(maxsize=256)
def _derivative(function: type) -> tuple[Symbol, Expr]:
    z = Symbol("z", real=True)
    return z, function(z).fdiff()
