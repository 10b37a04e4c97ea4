"""Compute e^x and e^x − 1 in pairs, by a table of 2^(j/64) and a series.

k = ⌊64 x/ln 2⌉, x = k ln 2/64 + r, and with k = 64 s + j, T = 2^(j/64), q = e^r − 1

    e^x = 2^s (T + T q),   e^x − 1 = (2^s T − 1) + 2^s T q,

so that near 0, where k = 0 and T = 1 exactly, e^x − 1 is q, with its relative precision.

The factor 2^s is at most 2⁹⁹⁶, and so might be what an underflow in q is multiplied with. But s is
0 where k is; else R's bound is at least what the steps miss, over 2⁻²⁰⁰, and the underflows, below
2⁻¹⁰⁶⁰, are within `SLACK` of that.

Source of the method: Tang, "Table-driven implementation of the exponential function in IEEE
floating-point arithmetic", ACM TOMS 15(2), 1989.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from flint import arb, ctx

from symdiff.double_doubles.constants import BITS, ball_of, leading, pair_of
from symdiff.double_doubles.operations import wider
from symdiff.double_doubles.pairs import plus, times, two_sum
from symdiff.float_balls.elementary import inline, whole
from symdiff.float_balls.fma import fma, from_bits

FAR = 690.0  # e^−690 > 2⁻⁹⁹⁶, and a low part of it is no subnormal yet
_PER_LN2 = float.fromhex("0x1.71547652b82fep+6")  # 64/ln 2
_MASK, _BIAS = np.int64(63), np.int64(1023)


def steps() -> tuple[float, ...]:
    """ln 2/64 as a sum of two float64 of 36 bits each, a pair, and its bound."""
    with ctx.workprec(BITS):
        step = arb(2).log() / 64
        first = leading(step, 36)
        second = leading(step - first, 36)
        return first, second, *ball_of(step - first - second)


_L1, _L2, _L3, _L3_LOW, _MISSING = steps()


def powers() -> tuple[Any, Any, Any]:
    """The pairs of 2^(j/64) and their bounds, 0 for 2⁰."""
    with ctx.workprec(BITS):
        return tuple(np.array([ball_of(arb(2) ** (arb(j) / 64)) for j in range(64)]).T.copy())


_T, _T_LOW, _T_OFF = powers()
_C = tuple(pair_of(1, math.factorial(n)) for n in range(7))  # 1/n!, with bounds
_C2, _C3, _C4, _C5, _C6 = _C[2:]
_C7, _C8, _C9, _C10, _C11 = (1 / math.factorial(n) for n in range(7, 12))
_TAIL = 2.0**-63
_REST = 2.0**-110


@inline
def series(r: Any, lr: Any, er: Any) -> Any:
    """e^R − 1 for |R| ≤ 0.00543 < 2^−7.52: R + R² S, S = 1/2! + R/3! + … + R⁹/11!.

    The rest of the series is at most |R|¹²/12! · 1.001 < |R| 2^(−82.7 − 28.8) < 2⁻¹¹¹ |R|, and
    |R| ≤ 1.01 |r|: `_REST` of |r| holds it.

    The end of S, t = 1/7! + … + R⁴/11!, goes by float64: its coefficients and Horner's rule are off
    by 2.1 u of at most 2^−12.28, for what is multiplied with r is below 2^−7.5 of what it is added
    to; instead of R stands r, which moves it by at most 2^−60 · 2^−15. In all less than `_TAIL`.
    """
    t = fma(fma(fma(fma(_C11, r, _C10), r, _C9), r, _C8), r, _C7)
    h, l, e = times(r, lr, er, t, 0.0, _TAIL)
    h, l, e = plus(h, l, e, _C6[0], _C6[1], _C6[2])
    h, l, e = times(r, lr, er, h, l, e)
    h, l, e = plus(h, l, e, _C5[0], _C5[1], _C5[2])
    h, l, e = times(r, lr, er, h, l, e)
    h, l, e = plus(h, l, e, _C4[0], _C4[1], _C4[2])
    h, l, e = times(r, lr, er, h, l, e)
    h, l, e = plus(h, l, e, _C3[0], _C3[1], _C3[2])
    h, l, e = times(r, lr, er, h, l, e)
    h, l, e = plus(h, l, e, _C2[0], _C2[1], _C2[2])
    s, ls, es = times(r, lr, er, r, lr, er)
    h, l, e = times(s, ls, es, h, l, e)
    h, l, e = plus(r, lr, er, h, l, e)
    return h, l, e + abs(r) * _REST


@inline
def _reduced(x: Any, lx: Any) -> Any:
    """k and R = x − k ln 2/64, for |x| ≤ 709: |R| ≤ 0.00543.

    |k| < 2^16.1, so that k L₁ and k L₂ are float64. The product that k is rounded from is off by 2u
    of 2^16.1, so |R| ≤ (½ + 2⁻³⁵) ln 2/64 + |lx|, and |lx| ≤ u |x| < 2⁻⁴³.
    """
    n, k = whole(x * _PER_LN2)
    h, l = two_sum(x, -n * _L1)
    h, l, e = plus(h, l, 0.0, -n * _L2, lx, 0.0)
    b, lb, eb = times(-n, 0.0, 0.0, _L3, _L3_LOW, _MISSING)
    r, lr, er = plus(h, l, e, b, lb, eb)
    return k, r, lr, er


@inline
def _scale(k: Any) -> Any:
    """2^⌊k/64⌋."""
    return from_bits(np.uint64((k >> np.int64(6)) + _BIAS) << np.uint64(52))


@inline
def exp_at(x: Any, lx: Any) -> Any:
    """e^x at a pair, |x| ≤ `FAR`. Scaling is exact but for what underflows."""
    k, r, lr, er = _reduced(x, lx)
    q, lq, eq = series(r, lr, er)
    j, scale = k & _MASK, _scale(k)
    t, lt, et = _T[j], _T_LOW[j], _T_OFF[j]
    h, l, e = times(t, lt, et, q, lq, eq)
    h, l, e = plus(t, lt, et, h, l, e)
    return h * scale, l * scale, e * scale


@inline
def expm1_at(x: Any, lx: Any) -> Any:
    """e^x − 1 at a pair, |x| ≤ `FAR`."""
    k, r, lr, er = _reduced(x, lx)
    q, lq, eq = series(r, lr, er)
    j, scale = k & _MASK, _scale(k)
    t, lt, et = _T[j] * scale, _T_LOW[j] * scale, _T_OFF[j] * scale
    h, l, e = times(t, lt, et, q, lq, eq)
    b, lb, eb = plus(t, lt, et, -1.0, 0.0, 0.0)
    return plus(b, lb, eb, h, l, e)


@inline
def exp(x: Any, lx: Any, ex: Any) -> Any:
    """e^x: |e^t − e^x| ≤ e^x (e^ex − 1) ≤ e^x ex (1 + ex) for ex ≤ 1.

    e^x ≤ v (1 + 2⁻⁵⁰). What lies below −`FAR` is 0 within 2⁻⁹⁹⁰.
    """
    near = abs(x) <= FAR
    h, l, e = exp_at((x if near else 0.0), (lx if near else 0.0))
    h, l, e = wider(h, l, e + h * (1 + 2.0**-50) * ex * (1 + ex))
    small = near & (ex <= 1.0)
    below = x + ex <= -FAR
    zero = ((x == -np.inf) & (ex == 0.0)) | below
    one = (x == 0.0) & (lx == 0.0) & (ex == 0.0)
    h = 0.0 if zero else (1.0 if one else (h if small else np.nan))
    l = l if small & ~one else 0.0
    e = 2.0**-990 if below & (x > -np.inf) else (0.0 if zero | one else (e if small else np.inf))
    return h, (0.0 if zero else l), e


@inline
def expm1(x: Any, lx: Any, ex: Any) -> Any:
    """e^x − 1: as e^x, which is v + 1 within 2⁻⁵⁰ of itself or of 1."""
    near = abs(x) <= FAR
    h, l, e = expm1_at((x if near else 0.0), (lx if near else 0.0))
    h, l, e = wider(h, l, e + (h + 1.0 + 2.0**-50 * (abs(h) + 1.0)) * ex * (1 + ex))
    small = near & (ex <= 1.0)
    below = x + ex <= -FAR
    zero = (x == 0.0) & (lx == 0.0) & (ex == 0.0)
    h = -1.0 if below else (0.0 if zero else (h if small else np.nan))
    l = l if small & ~zero & ~below else 0.0
    return h, l, (2.0**-990 if below else (0.0 if zero else (e if small else np.inf)))
