"""Apply each function to a germ, one rule a function, each with its reason.

Where the argument converges, a rule of all: the function's Taylor series at the limit, from flint.
Where the argument stays within bounds: the function of the ball that holds them, for it is
continuous there if flint's result is finite. Where the argument tends to ±∞: the rules below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy
from flint import arb, arb_series, ctx, fmpq

from symdiff.balls.elementary import BALL, SERIES
from symdiff.functions import (
    Phi,
    expm1,
    j1,
    log1p,
    phi,
    sech,
    sigmoid,
    sinc,
    softplus,
    tanh,
)
from symdiff.oracle.limits.constants import (
    HUGE,
    Irrational,
    Number,
    Unproven,
    ball,
    number,
    pi,
    times,
)
from symdiff.oracle.limits.constants import power as number_power
from symdiff.oracle.limits.germ import (
    Germ,
    OutsideDomain,
    composed,
    constant,
    exp,
    hull,
    log,
    raised,
    taylor_length,
    within,
)
from symdiff.oracle.limits.growth import ONE, compare

_HALF = fmpq(1, 2)
_ONE = constant(fmpq(1))


def applied(function: type, g: Germ) -> Germ:
    """The germ of function(g), `function` being one of `BALL`'s in one argument.

    Raises: OutsideDomain, or Unproven.
    """
    if function in _ANYWHERE:
        return _ANYWHERE[function](g)
    if function in _DOMAIN and _negative(_DOMAIN[function](g)):
        raise OutsideDomain
    try:
        side = g.diverges()
        if side and function in _DIVERGING:
            return _DIVERGING[function](g, side)
        return _bounded(function, g)
    except Unproven:
        if function not in _RANGE:
            raise
        return within(_RANGE[function])


def _negative(g: Germ) -> bool:
    try:
        return g.sign() < 0
    except Unproven:
        return False


def _bounded(function: type, g: Germ) -> Germ:
    large, c, small = g.split()
    order = -1 if small.rest is None else compare(small.rest[1], ONE)
    if large or order > 0:
        raise Unproven  # neither bounded nor known to tend to one infinity
    if small.rest is not None and order == 0 and not small.rest[0].is_zero():
        return within(BALL[function](_moderate(small.rest[0])))
    if small.leading() is None:
        return constant(number(BALL[function](_moderate(ball(c)))))
    return composed(_taylor(function, c), small)


def _taylor(function: type, c: Number) -> list[Number]:
    """The function's Taylor coefficients at c. Raises: Unproven if it is not analytic there."""
    n = taylor_length()
    if c == 0 and function in _TAYLOR_AT_ZERO:
        return [_TAYLOR_AT_ZERO[function](k) for k in range(n)]
    if function not in SERIES:  # floor
        raise Unproven
    before, ctx.cap = ctx.cap, n
    try:
        series = SERIES[function](arb_series([_moderate(ball(c)), 1], n))
    finally:
        ctx.cap = before
    return [number(series[k]) for k in range(n)]


def _moderate(x: arb) -> arb:
    if not abs(x) < HUGE:
        raise Unproven
    return x


