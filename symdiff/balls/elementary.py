"""Evaluate SymPy's own elementary functions over balls and over power series of balls.

symdiff's own functions carry these lowerings in their stanzas; these are the ones SymPy defines.
A ball function takes and returns `flint.arb`, a series function `flint.arb_series`. Where a ball
lies outside the real domain as a whole a ball function raises Undefined; where only a part does,
and a series function in either case, returns what is not finite, which nothing downstream can
certify.

Source: Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE
Transactions on Computers 66(8), 2017: every operation returns a ball that contains the result for
every point of its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy
from flint import arb, arb_series

from symdiff.functions import (
    EXTREMES,
    SPECIAL_FUNCTIONS,
    STABLE_FUNCTIONS,
    Phi,
    expm1,
    log1p,
    phi,
    sech,
    tanh,
    with_constant,
)

Lowering = Mapping[type, Callable[..., Any]]


class CannotCertify(ValueError):
    """Raised for an expression with a function that has no ball arithmetic."""


class Undecided(ArithmeticError):
    """Raised where the balls do not decide a condition; a higher precision may."""


class Undefined(ArithmeticError):
    """Raised where a function has no real value, proven for all of the ball."""


def _odd(function: Callable[[arb_series], arb_series]) -> Callable[[arb_series], arb_series]:
    """f for z < 0 as −f(−z), where `function` would cancel on the negative half."""

    def odd(z: arb_series) -> arb_series:
        return -function(-z) if z[0] < 0 else function(z)

    return odd


def _sinh(z: arb_series) -> arb_series:
    e = z.exp()
    return with_constant((e - 1 / e) / 2, z[0].sinh())


def _cosh(z: arb_series) -> arb_series:
    e = z.exp()
    return (e + 1 / e) / 2


def _asinh(z: arb_series) -> arb_series:
    return with_constant((z + (z * z + 1).sqrt()).log(), z[0].asinh())


def _acosh(z: arb_series) -> arb_series:
    return with_constant((z + (z - 1).sqrt() * (z + 1).sqrt()).log(), z[0].acosh())


def _atanh(z: arb_series) -> arb_series:
    return with_constant(((1 + z).log() - (1 - z).log()) / 2, z[0].atanh())


def _power(base: arb_series, exponent: Any) -> arb_series:
    return (base.log() * exponent).exp()


# Beyond it flint would reduce the argument with as many bits as it has, 10³⁰⁸ for e^(e^z).
_HUGE = arb(2) ** 2**20


def _next_to_nothing(z: arb) -> arb:
    """A ball that holds e^(−|z|), e^(−z²) and their like for |z| > 2^(2²⁰): [0, |z|⁻⁸]."""
    return arb(0).union(1 / z**8)


_SATURATED: Mapping[type, Callable[[arb], arb]] = {
    sympy.exp: lambda z: _next_to_nothing(z) if z < 0 else arb.nan(),
    expm1: lambda z: _next_to_nothing(z) - 1 if z < 0 else arb.nan(),
    tanh: lambda z: z.sgn() * (1 - _next_to_nothing(z)),
    sech: _next_to_nothing,
    sympy.erf: lambda z: z.sgn() * (1 - _next_to_nothing(z)),
    Phi: lambda z: _next_to_nothing(z) if z < 0 else 1 - _next_to_nothing(z),
    phi: _next_to_nothing,
}


def saturating(function: type, lowering: Lowering) -> Callable[..., Any]:
    """The function's lowering, safe where an argument is itself an exponential.

    A series there is left open: its row of a table goes to the ball.
    """
    plain, beyond = lowering[function], _SATURATED.get(function)
    if beyond is None:
        return plain

    def on_balls(z: arb) -> arb:
        return beyond(z) if abs(z) > _HUGE else plain(z)

    def on_series(z: arb_series) -> arb_series:
        return arb_series([arb.nan()]) if abs(z[0]) > _HUGE else plain(z)

    return on_series if lowering is SERIES else on_balls


def _within(function: Callable[[arb], arb], outside: Callable[[arb], bool]) -> Callable[[arb], arb]:
    """The function, which raises Undefined where all of the ball is outside its domain."""

    def on_domain(z: arb) -> arb:
        value = function(z)
        if not value.is_finite() and outside(z):
            raise Undefined
        return value

    return on_domain


def _off_poles(function: Callable[[arb], arb]) -> Callable[[arb], arb]:
    """The function; NaN where the ball may hold a pole, which flint has as the whole line.

    A bounded function of the whole line would be finite again: sin(tan z).
    """

    def off_poles(z: arb) -> arb:
        value = function(z)
        return value if value.is_finite() else arb.nan()

    return off_poles


def divided(a: arb, b: arb) -> arb:
    """The quotient a/b. Raises: Undefined if b is 0."""
    quotient = a / b
    if not quotient.is_finite() and b.is_zero():
        raise Undefined
    return quotient


def series_product(*factors: Any) -> Any:
    """The product of series; flint has 0 · NaN = 0, which would hide what is not known."""
    product = factors[0]
    for factor in factors[1:]:
        product = product * factor
    return product if not _vanishes(product) or all(map(_known, factors)) else _unknown()


def series_quotient(a: Any, b: Any) -> Any:
    """The quotient a/b of series; NaN where b is not known, where flint has 0 for an a of 0."""
    return a / b if not _vanishes(a) or _known(b) else _unknown()


def _vanishes(series: Any) -> bool:
    """Whether it is a series without a coefficient, which alone swallows a NaN."""
    return isinstance(series, arb_series) and series.length() == 0


def _known(series: Any) -> bool:
    coefficients = series.coeffs() if isinstance(series, arb_series) else [series]
    return all(c.is_finite() for c in coefficients)


def _unknown() -> arb_series:
    return arb_series([arb.nan()])


def _raised(base: arb, exponent: arb) -> arb:
    """base^exponent, also of a negative base with an integer for exponent.

    Raises: Undefined for another power of a negative number, and for 0 to a negative power.
    """
    if base.is_zero():
        if exponent > 0:
            return arb(0)
        if exponent < 0:
            raise Undefined
        return arb(1) if exponent.is_zero() else arb.nan()
    if base < 0:
        if exponent.is_exact() and exponent.is_integer():
            odd = not (exponent / 2).is_integer()
            return -((-base) ** exponent) if odd else (-base) ** exponent
        if not exponent.contains_integer():
            raise Undefined
        return arb.nan()
    return base**exponent


def varying_power(base: arb, exponent: arb) -> arb:
    """The power base^exponent with a varying exponent; undefined around a negative base.

    z^z has values at negative whole numbers, each by itself. 0⁰ may be any limit: of (e^−z)^(1/z)
    at ∞ it is 1/e.
    """
    if base < 0 or (base.is_zero() and exponent.is_zero()):
        return arb.nan()
    return _raised(base, exponent)


root = _within(arb.sqrt, lambda z: z < 0)

BALL: Lowering = {
    **{function: function.arb for function in (*STABLE_FUNCTIONS, *SPECIAL_FUNCTIONS)},
    sympy.exp: arb.exp,
    log1p: _within(log1p.arb, lambda z: z <= -1),
    sympy.log: _within(arb.log, lambda z: z <= 0),
    sympy.sin: arb.sin,
    sympy.cos: arb.cos,
    sympy.tan: _off_poles(arb.tan),
    sympy.cot: _within(_off_poles(arb.cot), arb.is_zero),
    sympy.sec: _off_poles(arb.sec),
    sympy.csc: _within(_off_poles(arb.csc), arb.is_zero),
    sympy.sinh: arb.sinh,
    sympy.cosh: arb.cosh,
    sympy.tanh: arb.tanh,
    sympy.sech: arb.sech,
    sympy.csch: _within(_off_poles(arb.csch), arb.is_zero),
    sympy.coth: _within(_off_poles(arb.coth), arb.is_zero),
    sympy.asin: _within(arb.asin, lambda z: abs(z) > 1),
    sympy.acos: _within(arb.acos, lambda z: abs(z) > 1),
    sympy.atan: arb.atan,
    sympy.asinh: arb.asinh,
    sympy.acosh: _within(arb.acosh, lambda z: z < 1),
    sympy.atanh: _within(arb.atanh, lambda z: abs(z) >= 1),
    sympy.erf: arb.erf,
    sympy.erfc: arb.erfc,
    **{function: function.arb for function in EXTREMES},
    sympy.Max: arb.max,
    sympy.Min: arb.min,
    sympy.Pow: _raised,
}

SERIES: Lowering = {
    **{function: function.series for function in STABLE_FUNCTIONS},
    sympy.exp: arb_series.exp,
    sympy.log: arb_series.log,
    sympy.sin: arb_series.sin,
    sympy.cos: arb_series.cos,
    sympy.tan: arb_series.tan,
    sympy.cot: lambda z: z.cos() / z.sin(),
    sympy.sec: lambda z: 1 / z.cos(),
    sympy.csc: lambda z: 1 / z.sin(),
    sympy.sinh: _odd(_sinh),
    sympy.cosh: _cosh,
    sympy.tanh: tanh.series,
    sympy.sech: sech.series,
    sympy.csch: lambda z: 1 / _odd(_sinh)(z),
    sympy.coth: lambda z: 1 / tanh.series(z),
    sympy.asin: arb_series.asin,
    sympy.acos: arb_series.acos,
    sympy.atan: arb_series.atan,
    sympy.asinh: _odd(_asinh),
    sympy.acosh: _acosh,
    sympy.atanh: _atanh,
    sympy.erf: arb_series.erf,
    sympy.erfc: arb_series.erfc,
    sympy.Pow: _power,
}
