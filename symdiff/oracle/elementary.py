"""SymPy's own elementary functions over balls and over power series of balls.

symdiff's own functions carry these lowerings in their stanzas; these are the ones SymPy defines.
A ball function takes and returns `flint.arb`, a series function `flint.arb_series`. Outside its
real domain a function returns a ball that is not finite, which nothing downstream can certify.

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
    STABLE_FUNCTIONS,
    Phi,
    expm1,
    phi,
    sech,
    tanh,
    with_constant,
)

Lowering = Mapping[type, Callable[..., Any]]


class Undecided(ArithmeticError):
    """A condition that the balls at hand do not decide; a higher precision may."""


def sign(z: arb) -> int:
    """The sign of every number in the ball. Raises: Undecided if they differ."""
    if z > 0:
        return 1
    if z < 0:
        return -1
    if z.is_zero():
        return 0
    raise Undecided


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


def _maximum(a: arb_series, b: arb_series) -> arb_series:
    return a if sign((a - b)[0]) >= 0 else b


def _minimum(a: arb_series, b: arb_series) -> arb_series:
    return b if sign((a - b)[0]) >= 0 else a


# Beyond it flint would reduce the argument with as many bits as it has, 10³⁰⁸ for e^(e^z).
_HUGE = arb(2) ** 2**20


def _next_to_nothing(z: arb) -> arb:
    """A ball that holds e^(−|z|), e^(−z²) and their like for |z| > 2^(2²⁰): [0, |z|⁻⁸]."""
    return arb(0).union(1 / z**8)


_SATURATED: Mapping[type, Callable[[arb], arb]] = {
    sympy.exp: lambda z: _next_to_nothing(z) if z < 0 else arb.nan(),
    expm1: lambda z: _next_to_nothing(z) - 1 if z < 0 else arb.nan(),
    tanh: lambda z: sign(z) * (1 - _next_to_nothing(z)),
    sech: _next_to_nothing,
    sympy.erf: lambda z: sign(z) * (1 - _next_to_nothing(z)),
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


BALL: Lowering = {
    **{function: function.arb for function in STABLE_FUNCTIONS},
    sympy.exp: arb.exp,
    sympy.log: arb.log,
    sympy.sin: arb.sin,
    sympy.cos: arb.cos,
    sympy.tan: arb.tan,
    sympy.cot: arb.cot,
    sympy.sec: arb.sec,
    sympy.csc: arb.csc,
    sympy.sinh: arb.sinh,
    sympy.cosh: arb.cosh,
    sympy.tanh: arb.tanh,
    sympy.sech: arb.sech,
    sympy.csch: arb.csch,
    sympy.coth: arb.coth,
    sympy.asin: arb.asin,
    sympy.acos: arb.acos,
    sympy.atan: arb.atan,
    sympy.asinh: arb.asinh,
    sympy.acosh: arb.acosh,
    sympy.atanh: arb.atanh,
    sympy.erf: arb.erf,
    sympy.erfc: arb.erfc,
    sympy.Max: arb.max,
    sympy.Min: arb.min,
    sympy.Pow: lambda base, exponent: base**exponent,
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
    sympy.Max: _maximum,
    sympy.Min: _minimum,
    sympy.Pow: _power,
}
