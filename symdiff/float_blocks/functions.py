"""Loop over registers of elementary functions, by the kernels of float balls and their proofs.

Each states κ, how much it magnifies a relative error, where it is asked; beyond it makes NaN. Where
a function has reached its limit within 2⁻⁹³⁰ its argument is cut short. Two polynomials in one loop
have more constants than the processor has registers, so they are two loops.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symdiff.float_balls import elementary as f
from symdiff.float_balls.elementary import inline
from symdiff.float_blocks.bounds import SCALE, bearable, bits, excess, jit, magnified, moved, told

FAR = 660.0  # e^660 < 2⁹⁵³
_WIDE = 36.0  # φ(36) > 2⁻⁹³⁷
_SIGN = 40.0  # tanh 40 is 1 within 2⁻¹¹⁴


@inline
def _near(x: Any, far: Any) -> Any:
    """x, or NaN where |x| is above a number."""
    return x if abs(x) <= far else np.nan


@jit
def exp(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """e^a: κ = |a|."""
    for i in range(len(v)):
        v[i] = f.exp(_near(a[i], FAR))
    return told(f.EXP + moved(a, FAR, ka))


@jit
def expm1(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """e^a − 1: κ = a e^a/(e^a − 1) is at most 1 below 0, and a + 1 above."""
    for i in range(len(v)):
        x = a[i]
        value = f.expm1(max(x, -FAR))
        v[i] = value if x <= FAR else np.nan
    return told(f.EXPM1 + moved(a, FAR, ka) + ka)


@jit
def log(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """log a moves by the move of log |a| itself, so relatively by ka/|log a|."""
    most, scaled = np.int64(0), ka * SCALE
    for i in range(len(v)):
        x = a[i]
        value = f.log(x)  # which takes the bits apart, of a NaN too
        value = value if x > 0.0 else np.nan
        v[i] = value
        most = max(most, excess(scaled, bits(value)))
    least = bearable(scaled)
    if most > least:
        for i in range(len(v)):
            value = v[i]
            v[i] = np.nan if excess(scaled, bits(value)) > least else value
        most = least
    return told(magnified(most) + f.LOG)


@jit
def log1p(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """log (1 + a): κ = a/((1 + a) log (1 + a)) ≤ 1 above 0, and ≤ 4 from −0.9 on."""
    least = -1.0 if ka == 0.0 else -0.9
    for i in range(len(v)):
        x = a[i]
        value = f.log1p(x)
        v[i] = value if x > least else np.nan
    return told(f.LOG1P + 4.0 * ka)


@inline
def _half(x: Any) -> Any:
    """e^−|x|, or e^−660 where that is less."""
    return f.exp(-FAR if abs(x) > FAR else -abs(x))


@inline
def _sigmoid(t: Any, inverse: Any, x: Any) -> Any:
    """σ(x) of t = e^−|x| and 1/(1 + t): the latter, or the product.

    An error in t comes into the one by t/(1 + t) ≤ ½, into the other by 1/(1 + t) ≤ 1, so at most
    2.5 u; the sum, the quotient and the product round by u each: within `SIGMOID`.
    """
    value = inverse if x >= 0.0 else t * inverse
    return value if x >= -FAR else np.nan


@jit
def sigmoid(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """σ(a): κ = |a| σ(−a)."""
    for i in range(len(v)):
        x = a[i]
        t = _half(x)
        v[i] = _sigmoid(t, 1.0 / (1.0 + t), x)
    return told(f.SIGMOID + moved(a, FAR, ka))


@jit
def sigmoids(
    v: Any, w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """σ(a), and σ(−a) besides, by one exponential."""
    for i in range(len(v)):
        w[i] = _half(a[i])
    for i in range(len(v)):
        x, t = a[i], w[i]
        inverse = 1.0 / (1.0 + t)
        v[i] = _sigmoid(t, inverse, x)
        w[i] = _sigmoid(t, inverse, -x)
    return told(f.SIGMOID + moved(a, FAR, ka))


@jit
def tanh(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """tanh a: κ = 2a/sinh 2a ≤ 1."""
    for i in range(len(v)):
        x = a[i]
        v[i] = f.tanh(math.copysign(_SIGN, x) if abs(x) > _SIGN else x)
    return told(f.TANH + ka)


@jit
def sech(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """1/cosh a: κ = a tanh a."""
    for i in range(len(v)):
        v[i] = f.sech(_near(a[i], FAR))
    return told(f.SECH + moved(a, FAR, ka))


@jit
def softplus(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """log (1 + e^a): κ = |a| σ(a)/log (1 + e^a) is at most |a| below 0, and 1 above.

    For w/(1 + w) ≤ log (1 + w) with w = e^a. As `elementary.softplus`.
    """
    for i in range(len(v)):
        v[i] = _half(a[i])
    for i in range(len(v)):
        x = a[i]
        value = max(x, 0.0) + f.log1p_of_share(v[i])
        v[i] = value if x >= -FAR else np.nan
    return told(f.SOFTPLUS + moved(a, FAR, ka) + ka)


@jit
def phi(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """φ(a): κ = a²."""
    for i in range(len(v)):
        v[i] = f.phi(_near(a[i], _WIDE))
    return told(f.PHI + _WIDE * moved(a, _WIDE, ka))


@inline
def _off(size: Any, k: Any) -> Any:
    """What a sine at |x| is off by, `SCALE` times."""
    return (f.SIN_ABSOLUTE * SCALE if size > 0.7 else 0.0) + k * size


@inline
def _sines(v: Any, a: Any, quarters: Any, ka: Any) -> Any:
    """The sine of a + quarters π/2: |error| ≤ `SIN_ABSOLUTE` + ka |a|, beside `SIN` relatively.

    No reduction takes place below 0.7.
    """
    if ka == np.inf:
        return np.inf
    most, ka = np.int64(0), ka * SCALE
    for i in range(len(v)):
        x = _near(a[i], f.FAR)
        value = f.sin(x, quarters)
        v[i] = value
        most = max(most, excess(_off(abs(x), ka), bits(value)))
    least = bearable(ka)
    if most > least:
        for i in range(len(v)):
            value = v[i]
            v[i] = np.nan if excess(_off(abs(a[i]), ka), bits(value)) > least else value
        most = least
    return told(magnified(most) + f.SIN)


@jit
def sine(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """sin a."""
    return _sines(v, a, 0, ka)


@jit
def cosine(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """cos a."""
    return _sines(v, a, 1, ka)


@jit
def arctangent(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """The arc tangent of a: κ = a/((1 + a²) atan a) ≤ 1."""
    for i in range(len(v)):
        v[i] = f.atan(a[i])
    return told(f.ATAN + ka)
