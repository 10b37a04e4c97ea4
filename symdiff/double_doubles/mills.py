"""Compute Φ by Mills' ratio M(y) = (1 − Φ(y))/φ(y) on [0, 38), by a Taylor polynomial a cell.

The cells, the recurrence of the coefficients and the bound of the remainder are those of
`symdiff.float_balls.mills`, with more terms and more bits:

    M(c + d) = Σ_{k≤16} m_k d^k + R,   |d| ≤ 2⁻⁵ (1 + 2⁻⁴⁰),   |R| ≤ |d|¹⁷ |M⁽¹⁷⁾(i/16 − 2⁻⁴⁰)|/17!,

since |M⁽¹⁷⁾| falls as y grows, and a y whose low part is negative lies before i/16 by 2⁻⁴⁷ at most.

m₀ … m₈ are pairs, and what they are off by is a column of the table, with R. The end of the sum,
t = m₉ + … + m₁₆ d⁷, goes by float64: Horner's rule with an fma is off by at most γ₈ of
Σ|m_k||d|^(k−9), and the coefficients' roundings and the leading part for d bring at most 9 u of
that sum more: 2⁻⁴⁸ of it, a column of the table, holds all (Higham, Accuracy and Stability of
Numerical Algorithms, 2nd ed. 2002, §5.1).

Source: as `symdiff.float_balls.mills`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from flint import arb, ctx

import symdiff.double_doubles as room
from symdiff.double_doubles.constants import ball_of
from symdiff.double_doubles.functions import phi
from symdiff.double_doubles.operations import wider
from symdiff.double_doubles.pairs import plus, times, two_sum
from symdiff.float_balls.elementary import inline
from symdiff.float_balls.fma import fma
from symdiff.float_balls.jit import compiled
from symdiff.float_balls.mills import CELLS, WIDTH, coefficients

PAIRS, DEGREE = 9, 16
BITS = 640  # the recurrence cancels some 2 log₂ c bits a step
_LOW, _TAIL, _TAIL_OFF, _OFF = PAIRS, 2 * PAIRS, PAIRS + DEGREE + 1, PAIRS + DEGREE + 2


def table() -> Any:
    """A cell a row: high parts, low parts, the tail's coefficients, its bound, the others' bound.

    Raises: ArithmeticError if a cell's polynomial is not within 2⁻¹⁰⁰ of M.
    """
    rows = np.empty((CELLS, _OFF + 1))
    with ctx.workprec(BITS):
        most = arb(2) ** -5 * (1 + arb(2) ** -40)
        for i in range(CELLS):
            m = coefficients((arb(i) + arb(0.5)) / WIDTH, DEGREE + 1)
            last = coefficients(arb(i) / WIDTH - arb(2) ** -40, DEGREE + 2)[-1]
            pairs = [ball_of(a) for a in m[:PAIRS]]
            ends = [float(a) for a in m[PAIRS:]]
            tail = sum((abs(a) * most**k for k, a in enumerate(m[PAIRS:])), arb(0)) * arb(2) ** -48
            off = sum(
                (arb(p[2]) * most**k for k, p in enumerate(pairs)), abs(last) * most ** (DEGREE + 1)
            )
            if not off + tail * most**PAIRS < m[0] * arb(2) ** -100:
                raise ArithmeticError(f"the cell {i} of Mills' ratio is not within its bound")
            bounds = [math.nextafter(float(b.abs_upper()), math.inf) for b in (tail, off)]
            rows[i] = [*(p[0] for p in pairs), *(p[1] for p in pairs), *ends, *bounds]
    return rows


_ROWS = table()
_FAR = 37.0  # beyond it φ, and so 1 − Φ, is below 2⁻⁹⁸⁷


@inline
def ratio(y: Any, ly: Any) -> Any:
    """M at a pair with 0 ≤ y ≤ 37."""
    i = np.int64(y * WIDTH)
    d, ld = two_sum(y, -(float(i) + 0.5) / WIDTH)
    d, ld, ed = plus(d, ld, 0.0, ly, 0.0, 0.0)
    t = fma(_ROWS[i, _TAIL + 7], d, _ROWS[i, _TAIL + 6])
    t = fma(t, d, _ROWS[i, _TAIL + 5])
    t = fma(t, d, _ROWS[i, _TAIL + 4])
    t = fma(t, d, _ROWS[i, _TAIL + 3])
    t = fma(t, d, _ROWS[i, _TAIL + 2])
    t = fma(t, d, _ROWS[i, _TAIL + 1])
    t = fma(t, d, _ROWS[i, _TAIL])
    h, l, e = times(d, ld, ed, t, 0.0, _ROWS[i, _TAIL_OFF])
    h, l, e = plus(h, l, e, _ROWS[i, 8], _ROWS[i, _LOW + 8], 0.0)
    h, l, e = times(d, ld, ed, h, l, e)
    h, l, e = plus(h, l, e, _ROWS[i, 7], _ROWS[i, _LOW + 7], 0.0)
    h, l, e = times(d, ld, ed, h, l, e)
    h, l, e = plus(h, l, e, _ROWS[i, 6], _ROWS[i, _LOW + 6], 0.0)
    h, l, e = times(d, ld, ed, h, l, e)
    h, l, e = plus(h, l, e, _ROWS[i, 5], _ROWS[i, _LOW + 5], 0.0)
    h, l, e = times(d, ld, ed, h, l, e)
    h, l, e = plus(h, l, e, _ROWS[i, 4], _ROWS[i, _LOW + 4], 0.0)
    h, l, e = times(d, ld, ed, h, l, e)
    h, l, e = plus(h, l, e, _ROWS[i, 3], _ROWS[i, _LOW + 3], 0.0)
    h, l, e = times(d, ld, ed, h, l, e)
    h, l, e = plus(h, l, e, _ROWS[i, 2], _ROWS[i, _LOW + 2], 0.0)
    h, l, e = times(d, ld, ed, h, l, e)
    h, l, e = plus(h, l, e, _ROWS[i, 1], _ROWS[i, _LOW + 1], 0.0)
    h, l, e = times(d, ld, ed, h, l, e)
    h, l, e = plus(h, l, e, _ROWS[i, 0], _ROWS[i, _LOW], 0.0)
    return h, l, e + _ROWS[i, _OFF]


@inline
def Phi(x: Any, lx: Any, ex: Any) -> Any:
    """Φ(x): φ(y) M(y) at y = −x, one less that at y = x.

    Its slope φ is at most 0.3990, and at most φ(x)(1 + 2|x| ex) for |x| ex ≤ ½. No cell is looked
    up that there is not, of a NaN neither.
    """
    near = abs(x) <= _FAR
    at, low = (x if near else 0.0), (lx if near else 0.0)
    below = at < 0.0
    y, ly = abs(at), (-low if below else low)
    m, lm, em = ratio(y, ly)
    d, ld, ed = phi(y, ly, 0.0)
    h, l, e = times(d, ld, ed, m, lm, em)
    b, lb, eb = plus(1.0, 0.0, 0.0, -h, -l, e)
    h, l, e = (h if below else b), (l if below else lb), (e if below else eb)
    slope = (d + ed) * (1 + 2 * y * ex) * (1 + 2.0**-40)
    slope = slope if (y * ex <= 0.5) & (slope <= 0.399) else 0.399
    h, l, e = wider(h, l, e + slope * ex)
    half = (x == 0.0) & (lx == 0.0) & (ex == 0.0)
    known = near & (ex <= 1.0)
    far = abs(x) - ex >= _FAR
    h = 0.5 if half else (h if known else np.nan)
    l = l if known & ~half & ~far else 0.0
    e = 0.0 if half else (e if known else np.inf)
    return ((0.0 if x < 0.0 else 1.0) if far else h), l, (2.0**-986 if far else e)


@compiled(made_of=(room,), nogil=True, boundscheck=False, error_model="numpy")
def loop(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    """Compute Φ of a register of balls."""
    for i in range(len(h)):
        h[i], l[i], e[i] = Phi(a[i], la[i], ea[i])