def _sinc_at_zero(k: int) -> fmpq:
    """sin z/z = Σ (−1)ʲ z²ʲ/(2j + 1)!."""
    return fmpq((-1) ** (k // 2), int(sympy.factorial(k + 1))) if k % 2 == 0 else fmpq(0)


# flint's series divide by z.
_TAYLOR_AT_ZERO: Mapping[type, Callable[[int], Number]] = {
    sinc: _sinc_at_zero,
    j1: lambda k: -(k + 1) * _sinc_at_zero(k + 1),  # j₁ = −sinc'
}

# Where the germ is negative the function has no real value.
_DOMAIN: Mapping[type, Callable[[Germ], Germ]] = {
    sympy.asin: lambda g: _ONE - g * g,
    sympy.acos: lambda g: _ONE - g * g,
    sympy.atanh: lambda g: _ONE - g * g,
    sympy.acosh: lambda g: g - _ONE,
}


def reciprocal(g: Germ) -> Germ:
    """The germ of 1/g."""
    return raised(g, fmpq(-1))


def _signed(g: Germ, side: int) -> Germ:
    return g if side > 0 else -g


def _sigmoid(g: Germ, side: int) -> Germ:
    e = exp(_signed(-g, side))  # e^(−|g|)
    return reciprocal(_ONE + e) if side > 0 else e * reciprocal(_ONE + e)


def _softplus(g: Germ, side: int) -> Germ:
    tail = log(_ONE + exp(_signed(-g, side)))
    return g + tail if side > 0 else tail


def _tanh(g: Germ, side: int) -> Germ:
    e = exp(_signed(-g, side).scaled(fmpq(2)))  # e^(−2|g|)
    return _signed((_ONE - e) * reciprocal(_ONE + e), side)


def _sech(g: Germ, side: int) -> Germ:
    e = exp(_signed(-g, side))
    return e.scaled(fmpq(2)) * reciprocal(_ONE + e * e)


def _erfc_tail(x: Germ) -> Germ:
    """erfc(x) for x → +∞: e^(−x²)/(x √π) · Σ (−1)ᵏ (1/2)(3/2)⋯(k − 1/2) x^(−2k) (DLMF 7.12.1)."""
    series = [fmpq(1)]
    for k in range(1, taylor_length()):
        series.append(series[-1] * (_HALF - k))
    square = x * x
    size = exp(-square).scaled(number_power(pi(), -_HALF)) * reciprocal(x)
    return size * composed(series, reciprocal(square))


def _erfc(g: Germ, side: int) -> Germ:
    tail = _erfc_tail(_signed(g, side))
    return tail if side > 0 else constant(fmpq(2)) - tail


def _erf(g: Germ, side: int) -> Germ:
    return _signed(_ONE - _erfc_tail(_signed(g, side)), side)


def _Phi(g: Germ, side: int) -> Germ:
    """Φ(x) = erfc(−x/√2)/2; the root is written so that x² /2 stays exact."""
    x = _signed(g, side)
    series = [fmpq(1)]
    for k in range(1, taylor_length()):
        series.append(series[-1] * (1 - 2 * k))
    tail = phi_of(x) * reciprocal(x) * composed(series, reciprocal(x * x))
    return _ONE - tail if side > 0 else tail


def phi_of(g: Germ) -> Germ:
    """The germ of φ(g) = e^(−g²/2)/√(2π)."""
    return exp((g * g).scaled(-_HALF)).scaled(number_power(times(fmpq(2), pi()), -_HALF))


def _swing(_g: Germ, _side: int) -> Germ:
    """sin and cos are within [−1, 1], and nothing is said of where."""
    return within(arb(0, 1))


def _sinc(g: Germ, side: int) -> Germ:
    return _swing(g, side) * reciprocal(g)


def _j1(g: Germ, side: int) -> Germ:
    """(sin g/g − cos g)/g, each swing bounded by itself."""
    return (_sinc(g, side) - _swing(g, side)) * reciprocal(g)


def _atan(g: Germ, side: int) -> Germ:
    """±π/2 − atan(1/g)."""
    return constant(times(fmpq(side, 2), pi())) - _bounded(sympy.atan, reciprocal(g))


def _asinh(g: Germ, side: int) -> Germ:
    """±log(|g| + √(g² + 1))."""
    x = _signed(g, side)
    return _signed(log(x + raised(x * x + _ONE, _HALF)), side)


def _acosh(g: Germ, _side: int) -> Germ:
    """log(g + √(g² − 1)); its domain has been seen to."""
    return log(g + raised(g * g - _ONE, _HALF))


# At an argument that tends to +∞ (side 1) or −∞ (side −1).
_DIVERGING: Mapping[type, Callable[[Germ, int], Germ]] = {
    sigmoid: _sigmoid,
    softplus: _softplus,
    tanh: _tanh,
    sympy.tanh: _tanh,
    sech: _sech,
    sympy.sech: _sech,
    Phi: _Phi,
    sympy.erf: _erf,
    sympy.erfc: _erfc,
    sympy.sin: _swing,
    sympy.cos: _swing,
    sinc: _sinc,
    j1: _j1,
    sympy.atan: _atan,
    sympy.asinh: _asinh,
    sympy.acosh: _acosh,
}

# By germs alone, whatever the argument does.
_ANYWHERE: Mapping[type, Callable[[Germ], Germ]] = {
    sympy.exp: exp,
    sympy.log: log,
    expm1: lambda g: exp(g) - _ONE,
    log1p: lambda g: log(_ONE + g),
    phi: phi_of,
    sympy.sinh: lambda g: (exp(g) - exp(-g)).scaled(_HALF),
    sympy.cosh: lambda g: (exp(g) + exp(-g)).scaled(_HALF),
    sympy.coth: lambda g: reciprocal(applied(tanh, g)),
    sympy.csch: lambda g: reciprocal((exp(g) - exp(-g)).scaled(_HALF)),
    sympy.sec: lambda g: reciprocal(applied(sympy.cos, g)),
    sympy.csc: lambda g: reciprocal(applied(sympy.sin, g)),
    sympy.cot: lambda g: applied(sympy.cos, g) * reciprocal(applied(sympy.sin, g)),
}

_SYMMETRIC, _UNIT = arb(0, 1), arb(fmpq(1, 2), fmpq(1, 2))  # [−1, 1] and [0, 1]

# Where all that is known of the argument is that it is real: what holds of every real number.
_RANGE: Mapping[type, arb] = {
    sympy.sin: _SYMMETRIC,
    sympy.cos: _SYMMETRIC,
    sinc: _SYMMETRIC,
    j1: _SYMMETRIC,  # j₁ = −sinc', and sinc x = ½ ∫ cos(xt) dt over [−1, 1]
    tanh: _SYMMETRIC,
    sympy.tanh: _SYMMETRIC,
    sympy.erf: _SYMMETRIC,
    sympy.atan: arb(0, 2),
    sigmoid: _UNIT,
    sech: _UNIT,
    sympy.sech: _UNIT,
    Phi: _UNIT,
    sympy.erfc: arb(1, 1),
}


def absolute(g: Germ) -> Germ:
    """The germ of |g|."""
    try:
        return -g if g.sign() < 0 else g
    except Unproven:
        if g.rest is None:
            raise
        return Germ((), (abs(g.rest[0]), g.rest[1]))  # terms that lead have a sign


def extreme(f: Germ, g: Germ, *, larger: bool) -> Germ:
    """The larger or the smaller of two: one of them if their difference has a sign, else both."""
    try:
        side = (f - g).sign()
    except Unproven:
        return hull(f, g)
    return f if (side >= 0) == larger else g


def power(base: Germ, exponent: Germ) -> Germ:
    """The germ of base^exponent; of a varying exponent that of e^(exponent log base)."""
    if exponent.rest is None and len(exponent.terms) <= 1:
        p, m = exponent.terms[0] if exponent.terms else (fmpq(0), ONE)
        if m is ONE and isinstance(p, fmpq):
            return raised(base, p)
    if base.sign() > 0:
        return exp(exponent * log(base))
    limit = exponent.limit()
    if base.sign() < 0 and isinstance(limit, Irrational) and not ball(limit).contains_integer():
        raise OutsideDomain
    raise Unproven  # the exponent might be a whole number, here and there or everywhere
