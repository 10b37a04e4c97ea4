"""Compute log x and log(1 + x) in pairs, by a table of log(j/64) and a series.

x = 2^k m with m from √½ to √2, f = ⌊64 m⌉/64 and s = (m − f)/(m + f):

    log x = k ln 2 + log f + 2 artanh s,   2 artanh s = 2s (1 + s²/3 + s⁴/5 + …),

so that near 1, where k = 0 and f = 1, log f is exactly 0 and the rest has its relative precision.

Source of the method: Tang, "Table-driven implementation of the logarithm function in IEEE
floating-point arithmetic", ACM TOMS 16(4), 1990.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, ctx

from symdiff.double_doubles.constants import BITS, ball_of, pair_of
from symdiff.double_doubles.operations import LARGE, TINY, wider
from symdiff.double_doubles.pairs import over, plus, times
from symdiff.float_balls.elementary import inline, whole
from symdiff.float_balls.fma import fma, from_bits, to_bits

FIRST, LAST = 45, 91  # 64 m rounded lies between: 45.25 and 90.51
_MANTISSA, _ONE = np.uint64((1 << 52) - 1), np.uint64(1023 << 52)
_COUNT_BITS, _COUNT = np.uint64(0x4330000000000000), 2.0**52 + 1023
_FIRST, _TWICE_BIAS = np.int64(FIRST), np.int64(2046)


def logarithms() -> tuple[Any, Any, Any]:
    """The pairs of log(j/64), j from `FIRST` to `LAST`, and their bounds, 0 for log 1."""
    with ctx.workprec(BITS):
        rows = [ball_of((arb(j) / 64).log()) for j in range(FIRST, LAST + 1)]
        return tuple(np.array(rows).T.copy())


def _logarithm_of_two() -> tuple[float, ...]:
    with ctx.workprec(BITS):
        return ball_of(arb(2).log())


_F, _F_LOW, _F_OFF = logarithms()
_LN2, _LN2_LOW, _LN2_OFF = _logarithm_of_two()
_D3, _D5, _D7 = (pair_of(1, n) for n in (3, 5, 7))
_D9, _D11, _D13, _D15 = (1 / n for n in (9, 11, 13, 15))
_TAIL = 2.0**-54
_REST = 2.0**-118


@inline
def _twice_artanh(s: Any, ls: Any, es: Any) -> Any:
    """2 artanh S for |S| ≤ 0.0057 < 2^−7.45: 2S + 2S z P, z = S², P = 1/3 + z/5 + … + z⁶/15.

    The rest of the series is at most 2|S| z⁸/17 · 1.001 < |S| 2^(1 − 119.2 − 4): `_REST` of |s|.

    The end of P, t = 1/9 + z/11 + z²/13 + z³/15, goes by float64: it is off by 2.1 u of 2^−3.16,
    and z in it is within 2⁻⁵¹ of itself, which is times 2^−14.9/11: less than `_TAIL`.
    """
    z, lz, ez = times(s, ls, es, s, ls, es)
    t = fma(fma(fma(_D15, z, _D13), z, _D11), z, _D9)
    h, l, e = times(z, lz, ez, t, 0.0, _TAIL)
    h, l, e = plus(h, l, e, _D7[0], _D7[1], _D7[2])
    h, l, e = times(z, lz, ez, h, l, e)
    h, l, e = plus(h, l, e, _D5[0], _D5[1], _D5[2])
    h, l, e = times(z, lz, ez, h, l, e)
    h, l, e = plus(h, l, e, _D3[0], _D3[1], _D3[2])
    h, l, e = times(z, lz, ez, h, l, e)
    h, l, e = times(s, ls, es, h, l, e)
    h, l, e = plus(s, ls, es, h, l, e)
    return 2.0 * h, 2.0 * l, 2.0 * e + abs(s) * _REST


@inline
def _parts(x: Any, lx: Any) -> Any:
    """k, m, its low part and 64 f of a normal x > 0: x = 2^k m, exact but for what underflows.

    2^−k is a normal number for |k| ≤ 1021.
    """
    bits = to_bits(x)
    exponent = np.int64(bits >> np.uint64(52))
    m = from_bits((bits & _MANTISSA) | _ONE)
    high = m > 1.4142135623730951
    m = m * 0.5 if high else m
    up = np.int64(1) if high else np.int64(0)
    scale = from_bits(np.uint64(_TWICE_BIAS - exponent - up) << np.uint64(52))
    k = from_bits(_COUNT_BITS | (bits >> np.uint64(52))) - _COUNT
    k = k + 1.0 if high else k
    j, place = whole(m * 64.0)
    return k, m, lx * scale, j, place - _FIRST


@inline
def log_at(x: Any, lx: Any, one_more: Any) -> Any:
    """log x at a pair with 2⁻¹⁰⁰⁰ ≤ x ≤ 2¹⁰²⁰, or, where `one_more` is not 0, log(1 + x).

    |m − f| ≤ 1/128 + |lm| and m + f ≥ 1.4, so |s| ≤ 0.0057. log(1 + x) for |x| ≤ 2⁻⁷ is
    2 artanh(x/(2 + x)), |x/(2 + x)| ≤ 0.004; else 1 + x is a pair within what its sum lost, d, and
    d/(1 + x − d) comes to the bound, of a logarithm of at least 2^−7.02.
    """
    y, ly, d = plus(x, lx, 0.0, 1.0, 0.0, 0.0)
    small = (one_more != 0.0) & (abs(x) <= 2.0**-7)
    sum_ = (one_more != 0.0) & ~small
    a, la = (y if sum_ else x), (ly if sum_ else lx)
    a, la = (1.0 if small else a), (0.0 if small else la)
    k, m, lm, j, place = _parts(a, la)
    f = j * 0.015625
    top, ltop, etop = plus(m, lm, 0.0, -f, 0.0, 0.0)
    end, lend, eend = plus(m, lm, 0.0, f, 0.0, 0.0)
    two, ltwo, etwo = plus(x, lx, 0.0, 2.0, 0.0, 0.0)
    s, ls, es = over(
        (x if small else top), (lx if small else ltop), (0.0 if small else etop),
        (two if small else end), (ltwo if small else lend), (etwo if small else eend),
    )  # fmt: skip  # two lines, not six
    h, l, e = _twice_artanh(s, ls, es)
    h, l, e = plus(_F[place], _F_LOW[place], _F_OFF[place], h, l, e)
    b, lb, eb = times(k, 0.0, 0.0, _LN2, _LN2_LOW, _LN2_OFF)
    h, l, e = plus(b, lb, eb, h, l, e)
    return h, l, e + (d / (abs(y) - abs(ly) - d) * (1 + 2.0**-40) if sum_ else 0.0)


@inline
def log(x: Any, lx: Any, ex: Any) -> Any:
    """log x: its slope is at most 1/(x − ex)."""
    least = x * (1 - 2.0**-50) - (abs(lx) + ex) * (1 + 2.0**-50)
    known = (least > 0.0) & (x >= TINY) & (x <= LARGE)
    h, l, e = log_at((x if known else 1.0), (lx if known else 0.0), 0.0)
    h, l, e = wider(h, l, e + ex / (least if known else 1.0))
    one = (x == 1.0) & (lx == 0.0) & (ex == 0.0)
    h, l, e = (0.0 if one else h), (0.0 if one else l), (0.0 if one else e)
    return (h if known else np.nan), (l if known else 0.0), (e if known else np.inf)


@inline
def log1p(x: Any, lx: Any, ex: Any) -> Any:
    """The logarithm of 1 + x: its slope is at most 1/(1 + x − ex), for 1 + x ≥ 2⁻⁴⁰."""
    least = (1.0 + x) * (1 - 2.0**-10) - (abs(lx) + ex) * (1 + 2.0**-50)
    known = (least > 0.0) & (1.0 + x >= 2.0**-40) & (x <= LARGE)
    h, l, e = log_at((x if known else 0.0), (lx if known else 0.0), 1.0)
    h, l, e = wider(h, l, e + ex / (least if known else 1.0))
    zero = (x == 0.0) & (lx == 0.0) & (ex == 0.0)
    h, l, e = (0.0 if zero else h), (0.0 if zero else l), (0.0 if zero else e)
    return (h if known else np.nan), (l if known else 0.0), (e if known else np.inf)
