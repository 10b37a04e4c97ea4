"""Loop over registers of conditions, 1 or 0, and choose by them.

A tie is not decided, nor what is nearer to one than its error: the condition is NaN then, and so is
what hangs on it. |a − b| is computed within u of itself, and ka |a| + kb |b|, the bounds enlarged
by 2⁻⁴⁸, is no less than it is exactly; neither underflows to what is wrong, for a difference of
float64 is exact there, and no bound below 2⁻⁶⁰ but 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.float_balls.elementary import inline
from symdiff.float_balls.fma import fma
from symdiff.float_blocks.bounds import jit

_MORE = 1 + 2.0**-48


@inline
def _apart(a: Any, b: Any, ka: Any, kb: Any) -> Any:
    """Whether a and b are known to differ, and so which is larger."""
    return abs(a - b) > fma(ka, abs(a), kb * abs(b))


@jit
def greater(
    v: Any, _w: Any, a: Any, b: Any, _c: Any, _d: Any, ka: Any, kb: Any, _kc: Any, _kd: Any
) -> Any:
    """Whether a > b."""
    ka, kb = ka * _MORE, kb * _MORE
    for i in range(len(v)):
        x, y = a[i], b[i]
        told = 1.0 if x > y else 0.0
        v[i] = told if _apart(x, y, ka, kb) else np.nan
    return 0.0


@jit
def equal(
    v: Any, _w: Any, a: Any, b: Any, _c: Any, _d: Any, ka: Any, kb: Any, _kc: Any, _kd: Any
) -> Any:
    """Whether a = b: never known to be."""
    ka, kb = ka * _MORE, kb * _MORE
    for i in range(len(v)):
        v[i] = 0.0 if _apart(a[i], b[i], ka, kb) else np.nan
    return 0.0


@jit
def step(
    v: Any, _w: Any, a: Any, b: Any, _c: Any, _d: Any, ka: Any, kb: Any, _kc: Any, _kd: Any
) -> Any:
    """The step function: b below 0, 1 above."""
    for i in range(len(v)):
        x, below = a[i], b[i]
        value = 1.0 if x > 0.0 else below
        v[i] = value if abs(x) > 0.0 else np.nan
    return kb if ka < np.inf else np.inf


@jit
def contrary(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """Whether a does not hold."""
    for i in range(len(v)):
        v[i] = 1.0 - a[i]
    return ka


@jit
def both(
    v: Any, _w: Any, a: Any, b: Any, _c: Any, _d: Any, ka: Any, kb: Any, _kc: Any, _kd: Any
) -> Any:
    """Whether both hold: one that fails decides it."""
    for i in range(len(v)):
        x, y = a[i], b[i]
        v[i] = 0.0 if (x == 0.0) | (y == 0.0) else x * y
    return max(ka, kb)


@jit
def both_greater(
    v: Any, _w: Any, a: Any, b: Any, c: Any, d: Any, ka: Any, kb: Any, kc: Any, kd: Any
) -> Any:
    """Whether a > b and c > d."""
    if max(ka, kb, kc, kd) == 0.0:
        for i in range(len(v)):
            x, y, p, q = a[i], b[i], c[i], d[i]
            one = 1.0 if p > q else np.nan
            both = one if x > y else np.nan
            v[i] = 0.0 if (x < y) | (p < q) else both
    else:
        ka, kb, kc, kd = ka * _MORE, kb * _MORE, kc * _MORE, kd * _MORE
        for i in range(len(v)):
            x, y, p, q = a[i], b[i], c[i], d[i]
            one, other = _apart(x, y, ka, kb), _apart(p, q, kc, kd)
            fails = (one & (x < y)) | (other & (p < q))
            told = 1.0 if one & other else np.nan
            v[i] = 0.0 if fails else told
    return 0.0


@jit
def chosen(
    v: Any, _w: Any, a: Any, b: Any, c: Any, _d: Any, ka: Any, kb: Any, kc: Any, _kd: Any
) -> Any:
    """b where a holds, else c."""
    for i in range(len(v)):
        holds, x, y = a[i], b[i], c[i]  # read on either way, to be a loop of vectors
        one = x if holds != 0.0 else y
        v[i] = np.nan if np.isnan(holds) else one
    return max(kb, kc) if ka == 0.0 else np.inf


@jit
def greater_chosen(
    v: Any, _w: Any, a: Any, b: Any, c: Any, d: Any, ka: Any, kb: Any, kc: Any, kd: Any
) -> Any:
    """c where a > b, else d."""
    if ka == 0.0 and kb == 0.0:
        for i in range(len(v)):
            x, y, p, q = a[i], b[i], c[i], d[i]
            other = q if x < y else np.nan
            v[i] = p if x > y else other
    else:
        ka, kb = ka * _MORE, kb * _MORE
        for i in range(len(v)):
            x, y, p, q = a[i], b[i], c[i], d[i]
            one = p if x > y else q
            v[i] = one if _apart(x, y, ka, kb) else np.nan
    return max(kc, kd)
