"""Compute Φ by Mills' ratio M(y) = (1 − Φ(y))/φ(y) on [0, 38), by a Taylor polynomial a cell.

M(y) = ∫₀^∞ e^(−yt − t²/2) dt, so that (−1)ⁿ M⁽ⁿ⁾(y) = ∫ tⁿ e^(−yt − t²/2) dt is positive and falls
as y grows. A cell is [i/16, (i + 1)/16] with centre c, and on it

    M(c + d) = Σ_{k≤9} m_k d^k + R,   |d| ≤ 2⁻⁵,   |R| ≤ 2⁻⁵⁰ |M⁽¹⁰⁾(i/16)|/10!          (Lagrange)

M′ = y M − 1 gives m₁ = c m₀ − 1 and (k + 1) m_{k+1} = c m_k + m_{k−1}, evaluated in balls.

The error of the polynomial, relatively to M: its coefficients are rounded, u Σ|m_k| 2^−5k; Horner's
rule rounds by u times each partial value; both sums are below 1.1 u M(c), for |m_{k+1}| ≤ |m_k|
(which `table` checks, cell by cell); d is within u 2⁻⁵ in the first cell and exact in the others
(Sterbenz); M(c) ≤ 1.04 M(y). With |R| < 2⁻⁵⁸ M (checked too) less than 2.4 u.

Source: Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE
TC 66(8), 2017, for the balls; Baricz, "Mills' ratio: monotonicity patterns and functional
inequalities", J. Math. Anal. Appl. 340(2), 2008.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from flint import arb, ctx

from symdiff.float_balls.elementary import U, inline, phi
from symdiff.float_balls.fma import fma
from symdiff.float_balls.jit import compiled
from symdiff.float_balls.operations import wider

CELLS, WIDTH, DEGREE = 608, 16, 9
BITS = 256  # the recurrence cancels some 2 log₂ c bits a step


def coefficients(point: arb, count: int) -> list[arb]:
    """The Taylor coefficients M⁽ᵏ⁾/k! at a point, k < count."""
    first = (arb.pi() / 2).sqrt() * (point * point / 2).exp() * (point / arb(2).sqrt()).erfc()
    found = [first, point * first - 1]
    for k in range(1, count - 1):
        found.append((point * found[k] + found[k - 1]) / (k + 1))
    return found


def table() -> Any:
    """The Taylor coefficients, one cell a row.

    Raises: ArithmeticError if one does not hold its bound.
    """
    rows = np.empty((CELLS, DEGREE + 1))
    with ctx.workprec(BITS):
        for i in range(CELLS):
            m = coefficients((arb(i) + arb(0.5)) / WIDTH, DEGREE + 1)
            last = coefficients(arb(i) / WIDTH, DEGREE + 2)[-1]
            shrinking = all(abs(b) < abs(a) for a, b in pairwise(m))
            if not (shrinking and abs(last) < arb(2) ** -8 * m[0]):
                raise ArithmeticError(f"the cell {i} of Mills' ratio is not within its bound")
            if min(a.rel_accuracy_bits() for a in m) < 64:
                raise ArithmeticError(f"the cell {i} of Mills' ratio needs more bits")
            rows[i] = [float(a) for a in m]
    return rows


_ROWS = table()
_FAR = 37.0  # beyond it φ, and so 1 − Φ, is below 2⁻⁹⁸⁷
NORMAL_CDF = 18 * U


@inline
def normal_cdf(x: Any) -> Any:
    """Φ(x) for |x| ≤ 37, within `NORMAL_CDF` relatively, and φ(x), within `PHI`.

    φ(x) M(|x|) is within `PHI`, 3 u and a rounding, 13 u in all; beyond 0 it is taken from 1, where
    it is at most ½ of a result of at least ½, and the difference rounds by u.
    """
    y = abs(x)
    i = np.int64(y * WIDTH)
    d = y - (float(i) + 0.5) / WIDTH
    m = fma(_ROWS[i, 9], d, _ROWS[i, 8])
    m = fma(m, d, _ROWS[i, 7])
    m = fma(m, d, _ROWS[i, 6])
    m = fma(m, d, _ROWS[i, 5])
    m = fma(m, d, _ROWS[i, 4])
    m = fma(m, d, _ROWS[i, 3])
    m = fma(m, d, _ROWS[i, 2])
    m = fma(m, d, _ROWS[i, 1])
    m = fma(m, d, _ROWS[i, 0])
    density = phi(y)
    tail = density * m
    return (tail if x < 0 else 1.0 - tail), density


@inline
def Phi(x: Any, ex: Any) -> Any:
    """Φ(x): its slope φ is at most 0.3990, and at most φ(x)(1 + 2|x| ex) for |x| ex ≤ 1.

    All is computed and then chosen from, so that a loop becomes vectors; no cell is looked up that
    there is not, of a NaN neither.
    """
    size = abs(x)
    v, density = normal_cdf(x if size <= _FAR else 0.0)
    slope = density * (1 + 2 * size * ex) * (1 + 2.0**-40)
    if not (size * ex <= 0.5 and slope <= 0.399):
        slope = 0.399
    v, e = wider(v, v * NORMAL_CDF + slope * ex)
    if x == 0.0 and ex == 0.0:
        v, e = 0.5, 0.0
    if not (ex <= 1.0 and size <= _FAR):
        v, e = np.nan, np.inf
    if size - ex >= _FAR:
        v, e = (0.0 if x < 0 else 1.0), 2.0**-988
    return v, e


@compiled(nogil=True, boundscheck=False, error_model="numpy")
def loop(v: Any, e: Any, a: Any, ea: Any) -> None:
    """Compute Φ of a register of balls."""
    for i in range(len(v)):
        v[i], e[i] = Phi(a[i], ea[i])
