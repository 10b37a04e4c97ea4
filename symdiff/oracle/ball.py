"""The ball oracle: any expression in any number of variables, at float64 points.

Ziv's strategy: evaluate in ball arithmetic, and double the precision for the points whose ball is
still too wide. A ball contains the truth whatever the precision (Johansson 2017), so no margin of
safety is needed and two precisions are never compared.

Source: Ziv, "Fast evaluation of elementary mathematical functions with correctly rounded last
bit", ACM TOMS 17(3), 1991.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import sympy
from flint import arb, ctx
from sympy import Expr

from symdiff.oracle.elementary import Undecided
from symdiff.oracle.enclosure import (
    LARGEST,
    SMALLEST,
    Enclosure,
    Float64Array,
    uncertain,
)
from symdiff.oracle.translate import Program, compile_ball

MAX_PRECISION = 4096  # bits; a zero or a pole is still undecided there, a hard point never was
_SPARE_BITS = 20  # what the rounding of some tens of operations costs
_EXACT = 2**62  # flint's accuracy in bits of an exact ball is above, of an unbounded one below −
_TINY = 2.0**-900  # below, a low part could be subnormal: bounded one by one


class _Asked(NamedTuple):
    """When a point is settled, and when to give it up; as `enclose_ball` says."""

    relative: float
    absolute: float
    rounding: str | None
    max_precision: int


def enclose_ball(
    expression: Expr,
    points: Mapping[str, Float64Array],
    *,
    relative: float = 2.0**-64,
    absolute: float = SMALLEST,
    rounding: str | None = None,
    max_precision: int = MAX_PRECISION,
) -> Enclosure:
    """The expression's true value at each point, certified where its bound is small enough.

    Small enough is: at most `relative` times the value, or at most `absolute`; and, if `rounding`
    names a format, so small that the value's rounding to it is decided.

    Args: expression, a real SymPy expression; points, variable → float64 values, of shapes that
        broadcast; relative, from 2⁻¹⁰⁰ (a double-double holds no more) to 1.
    Raises: CannotCertify if the expression holds a function without ball arithmetic; ValueError
        if a variable has no values or `relative` is out of range.
    """
    if not 2.0**-100 <= relative <= 1:
        raise ValueError(f"the relative bound must be from 2**-100 to 1; {relative} was given")
    arrays = dict(zip(points, np.broadcast_arrays(*points.values()), strict=True))
    shape = next(iter(arrays.values())).shape if arrays else ()
    symbols = sorted(expression.free_symbols, key=str)
    missing = [s.name for s in symbols if s.name not in arrays]
    if missing:
        given = ", ".join(points) or "none"
        raise ValueError(f"no values were given for {missing[0]!r}; given were {given}")
    program = compile_ball(expression, symbols)
    asked = _Asked(relative, absolute, rounding, max_precision)
    if not symbols:
        once = _settle(program, [()], asked)
        return once[np.zeros(shape, dtype=np.intp)]
    columns = [np.asarray(arrays[s.name], dtype=np.float64).ravel() for s in symbols]
    chosen, inverse = _distinct(columns)
    finite = np.all([np.isfinite(column) for column in chosen], axis=0)
    result = uncertain((len(finite),))
    settled = list(zip(*(column[finite].tolist() for column in chosen), strict=True))
    result.put(finite, _settle(program, settled, asked))
    return result[inverse].reshape(shape)


def _distinct(columns: list[Float64Array]) -> tuple[list[Float64Array], Any]:
    """The distinct points, and for each point which of them it is; −0 is 0."""
    if len(columns) > 1:  # several variables seldom repeat: sorting them would only cost
        return columns, slice(None)
    values, inverse = np.unique(columns[0], return_inverse=True)
    return [values], inverse


def _settle(program: Program, points: list[tuple[float, ...]], asked: _Asked) -> Enclosure:
    result = uncertain((len(points),))
    left = list(range(len(points)))
    precision = max(64, int(np.ceil(-np.log2(asked.relative))) + _SPARE_BITS)
    while left:
        with ctx.workprec(min(precision, asked.max_precision)):
            balls = _evaluate(program.bound(), [points[i] for i in left])
            part = enclosure_of(balls, relative=asked.relative, absolute=asked.absolute)
        settled = part.certified
        if asked.rounding is not None:
            settled &= part.rounded(asked.rounding)[1]
        result.put(left, part)
        left = [i for i, done in zip(left, settled.tolist(), strict=True) if not done]
        if precision >= asked.max_precision:
            break
        if precision > 4 * 64:  # by now only zeros, poles and the like are left
            left = [i for i in left if not _exactly_zero(program, points[i], i, result)]
        precision *= 2
    return result


def _evaluate(function: Callable[..., arb], points: list[tuple[float, ...]]) -> list[arb]:
    try:
        if points and len(points[0]) == 1:
            return [function(arb(x)) for (x,) in points]
        return [function(*map(arb, point)) for point in points]
    except Undecided:
        return [_or_nan(function, point) for point in points]


def _or_nan(function: Callable[..., arb], point: tuple[float, ...]) -> arb:
    try:
        return function(*map(arb, point))
    except Undecided:
        return arb.nan()


def enclosure_of(
    balls: Sequence[arb], *, relative: float = 2.0**-64, absolute: float = SMALLEST
) -> Enclosure:
    """Balls as enclosures, certified where the bound is at most relative·|value| or `absolute`.

    Args: balls, computed at the present working precision of at least 64 bits, which must be the
        one in force. Returns: one-dimensional arrays in the balls' order.
    """
    # With m the midpoint: high = m rounded to nearest, |m − high| ≤ 2⁻⁵³|m|. Then low is
    # m − high rounded to the working precision p ≥ 64 and to float64, so
    #     |m − high − low| ≤ (2⁻ᵖ + 2⁻⁵³)·2⁻⁵³|m| ≤ 2⁻¹⁰⁵|m|.
    # flint's accuracy a is the distance of the leading bits of m and the radius less one, so
    # the radius is below 2⁻ᵃ|m|. Together, with |m| ≤ |high|(1 + 2⁻⁵²):
    #     |truth − high − low| ≤ (2⁻ᵃ + 2⁻¹⁰⁵)(1 + 2⁻⁵²)|high|.
    accuracy = np.array([b.rel_accuracy_bits() for b in balls], dtype=np.float64)
    high = np.array([float(b) for b in balls], dtype=np.float64)
    low = np.array([float(b - h) for b, h in zip(balls, high.tolist(), strict=True)], np.float64)
    # Floating point adds four roundings of 2⁻⁵³ to this product, and 2⁻⁴⁰ covers them.
    with np.errstate(over="ignore", invalid="ignore"):
        radius = np.exp2(-np.clip(accuracy, -1000, 1000))
        bound = np.abs(high) * ((radius + 2.0**-105) * (1 + 2.0**-40))
    exact = accuracy > _EXACT
    bound[exact & (low == 0)] = 0  # the ball is one number, and that is `high`
    result = Enclosure(high, low, bound, np.zeros(len(balls), dtype=bool))
    plain = (np.abs(high) >= _TINY) & (np.abs(high) <= LARGEST) & (accuracy > 1)
    plain &= ~exact | (low == 0)
    for i in np.flatnonzero(~plain).tolist():
        high[i], low[i], bound[i] = _enclose_one(balls[i])
    with np.errstate(invalid="ignore", over="ignore"):
        result.high[:], result.low[:] = high + 0.0, low + 0.0  # −0 becomes 0
        known = (bound <= relative * np.abs(high)) | (bound <= absolute)
    result.certified[:] = known & ~np.isnan(high)
    return result


def _enclose_one(ball: arb) -> tuple[float, float, float]:
    """One ball as (high, low, bound), whatever its magnitude and radius."""
    if not ball.is_finite():
        return np.nan, 0.0, np.inf
    high = float(ball.mid())
    if np.isinf(high):
        # Beyond the midpoint of the largest float64 and 2¹⁰²⁴ every number rounds to ∞.
        edge = arb(2) ** 1024 - arb(2) ** 970
        if abs(ball) >= edge:
            return high, 0.0, 0.0
        high = np.copysign(LARGEST, high)
    low = float((ball - high).mid())
    if not np.isfinite(low):
        return np.nan, 0.0, np.inf
    rest = ball - high - low  # every rounding of these two subtractions is in the ball's radius
    if rest.is_zero():
        return high, low, 0.0
    return high, low, float(np.nextafter(float(rest.abs_upper()), np.inf))


def _exactly_zero(program: Program, point: tuple[float, ...], i: int, result: Enclosure) -> bool:
    """Whether SymPy, at exact rationals, finds that the value is 0; if so, it is put down."""
    if not np.isfinite(result.bound[i]):
        return False
    numbers = (sympy.Rational(*x.as_integer_ratio()) for x in point)
    at_point = dict(zip(program.variables, numbers, strict=True))
    if program.expression.subs(at_point) is not sympy.S.Zero:
        return False
    result.high[i] = result.low[i] = result.bound[i] = 0
    result.certified[i] = True
    return True
