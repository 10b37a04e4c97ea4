"""Evaluate a scalar expression by operations in float64: value, roundings, partial derivatives.

One pass up computes the values, one pass down the derivative of the result with respect to each
part of the expression (reverse mode, over numbers). So a part's rounding counts by what it changes
in the result, and the derivatives with respect to the operands come along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, reduce
from typing import Any, NamedTuple

import numpy as np
import sympy
from sympy import Add, Basic, Expr, Mul, Piecewise, Pow, Symbol
from sympy.core.relational import Relational
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.logic.boolalg import ITE, And, BooleanAtom, Not, Or

from symdiff.bridge.float_functions import FUNCTIONS
from symdiff.bridge.float_steps import RELATIONS, rational
from symdiff.functions import Extreme, Phi, maximum, phi, sech, sigmoid, softplus
from symdiff.graph.template import placeholder
from symdiff.rounding.floors import FLOORS, of_a_difference
from symdiff.trees.walks import subexpressions

_NEVER_ZERO = (sympy.exp, sympy.erfc, sigmoid, softplus, sech, Phi, phi)
ELEMENTARY = 4  # units that an elementary function's value is allowed to be off
_LARGEST_EXACT = 2**8  # an integer up to it is exact in every type, bfloat16's 8 bits included

Part = tuple[Basic, tuple[int, ...]]  # a part of an expression, and where its arguments are


class Scalar(NamedTuple):
    """An expression at values of its operands: its value, partials and roundings."""

    value: Any
    roundings: Any  # Σ |∂value/∂part| × the units of magnitude that the part's operation rounds
    partials: Sequence[Any]  # with respect to each operand; None where it does not move with it
    in_common: float = 0.0  # units that frameworks' formulas may round many entries alike by


def at(
    template: Expr, operands: Sequence[Any], *, smallest: float = 0.0, floors: bool = False
) -> Scalar:
    """An expression in placeholders at the operands' values, with what moves and rounds it.

    Within one expression roundings are added up in size, for they may well be correlated. What is
    not finite counts for nothing.

    Args: smallest, the smallest normal number, below which errors are absolute; floors, whether
        functions are taken as frameworks compute them.
    Raises: TypeError if there is no float64 arithmetic for a part.
    """
    parts = _parts(template)
    known = _values(parts, operands)
    weights: list[Any] = [None] * len(parts)
    weights[-1] = 1.0
    roundings: Any = 0.0
    in_common = 0.0
    partials: list[Any] = [None] * len(operands)
    for i in reversed(range(len(parts))):
        (part, places), weight = parts[i], weights[i]
        if weight is None:
            continue
        if isinstance(part, Symbol):
            partials[_position(part)] = _finite(weight)
            continue
        of = [known[k] for k in places]
        size = _size(part, of, known[i], smallest)
        rounds = _rounds(part, of, size, floors=floors)
        if floors and isinstance(part, sympy.exp) and isinstance(part.args[0], Add):
            terms = [np.abs(_finite(known[k])) for k in parts[places[0]][1]]
            units = of_a_difference(terms)
            rounds = np.maximum(rounds, units * size)
            in_common = max(in_common, float(np.max(units, initial=0.0)))
        if rounds is not None:
            roundings = roundings + _finite(np.abs(weight) * rounds)
        for k, partial in zip(places, _partials(part, of, known[i]), strict=False):
            if partial is not None:
                passed = np.where(weight == 0, 0.0, weight * partial)
                weights[k] = passed if weights[k] is None else weights[k] + passed
    return Scalar(np.asarray(known[-1], dtype=np.float64), roundings, partials, in_common)


def inner_sums(
    template: Expr, operands: Sequence[Any], moves: Sequence[Any]
) -> Iterator[tuple[Any, Any]]:
    """Each operand, and each sum of operands with numbers before it: its value, how far it moves.

    Args: moves, how far the operands do.
    """
    yield from zip(operands, moves, strict=True)
    parts = _parts(template)
    known = _values(parts, operands)
    for (part, places), value in zip(parts, known, strict=True):
        if not isinstance(part, Add):
            continue
        of: Any = 0.0
        for k in places:
            for term in (t for t in parts[k][0].free_symbols):
                i = _position(term)
                with np.errstate(divide="ignore", invalid="ignore"):
                    relative = moves[i] / np.abs(operands[i])
                of = of + np.nan_to_num(relative * np.abs(known[k]), posinf=0.0)
        yield value, of


@lru_cache(maxsize=4096)
def _parts(template: Expr) -> tuple[Part, ...]:
    """The distinct parts, arguments before what holds them."""
    parts = subexpressions(template)
    places = {part: i for i, part in enumerate(parts)}
    return tuple((part, tuple(places[a] for a in part.args)) for part in parts)


def _position(symbol: Symbol) -> int:
    return int(symbol.name[1:])


def _values(parts: Sequence[Part], operands: Sequence[Any]) -> list[Any]:
    known: list[Any] = []
    for part, places in parts:
        if isinstance(part, Symbol):
            known.append(operands[_position(part)])
        else:
            known.append(_value(part, [known[k] for k in places]))
    return known


def _size(part: Basic, of: Sequence[Any], value: Any, smallest: float) -> Any:
    """|value|, at least the smallest unless it is 0 exactly; of what is no number, nothing.

    A product of numbers that are not 0, or e^x, is 0 by underflow: that is a rounding too, which a
    large cotangent shows.
    """
    if isinstance(value, tuple):
        return 0.0
    zero = np.equal(value, 0)
    if isinstance(part, _NEVER_ZERO):
        zero = zero & np.isinf(np.asarray(of[0], dtype=np.float64))  # e^(−∞) is 0 exactly
    elif isinstance(part, Mul | Pow):
        factors = of if isinstance(part, Mul) else of[:1]
        zero = zero & reduce(np.logical_or, [np.equal(a, 0) for a in factors])
    return np.where(zero, 0.0, np.maximum(np.abs(value), smallest))


def _finite(numbers: Any) -> Any:
    """The numbers, 0 where they are not finite."""
    return np.where(np.isfinite(numbers), numbers, 0.0)


def _value(e: Basic, of: Sequence[Any]) -> Any:
    """The value of a part, a number or a truth, from those of its arguments."""
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
        for case, holds in reversed(of):
            made = np.where(holds, case, made)
        return made
    if isinstance(e, ExprCondPair):
        return tuple(of)
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
        return RELATIONS[type(e)](*of)
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


def _rounds(e: Basic, of: Sequence[Any], size: Any, *, floors: bool) -> Any:
    """The error of the operation's own rounding, units times magnitude; None for nothing.

    Args: size, of its value; that of an exact 0 is 0.
    """
    if isinstance(e, Add):
        count = len(of)
        terms = sum(np.abs(_finite(a)) for a in of) if count > 2 else 0.0
        return size + (count - 2) * terms  # partial sums in any order
    if isinstance(e, Mul):
        rounding = sum(not _power_of_two(a) for a in e.args) - 1
        return rounding * size if rounding > 0 else None
    if isinstance(e, Pow):
        return _power_units(e.exp) * size
    if type(e) in FUNCTIONS:
        floor = FLOORS.get(type(e)) if floors else None
        if floor is None:
            return ELEMENTARY * size
        return ELEMENTARY * np.maximum(size, _finite(floor(of[0], size)))
    if isinstance(e, Expr) and not e.args and not _exact(e):
        return size
    return None


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


def _partials(e: Basic, of: Sequence[Any], value: Any) -> Sequence[Any]:
    """The derivative with respect to each argument; None where there is none, as of a condition."""
    if isinstance(e, Add):
        return [1.0] * len(of)
    if isinstance(e, Mul):
        return _others(of)
    if isinstance(e, Pow):
        return _of_power(e, of[0], of[1], value)
    if isinstance(e, Piecewise):
        return _holding([holds for _, holds in of])
    if isinstance(e, ExprCondPair):
        return [1.0, None]
    if isinstance(e, sympy.Abs):
        return [np.sign(of[0])]
    if isinstance(e, Extreme | sympy.Max | sympy.Min):
        return [(a == value) * 1.0 for a in of]
    if type(e) in FUNCTIONS:
        return [_values(_slope(e.func), of)[-1]]
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


def _of_power(e: Pow, base: Any, exponent: Any, value: Any) -> list[Any]:
    if e.exp.is_Integer:
        slope = exponent * np.power(base, exponent - 1.0)
    else:
        slope = exponent * value / base
    if e.exp.is_number:
        return [slope, None]
    return [slope, np.where(value == 0, 0.0, value * np.log(base))]


def _holding(conditions: Sequence[Any]) -> list[Any]:
    """For each case 1 where it holds and none before it, 0 elsewhere."""
    taken: Any = 0.0
    made = []
    for holds in conditions:
        made.append(np.where(holds, 1.0 - taken, 0.0))
        taken = taken + made[-1]
    return made


@lru_cache(maxsize=256)
def _slope(function: Any) -> tuple[Part, ...]:
    """The parts of the function's derivative."""
    return _parts(function(placeholder(0)).fdiff())
