"""Compute elementary functions at float64 points, each with a proof of its relative error.

Throughout u = 2⁻⁵³, every operation obeys |computed − exact| ≤ u|exact| (what underflows is the
caller's: see `operations`), and an fma is one operation. Bounds are rounded up generously: what is
proven to be 2.1 u is stated as 2.5 u. Each constant of a polynomial is a float64 within u of the
rational that it stands for, which is counted like a rounding.

No function branches: both ways are computed and one is chosen, so that a loop becomes vectors.

Source of the method: Muller, Elementary Functions, 3rd ed. 2016, chapters 3, 6 and 11.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from symdiff.float_balls.fma import fma, from_bits, to_bits

U = 2.0**-53
# Forced, since LLVM makes vectors of a loop only if all that it calls is within it.
inline = numba.njit(error_model="numpy", forceinline=True)


_PER_LN2 = float.fromhex("0x1.71547652b82fep+0")  # 1/ln 2, within u
# ln 2 = LN2 + low + δ, |δ| ≤ 2⁻¹⁰⁹
LN2, _LN2_LOW = float.fromhex("0x1.62e42fefa39efp-1"), float.fromhex("0x1.abc9e3b39803fp-56")
_BIAS = np.int64(1023)
_E = tuple(1 / math.factorial(n) for n in range(15))

EXP = 2.5 * U
_WHOLE = 1.5 * 2.0**52  # between two float64 here lies 1
_WHOLE_BITS = np.int64(0x4338000000000000)
_COUNT_BITS, _COUNT = np.uint64(0x4330000000000000), 2.0**52 + 1023


@inline
def whole(x: Any) -> Any:
    """The nearest whole number to |x| < 2⁵¹, ties to even, as a float64 and as an integer.

    Added to 1.5·2⁵² it is rounded to a whole number, whose bits count on from those of 1.5·2⁵²: the
    instruction that converts is missing from vectors of many processors.
    """
    shifted = x + _WHOLE
    return shifted - _WHOLE, np.int64(to_bits(shifted)) - _WHOLE_BITS


@inline
def _reduced(x: Any) -> Any:
    """e^r − 1 and 2^k with e^x = 2^k e^r, for |x| ≤ 708.

    k = ⌊x/ln 2⌉, |k| ≤ 1022, and r = x − k ln 2. The product x/ln 2 is off by 2u of 2¹⁰, so
    |r| ≤ (½ + 2⁻⁴¹) ln 2 < 0.3466. Two fma give r, of which each rounds by u |r|, and k δ < 2⁻⁹⁸:
    that moves e^r by 0.7 u of itself; for k = 0 all is exact.

    e^r − 1 = r + r² q, q = ½ + r/6 + … + r¹¹/13! but for 2r¹⁴/14! < 0.1 u. What rounds a term of q:
    that of ½ three sums, that of r/6 the constant too, that of r²/24 also r² and one sum more, the
    others not more than twelve times. So q is off by 3u/2 + 4u r/6 + 5u r²/24 + … < 1.8 u, and
    r² q, with the rounding of r², by 2.4 u r² < 0.29 u. The sum rounds by u |e^r − 1|.

    The sum is paired, since one after the other each would wait for the last.
    """
    n, k = whole(x * _PER_LN2)
    r = fma(-n, _LN2_LOW, fma(-n, LN2, x))
    square = r * r
    fourth = square * square
    first = fma(fma(_E[5], r, _E[4]), square, fma(_E[3], r, 0.5))
    second = fma(fma(_E[9], r, _E[8]), square, fma(_E[7], r, _E[6]))
    third = fma(fma(_E[13], r, _E[12]), square, fma(_E[11], r, _E[10]))
    q = fma(fma(third, fourth, second), fourth, first)
    return fma(square, q, r), from_bits(np.uint64(k + _BIAS) << np.uint64(52))


@inline
def exp(x: Any) -> Any:
    """e^x for |x| ≤ 708, within `EXP` relatively.

    It is 2^k (1 + p), p of `_reduced`. For r > 0 p is off by 0.29 u + 0.42 u, of e^r ≥ 1, and the
    sum rounds by u: with r's error and the rest of the series less than 2.5 u. For r < 0 it is
    0.29 u + 0.3 u of e^r ≥ 0.707, so 0.84 u, the rest 0.15 u, and the sum, below 1, rounds by ½u of
    0.707: less than 2.5 u. Scaling by 2^k is exact.
    """
    p, scale = _reduced(x)
    return (1.0 + p) * scale


EXPM1 = 13 * U


@inline
def expm1(x: Any) -> Any:
    """e^x − 1 for |x| ≤ 708, within `EXPM1` relatively.

    It is 2^k p + (2^k − 1), p of `_reduced`. For k = 0 it is p: |p| ≥ 0.83 |r|, so r² q is off by
    2.4 u r² ≤ 1.1 u |p|, the rest of the series by 0.3 u of p, and the sum rounds by u.

    Else p is off by 0.7 u e^r + 0.29 u + 0.1 u + u |p|, at most 1.7 u e^r; it comes in by
    e^x/|e^x − 1|, which is at most 3.5 for k > 0 (x ≥ 0.346) and 2.5 for k < 0: 6 u. 2^k − 1 is
    exact but for |k| > 53, and rounds there by u of about the result; the fma rounds by u.
    """
    p, scale = _reduced(x)
    return fma(scale, p, scale - 1.0)


_L = tuple(1 / (2 * n + 1) for n in range(12))
_MANTISSA, _ONE = np.uint64((1 << 52) - 1), np.uint64(1023 << 52)


@inline
def _log_near_one(s: Any) -> Any:
    """The logarithm of (1 + s)/(1 − s), 2s (1 + s²/3 + … + s²²/23), for |s| ≤ 0.1717.

    The rest of the series is below 2⁻⁶⁰ of it. With s within 2u: the brackets' part beyond 1 is
    below 0.0101 and off by less than 10u of that; 1 + … rounds by u, the product by u. In all
    2u + 0.1u + 2u < 4.2 u.
    """
    q = s * s
    p = fma(_L[11], q, _L[10])
    p = fma(p, q, _L[9])
    p = fma(p, q, _L[8])
    p = fma(p, q, _L[7])
    p = fma(p, q, _L[6])
    p = fma(p, q, _L[5])
    p = fma(p, q, _L[4])
    p = fma(p, q, _L[3])
    p = fma(p, q, _L[2])
    p = fma(p, q, _L[1])
    return 2.0 * s * fma(p, q, 1.0)


@inline
def _mantissa(x: Any) -> Any:
    """m − 1 and k of a normal x = 2^k m > 0 with m from √½ to √2, both exact."""
    bits = to_bits(x)
    k = from_bits(_COUNT_BITS | (bits >> np.uint64(52))) - _COUNT  # 2⁵² + the exponent's bits
    m = from_bits((bits & _MANTISSA) | _ONE)
    if m > 1.4142135623730951:
        m, k = m * 0.5, k + 1.0
    return m - 1.0, k


LOG = 8 * U


@inline
def log(x: Any) -> Any:
    """log x for a normal x > 0, within `LOG` relatively.

    x = 2^k m with m from √½ to √2, within an ulp of either; f = m − 1 is exact, and s = f/(2 + f)
    is off by 2u, |s| ≤ 0.1717. log m is `_log_near_one(s)`, within 4.2 u of at most 0.3466.

    If k ≠ 0, |log x| ≥ (|k| − ½) ln 2 ≥ 0.3465 |k|. An fma adds k ln 2: log m brings 4.2 u, as it
    is no larger than the result, ln 2's own error 2⁻⁵⁵|k| < 0.73 u, the rounding u.
    """
    f, k = _mantissa(x)
    return fma(k, LN2, _log_near_one(f / (2.0 + f)))


LOG1P = 14 * U


@inline
def log1p(x: Any) -> Any:
    """The logarithm of 1 + x for x > −1, within `LOG1P` relatively.

    For |x| ≤ ¼ it is `_log_near_one(x/(2 + x))`, x/(2 + x) within 2u, at most 0.143: 4.2 u; k = 0
    adds nothing. Else 1 + x is within u, which moves its logarithm by u(1 + 2u), where
    |log(1 + x)| ≥ 0.223: at most 4.6 u; and `LOG`. Both are one polynomial, without a branch.
    """
    f, k = _mantissa(1.0 + x)
    if abs(x) <= 0.25:
        f, k = x, 0.0
    return fma(k, LN2, _log_near_one(f / (2.0 + f)))


@inline
def log1p_of_share(t: Any) -> Any:
    """The logarithm of 1 + t for 0 ≤ t ≤ 1, within `LOG1P` relatively.

    It is `_log_near_one(s)`, s = t/(2 + t), for t up to √2 − 1; else ln 2 more, of (1 + t)/2, where
    s = (t − 1)/(t + 3). |s| ≤ 0.1717 and off by 3u, so the logarithm by 5.2 u. ln 2 is within
    0.4 u of itself, the sum of at least 0.346, no less than its smaller part, and rounds by u.
    """
    far = t > 0.41421356237309503
    s = (t - 1.0 if far else t) / (t + (3.0 if far else 2.0))
    return fma(1.0 if far else 0.0, LN2, _log_near_one(s))


SIGMOID = 6 * U


@inline
def sigmoid(x: Any) -> Any:
    """1/(1 + e^−x) for |x| ≤ 708, within `SIGMOID` relatively.

    With t = e^−|x|, it is 1/(1 + t) or t/(1 + t): an error in t comes in by t/(1 + t) ≤ ½ or by
    1/(1 + t) ≤ 1, at most 2.5 u; the sum and the quotient round by u each.
    """
    t = exp(-abs(x))
    return (1.0 if x >= 0 else t) / (1.0 + t)


TANH = 32 * U


@inline
def tanh(x: Any) -> Any:
    """tanh x for |x| ≤ 354, within `TANH` relatively.

    With t = e^(−2|x|) − 1 in (−1, 0] it is −t/(2 + t): an error in t comes in by 2/(2 + t) ≤ 2, so
    26 u; the sum and the quotient round by u each.
    """
    t = expm1(-2.0 * abs(x))
    return math.copysign(t / (2.0 + t), x)


SECH = 8 * U


@inline
def sech(x: Any) -> Any:
    """1/cosh x for |x| ≤ 708, within `SECH` relatively.

    With t = e^−|x| it is 2t/(1 + t²): an error in t comes in by (1 − t²)/(1 + t²) ≤ 1; the square
    and the sum round by 2u at most, the quotient by u.
    """
    t = exp(-abs(x))
    return 2.0 * t / fma(t, t, 1.0)


SOFTPLUS = 19 * U


@inline
def softplus(x: Any) -> Any:
    """The logarithm of 1 + e^x for |x| ≤ 700, within `SOFTPLUS` relatively.

    max(x, 0) + log(1 + t), t = e^−|x|: an error in t comes into log(1 + t) by
    t/((1 + t) log(1 + t)) ≤ 1, so it is within 16.5 u; the sum of two that are not negative rounds
    by u.
    """
    return max(x, 0.0) + log1p_of_share(exp(-abs(x)))


PHI = 9 * U
_PER_ROOT = float.fromhex("0x1.9884533d43651p-2")  # 1/√(2π), within u


@inline
def phi(x: Any) -> Any:
    """e^(−x²/2)/√(2π) for |x| ≤ 37, within `PHI` relatively.

    x² = q + d exactly, |d| ≤ u q ≤ 2⁻⁴²; e^(−d/2) is 1 − d/2 but for d²/8 < 2⁻⁸⁷. So: e^(−q/2)
    2.5 u, the factor 1 − d/2 u, the constant u, two products 2u.
    """
    q = x * x
    d = fma(x, x, -q)
    return exp(-0.5 * q) * (1.0 - 0.5 * d) * _PER_ROOT


# π/2 = P + Q + δ, |δ| ≤ 2⁻¹⁰⁹
_PER_HALF_PI = float.fromhex("0x1.45f306dc9c883p-1")
_P, _Q = float.fromhex("0x1.921fb54442d18p+0"), float.fromhex("0x1.1a62633145c07p-54")
FAR = 2.0**16  # no angle beyond is reduced
SIN, SIN_ABSOLUTE = 4 * U, 3 * U


@inline
def _sin_near(r: Any) -> Any:
    """sin r for |r| ≤ 0.79, within 3u relatively.

    r (1 + r² p), the rest of the series r¹⁸/19! < 2⁻⁶²; r² p is below 0.104 and off by some 4u of
    that, 1 + … and the product round by u each.
    """
    q = r * r
    p = fma(_S[8], q, _S[7])
    p = fma(p, q, _S[6])
    p = fma(p, q, _S[5])
    p = fma(p, q, _S[4])
    p = fma(p, q, _S[3])
    p = fma(p, q, _S[2])
    p = fma(p, q, _S[1])
    return r * fma(p, q, 1.0)


@inline
def _cos_near(r: Any) -> Any:
    """cos r for |r| ≤ 0.79, within 3u relatively.

    1 + r² p, the rest of the series r²⁰/20! < 2⁻⁶⁷; r² p is at most 0.32 and off by some 3u of
    that, the sum, of at least 0.7, rounds by u.
    """
    q = r * r
    p = fma(_K[9], q, _K[8])
    p = fma(p, q, _K[7])
    p = fma(p, q, _K[6])
    p = fma(p, q, _K[5])
    p = fma(p, q, _K[4])
    p = fma(p, q, _K[3])
    p = fma(p, q, _K[2])
    p = fma(p, q, _K[1])
    return fma(p, q, 1.0)


_S = tuple((-1) ** n / math.factorial(2 * n + 1) for n in range(9))
_K = tuple((-1) ** n / math.factorial(2 * n) for n in range(10))


@inline
def sin(x: Any, quarters: Any) -> Any:
    """The sine of x + quarters π/2, |x| ≤ 2¹⁶: within `SIN` relatively, `SIN_ABSOLUTE` besides.

    k = ⌊2x/π⌉ and r = x − k π/2 by two fma: |r| ≤ 0.786, so each rounds by 0.79 u, and k δ < 2⁻⁹².
    If k = 0 both are exact. What r is off by, sin and cos are, at most. So 1.6 u besides the 3u of
    the series.
    """
    k, turns = whole(x * _PER_HALF_PI)
    r = fma(-k, _Q, fma(-k, _P, x))
    turn = (turns + np.int64(quarters)) & np.int64(3)
    by_sine, by_cosine = _sin_near(r), _cos_near(r)
    value = by_sine if turn & np.int64(1) == 0 else by_cosine
    return value if turn < 2 else -value


_A = tuple((-1) ** n / (2 * n + 1) for n in range(23))
_NARROW, _WIDE = 0.4142135623730951, 2.414213562373095  # tan π/8 and tan 3π/8, within 2⁻⁵¹
_QUARTER, _HALF = float.fromhex("0x1.921fb54442d18p-1"), float.fromhex("0x1.921fb54442d18p+0")
ATAN = 9 * U


@inline
def atan(x: Any) -> Any:
    """The arc tangent of a finite x, within `ATAN` relatively.

    It is that of |x| with the sign of x, and that is b + atan r, |r| ≤ 0.41422: of 0 and |x| up to
    tan π/8; of π/4 and (|x| − 1)/(|x| + 1) up to tan 3π/8; else of π/2 and −1/|x|. r is within 3.1
    u, so atan r is, for r/(1 + r²) ≤ atan r. It is r (1 + r² p), the rest of the series r⁴⁶/47
    < 2⁻⁶³; r² p is at most 0.06 and off by some 6u of that, 1 + … and the product round by u each:
    in all 5.6 u. If b is not 0 the sum is at least |atan r|, at least b/2, and b is within 0.4 u
    of itself; the sum rounds by u.
    """
    size = abs(x)
    near, far = size <= _NARROW, size > _WIDE
    above = size if near else (-1.0 if far else size - 1.0)
    below = 1.0 if near else (size if far else size + 1.0)
    base = 0.0 if near else (_HALF if far else _QUARTER)
    r = above / below
    q = r * r
    p = fma(_A[22], q, _A[21])
    p = fma(p, q, _A[20])
    p = fma(p, q, _A[19])
    p = fma(p, q, _A[18])
    p = fma(p, q, _A[17])
    p = fma(p, q, _A[16])
    p = fma(p, q, _A[15])
    p = fma(p, q, _A[14])
    p = fma(p, q, _A[13])
    p = fma(p, q, _A[12])
    p = fma(p, q, _A[11])
    p = fma(p, q, _A[10])
    p = fma(p, q, _A[9])
    p = fma(p, q, _A[8])
    p = fma(p, q, _A[7])
    p = fma(p, q, _A[6])
    p = fma(p, q, _A[5])
    p = fma(p, q, _A[4])
    p = fma(p, q, _A[3])
    p = fma(p, q, _A[2])
    p = fma(p, q, _A[1])
    return math.copysign(base + r * fma(p, q, 1.0), x)
