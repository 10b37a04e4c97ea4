"""Compute sin x and cos x in pairs, by a table of sin(jπ/64) and two series.

k = ⌊64 x/π⌉, x = k π/64 + r, and with j = k mod 128

    sin x = sin(jπ/64) cos r + cos(jπ/64) sin r,

so that near the zeros of sin x, where j is 0 or 64, it is ± sin r, with its relative precision. The
cosine is the sine of what is 32 steps, π/2, further.

Source of the method: Muller, Elementary Functions, 3rd ed. 2016, §11.2 (Cody and Waite's reduction)
and chapter 6 (tables).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq

from symdiff.double_doubles.constants import BITS, ball_of, leading, pair_of
from symdiff.double_doubles.operations import wider
from symdiff.double_doubles.pairs import plus, times, two_sum
from symdiff.float_balls.elementary import inline, whole
from symdiff.float_balls.fma import fma

FAR = 2.0**16  # no angle beyond is reduced
_PER_STEP = 64 / math.pi  # within 2u of 64/π
_TURN, _QUARTER = np.int64(127), np.int64(32)


def steps() -> tuple[float, ...]:
    """π/64 as a sum of two float64 of 32 bits each, a pair, and its bound."""
    with ctx.workprec(BITS):
        step = arb.pi() / 64
        first = leading(step, 32)
        second = leading(step - first, 32)
        return first, second, *ball_of(step - first - second)


def sines() -> tuple[Any, Any, Any]:
    """The pairs of sin(jπ/64), j < 128, and their bounds, 0 for −1, 0 and 1."""
    with ctx.workprec(BITS):
        rows = [ball_of(arb.sin_pi_fmpq(fmpq(j, 64))) for j in range(128)]
        return tuple(np.array(rows).T.copy())


_P1, _P2, _P3, _P3_LOW, _MISSING = steps()
_S, _S_LOW, _S_OFF = sines()
_A1, _A2, _A3 = (pair_of((-1) ** n, math.factorial(2 * n + 1)) for n in (1, 2, 3))
_A4, _A5, _A6, _A7 = ((-1) ** n / math.factorial(2 * n + 1) for n in (4, 5, 6, 7))
_B1, _B2, _B3 = (pair_of((-1) ** n, math.factorial(2 * n)) for n in (1, 2, 3))
_B4, _B5, _B6, _B7 = ((-1) ** n / math.factorial(2 * n) for n in (4, 5, 6, 7))
_TAIL_A, _TAIL_B = 2.0**-69, 2.0**-66
_REST_A, _REST_B = 2.0**-130, 2.0**-128


@inline
def _sine_near(r: Any, lr: Any, er: Any, z: Any, lz: Any, ez: Any) -> Any:
    """sin R for |R| ≤ 0.02456 < 2^−5.34: R + R z A, z = R², A = −1/3! + z/5! − … − z⁶/15!.

    The rest of the series is at most |R| z⁸/17! < |R| 2^(−85.4 − 48.3), hence `_REST_A` of |r|.
    The end of A, t = 1/9! − … − z³/15!, goes by float64: it is off by 2.1 u of 2^−18.4, and z in it
    is within 2⁻⁵¹ of itself, which is times 2^−10.6/11!: less than `_TAIL_A`.
    """
    t = fma(fma(fma(_A7, z, _A6), z, _A5), z, _A4)
    h, l, e = times(z, lz, ez, t, 0.0, _TAIL_A)
    h, l, e = plus(h, l, e, _A3[0], _A3[1], _A3[2])
    h, l, e = times(z, lz, ez, h, l, e)
    h, l, e = plus(h, l, e, _A2[0], _A2[1], _A2[2])
    h, l, e = times(z, lz, ez, h, l, e)
    h, l, e = plus(h, l, e, _A1[0], _A1[1], _A1[2])
    h, l, e = times(z, lz, ez, h, l, e)
    h, l, e = times(r, lr, er, h, l, e)
    h, l, e = plus(r, lr, er, h, l, e)
    return h, l, e + abs(r) * _REST_A


@inline
def _cosine_near(z: Any, lz: Any, ez: Any) -> Any:
    """cos R for |R| ≤ 0.02456 and z = R²: 1 + z B, B = −1/2! + z/4! − … − z⁶/14!.

    The rest of the series is at most z⁸/16! < 2^(−85.4 − 44.2): `_REST_B`. The end of B,
    t = 1/8! − … − z³/14!, is off by 2.1 u of 2^−15.2, and z in it as above: less than `_TAIL_B`.
    """
    t = fma(fma(fma(_B7, z, _B6), z, _B5), z, _B4)
    h, l, e = times(z, lz, ez, t, 0.0, _TAIL_B)
    h, l, e = plus(h, l, e, _B3[0], _B3[1], _B3[2])
    h, l, e = times(z, lz, ez, h, l, e)
    h, l, e = plus(h, l, e, _B2[0], _B2[1], _B2[2])
    h, l, e = times(z, lz, ez, h, l, e)
    h, l, e = plus(h, l, e, _B1[0], _B1[1], _B1[2])
    h, l, e = times(z, lz, ez, h, l, e)
    h, l, e = plus(1.0, 0.0, 0.0, h, l, e)
    return h, l, e + _REST_B


@inline
def _sine_at(x: Any, lx: Any, quarters: Any) -> Any:
    """The sine of x + quarters π/2 at a pair, |x| ≤ `FAR`.

    |k| < 2^20.4, so that k P₁ and k P₂ are float64. The product that k is rounded from is off by 3u
    of 2^20.4, so |R| ≤ (½ + 2⁻³⁰) π/64 + |lx| and |lx| ≤ u |x| ≤ 2⁻³⁷: less than 0.02456.
    """
    n, k = whole(x * _PER_STEP)
    h, l = two_sum(x, -n * _P1)
    h, l, e = plus(h, l, 0.0, -n * _P2, lx, 0.0)
    b, lb, eb = times(-n, 0.0, 0.0, _P3, _P3_LOW, _MISSING)
    r, lr, er = plus(h, l, e, b, lb, eb)
    z, lz, ez = times(r, lr, er, r, lr, er)
    s, ls, es = _sine_near(r, lr, er, z, lz, ez)
    c, lc, ec = _cosine_near(z, lz, ez)
    j = (k + np.int64(quarters) * _QUARTER) & _TURN
    i = (j + _QUARTER) & _TURN
    s, ls, es = times(s, ls, es, _S[i], _S_LOW[i], _S_OFF[i])
    c, lc, ec = times(c, lc, ec, _S[j], _S_LOW[j], _S_OFF[j])
    return plus(s, ls, es, c, lc, ec)


@inline
def sine(x: Any, lx: Any, ex: Any, quarters: Any) -> Any:
    """The sine of x + quarters π/2: its slope is at most 1."""
    near = (abs(x) <= FAR) & (ex <= 1.0)
    h, l, e = _sine_at((x if near else 0.0), (lx if near else 0.0), quarters)
    h, l, e = wider(h, l, e + ex)
    zero = (x == 0.0) & (lx == 0.0) & (ex == 0.0)
    h = (1.0 if quarters else 0.0) if zero else (h if near else np.nan)
    return h, (l if near & ~zero else 0.0), (0.0 if zero else (e if near else np.inf))
