"""Loop over registers: sums, products, quotients, roots, the larger and the smaller.

A loop is given two registers that it makes, the second of which most leave alone, four that it may
take, and the bounds of these. It returns the bound of what it makes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symdiff.float_balls.elementary import U, inline
from symdiff.float_balls.fma import fma
from symdiff.float_blocks.bounds import (
    SCALE,
    bearable,
    beyond,
    bits,
    excess,
    jit,
    magnified,
    tamed,
    told,
)


@inline
def _sums(v: Any, a: Any, b: Any, sign: Any, ka: Any, kb: Any) -> Any:
    """a + sign b: |error| ≤ ka |a| + kb |b| + u |sum|; if both are exact, whatever cancels."""
    joined, most = np.int64(0), np.int64(0)
    if max(ka, kb) == np.inf:
        return np.inf
    if max(ka, kb) == 0.0:
        for i in range(len(v)):
            s = a[i] + sign * b[i]
            v[i] = s
            joined |= beyond(bits(s))
    else:
        ka, kb = ka * SCALE, kb * SCALE
        for i in range(len(v)):
            x, y = a[i], b[i]
            s = x + sign * y
            v[i] = s
            size = bits(s)
            joined |= beyond(size)
            most = max(most, excess(fma(ka, abs(x), kb * abs(y)), size))
        least = bearable(max(ka, kb))
        if most > least:
            for i in range(len(v)):
                x, y, s = a[i], b[i], v[i]
                more = excess(fma(ka, abs(x), kb * abs(y)), bits(s))
                v[i] = np.nan if more > least else s
            most = least
    if joined < 0:
        tamed(v)
    return told(magnified(most) + U)


@inline
def _sums_with_products(
    v: Any, a: Any, b: Any, c: Any, minus: Any, sign: Any, ka: Any, kb: Any, kc: Any
) -> Any:
    """minus a b + sign c, rounded once: |error| ≤ (ka + kb)(1 + …)|a b| + kc |c| + u |sum|.

    If c is not 0 the sum is exact where it is 0: there |a b| = |c|, whose last bits are float64. A
    product that underflows is nothing beside a sum in the range; alone it is not 0 if no factor is.
    """
    joined, most = np.int64(0), np.int64(0)
    k = ka + kb
    if max(k, kc) == np.inf:
        return np.inf
    if max(k, kc) == 0.0:
        for i in range(len(v)):
            s = fma(minus * a[i], b[i], sign * c[i])
            v[i] = s
            joined |= beyond(bits(s))
    else:
        k, kc = k * SCALE, kc * SCALE
        for i in range(len(v)):
            x, y, z = a[i], b[i], c[i]
            s = fma(minus * x, y, sign * z)
            v[i] = s
            size = bits(s)
            joined |= beyond(size)
            most = max(most, excess(fma(k, abs(x * y), kc * abs(z)), size))
        least = bearable(max(k, kc))
        if most > least:
            for i in range(len(v)):
                x, y, z, s = a[i], b[i], c[i], v[i]
                more = excess(fma(k, abs(x * y), kc * abs(z)), bits(s))
                v[i] = np.nan if more > least else s
            most = least
    if joined < 0:
        tamed(v)
        for i in range(len(v)):
            lost = (v[i] == 0.0) & (c[i] == 0.0) & (a[i] != 0.0) & (b[i] != 0.0)
            v[i] = np.nan if lost else v[i]
    return told(magnified(most) + U)


@jit
def add(
    v: Any, _w: Any, a: Any, b: Any, _c: Any, _d: Any, ka: Any, kb: Any, _kc: Any, _kd: Any
) -> Any:
    """a + b."""
    return _sums(v, a, b, 1.0, ka, kb)


@jit
def subtract(
    v: Any, _w: Any, a: Any, b: Any, _c: Any, _d: Any, ka: Any, kb: Any, _kc: Any, _kd: Any
) -> Any:
    """a − b."""
    return _sums(v, a, b, -1.0, ka, kb)


@jit
def multiply_add(
    v: Any, _w: Any, a: Any, b: Any, c: Any, _d: Any, ka: Any, kb: Any, kc: Any, _kd: Any
) -> Any:
    """a b + c."""
    return _sums_with_products(v, a, b, c, 1.0, 1.0, ka, kb, kc)


@jit
def multiply_subtract(
    v: Any, _w: Any, a: Any, b: Any, c: Any, _d: Any, ka: Any, kb: Any, kc: Any, _kd: Any
) -> Any:
    """a b − c."""
    return _sums_with_products(v, a, b, c, 1.0, -1.0, ka, kb, kc)


@jit
def subtract_product(
    v: Any, _w: Any, a: Any, b: Any, c: Any, _d: Any, ka: Any, kb: Any, kc: Any, _kd: Any
) -> Any:
    """c − a b."""
    return _sums_with_products(v, a, b, c, -1.0, 1.0, ka, kb, kc)


@jit
def multiply(
    v: Any, _w: Any, a: Any, b: Any, _c: Any, _d: Any, ka: Any, kb: Any, _kc: Any, _kd: Any
) -> Any:
    """a b: each factor moves it by its own error."""
    joined = np.int64(0)
    for i in range(len(v)):
        p = a[i] * b[i]
        v[i] = p
        joined |= beyond(bits(p))
    if joined < 0:
        tamed(v)
        for i in range(len(v)):  # what underflows is not 0
            v[i] = np.nan if (v[i] == 0.0) & (a[i] != 0.0) & (b[i] != 0.0) else v[i]
    return told(ka + kb + U)


@jit
def divide(
    v: Any, _w: Any, a: Any, b: Any, _c: Any, _d: Any, ka: Any, kb: Any, _kc: Any, _kd: Any
) -> Any:
    """a/b: as a product; by 0 it is infinite or NaN."""
    joined = np.int64(0)
    for i in range(len(v)):
        q = a[i] / b[i]
        v[i] = q
        joined |= beyond(bits(q))
    if joined < 0:
        tamed(v)
        for i in range(len(v)):
            v[i] = np.nan if (v[i] == 0.0) & (a[i] != 0.0) else v[i]
    return told(ka + kb + U)


@jit
def square_root(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """√a: κ = ½; below 0 it is NaN."""
    for i in range(len(v)):
        v[i] = math.sqrt(a[i])
    return told(0.5 * ka + U)


@jit
def negative(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """−a."""
    for i in range(len(v)):
        v[i] = -a[i]
    return ka


@jit
def absolute(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """|a|."""
    for i in range(len(v)):
        v[i] = abs(a[i])
    return ka


@jit
def copy(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """a."""
    for i in range(len(v)):
        v[i] = a[i]
    return ka


@jit
def maximum(
    v: Any, _w: Any, a: Any, b: Any, _c: Any, _d: Any, ka: Any, kb: Any, _kc: Any, _kd: Any
) -> Any:
    """The larger of a and b.

    Let a be it. Where the truth is that of b, this is not on the wrong side of a's: if it lies
    beyond a, b and a have one sign and |b| ≤ |a| (1 + ka)/(1 − kb), so the error is ka |a| or
    kb |a|, in first order.
    """
    for i in range(len(v)):
        x, y = a[i], b[i]
        larger = max(x, y)
        v[i] = np.nan if np.isnan(x) | np.isnan(y) else larger
    return told(max(ka, kb))


@jit
def minimum(
    v: Any, _w: Any, a: Any, b: Any, _c: Any, _d: Any, ka: Any, kb: Any, _kc: Any, _kd: Any
) -> Any:
    """The smaller of a and b: as the larger, of their negatives."""
    for i in range(len(v)):
        x, y = a[i], b[i]
        smaller = min(x, y)
        v[i] = np.nan if np.isnan(x) | np.isnan(y) else smaller
    return told(max(ka, kb))
