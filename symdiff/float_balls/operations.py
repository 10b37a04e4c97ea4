"""Operate on single float balls: a midpoint, and a radius that holds whatever the operands hold.

A ball (v, e) says that the truth exists and |truth − v| ≤ e, exactly read. (NaN, ∞) says nothing,
not even that there is a truth. (±∞, 0) is that infinity, such as a mask puts in: it is added,
compared and taken to e^x, and nothing else.

Every radius below is first written as a bound in exact arithmetic. It is computed by at most 2⁶
roundings of positive terms, which the factor `SLACK` = 1 + 2⁻⁴⁶ covers, and underflows of at most
2⁻¹⁰⁷⁴ each, also of the midpoint's products, which `TINY` = 2⁻¹⁰⁰⁰ covers: `wider` puts both on.
A result beyond 2¹⁰²⁰ is given up, so nothing overflows unseen.

What rounds is asked what it lost, where it can be told without a rounding: a sum by TwoSum, a
product, quotient and root by the residual that an fma gives. So what is exact stays exact, with
radius 0.

What is dear is computed first, at an argument that it can take, and then chosen or not: what is
computed, or looked up, on one way of a branch alone keeps a loop from becoming vectors. Of several
conditions the last that holds decides.

Source: Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed., chapter 4.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symdiff.float_balls import elementary as f
from symdiff.float_balls.elementary import inline
from symdiff.float_balls.fma import fma

SLACK, TINY, SMALLEST = 1 + 2.0**-46, 2.0**-1000, 2.0**-1074
LARGE = 2.0**1020
_NEAR = 2.0**-900  # from here on what a product loses is a float64
FAR = 700.0  # e^−700 < TINY


@inline
def wider(v: Any, e: Any) -> Any:
    """The ball widened by what computing its radius may have lost."""
    e = e * SLACK + TINY
    if abs(v) <= LARGE and e <= LARGE:
        return v, e
    return np.nan, np.inf


@inline
def add(a: Any, ea: Any, b: Any, eb: Any) -> Any:
    """a + b: |error| ≤ ea + eb + |what the sum lost|; TwoSum tells that exactly."""
    if abs(a) == np.inf or abs(b) == np.inf:
        if ea == 0 and eb <= LARGE and abs(b) <= LARGE:
            return a, 0.0
        if eb == 0 and ea <= LARGE and abs(a) <= LARGE:
            return b, 0.0
        return np.nan, np.inf
    s = a + b
    back = s - a
    e = ea + eb + abs((a - (s - back)) + (b - back))
    if e == 0.0 and abs(s) <= LARGE:
        return s, 0.0
    return wider(s, e)


@inline
def multiply(a: Any, ea: Any, b: Any, eb: Any) -> Any:
    """a·b: |AB − ab| ≤ |a| eb + (|b| + eb) ea, and what the product lost.

    That is a float64, and the fma exact, where |ab| ≥ 2⁻⁹⁰⁰: the last bit of a·b is then 2⁻¹⁰⁰⁶ or
    more. Below, the product loses at most 2⁻⁹⁵³, and the fma says how much within 2⁻¹⁰⁷⁴. A factor
    that is exactly 0 makes 0.
    """
    if (a == 0.0 and ea == 0.0 and eb <= LARGE and abs(b) <= LARGE) or (
        b == 0.0 and eb == 0.0 and ea <= LARGE and abs(a) <= LARGE
    ):
        return 0.0, 0.0
    p = a * b
    lost = abs(fma(a, b, -p))
    if ea == 0.0 and eb == 0.0 and lost == 0.0 and _NEAR <= abs(p) <= LARGE:
        return p, 0.0
    return wider(p, abs(a) * eb + (abs(b) + eb) * ea + lost)


@inline
def divide(a: Any, ea: Any, b: Any, eb: Any) -> Any:
    """a/b: A/B − q = ((a − q b) + (A − a) − q (B − b))/B, so ≤ (|a − qb| + ea + |q| eb)/(|b| − eb).

    The fma gives a − q b within a rounding, which `SLACK` covers, or `SMALLEST`, whatever q lost.
    It is exact where |a| and |q| are 2⁻⁹⁰⁰ or more. What may divide by 0 says nothing.
    """
    least = abs(b) - eb
    divides = (least > 0) & (abs(b) <= LARGE)
    q = a / (b if divides else 1.0)
    lost = abs(fma(-q, b, a))
    exact = (ea == 0.0) & (eb == 0.0)
    error = (lost + ea + abs(q) * eb + SMALLEST) / ((least if divides else 1.0) * (1 - 2.0**-50))
    v, e = wider(q, error)
    if exact & (lost == 0.0) & (abs(q) >= _NEAR) & (abs(q) <= LARGE) & (abs(a) >= _NEAR):
        v, e = q, 0.0
    if (a == 0.0) & (ea == 0.0):
        v, e = 0.0, 0.0
    return (v, e) if divides else (np.nan, np.inf)


@inline
def square_root(a: Any, ea: Any) -> Any:
    """√a: √A − v = (A − v²)/(√A + v), so ≤ (|a − v²| + ea)/v. The fma as in `divide`."""
    known = (a - ea >= 0) & (a >= 2.0**-1000) & (a <= LARGE)
    root = math.sqrt(a if known else 1.0)
    lost = abs(fma(-root, root, a))
    v, e = wider(root, (lost + ea + SMALLEST) / (root * (1 - 2.0**-50)))
    if (ea == 0.0) & (lost == 0.0) & (a >= _NEAR):
        v, e = root, 0.0
    if not known:
        v, e = np.nan, np.inf
    if (a == 0.0) & (ea == 0.0):
        v, e = 0.0, 0.0
    return v, e


@inline
def exp(x: Any, ex: Any) -> Any:
    """e^x: |e^t − e^x| ≤ e^x (e^ex − 1) ≤ e^x ex (1 + ex) for ex ≤ 1, and `EXP` of e^x.

    e^x ≤ v (1 + 2 EXP), which `SLACK` covers, here and wherever a bound goes by v below. What lies
    below −700 is 0 within `TINY`.
    """
    v = f.exp(x if abs(x) <= FAR + 1 else 0.0)
    v, e = wider(v, v * (f.EXP + ex * (1 + ex)))
    if (x == 0.0) & (ex == 0.0):
        v, e = 1.0, 0.0
    if not ((ex <= 1.0) & (x + ex <= FAR)):
        v, e = np.nan, np.inf
    if x + ex <= -FAR:
        v, e = 0.0, TINY
    if (x == -np.inf) & (ex == 0.0):
        v, e = 0.0, 0.0
    return v, e


@inline
def expm1(x: Any, ex: Any) -> Any:
    """e^x − 1: as e^x, which is v + 1, rounded."""
    v = f.expm1(x if abs(x) <= FAR + 1 else 0.0)
    v, e = wider(v, abs(v) * f.EXPM1 + (v + 1 + 2.0**-40) * ex * (1 + ex))
    if (x == 0.0) & (ex == 0.0):
        v, e = 0.0, 0.0
    if not ((ex <= 1.0) & (x + ex <= FAR)):
        v, e = np.nan, np.inf
    if x + ex <= -FAR:
        v, e = -1.0, TINY
    return v, e


@inline
def log(x: Any, ex: Any) -> Any:
    """log x: its slope is at most 1/(x − ex)."""
    least = x - ex
    known = (least > 0) & (x >= 2.0**-1000) & (x <= LARGE)
    v = f.log(x if known else 1.0)
    v, e = wider(v, abs(v) * f.LOG + ex / ((least if known else 1.0) * (1 - 2.0**-50)))
    if (x == 1.0) & (ex == 0.0):
        v, e = 0.0, 0.0
    return (v, e) if known else (np.nan, np.inf)


@inline
def log1p(x: Any, ex: Any) -> Any:
    """The logarithm of 1 + x: its slope is at most 1/(1 + x − ex); 1 + x rounds by 2⁻⁵³."""
    least = (1 + x) - ex
    known = (least > 2.0**-40 * (1 + x)) & (x <= LARGE)
    v = f.log1p(x if known else 0.0)
    v, e = wider(v, abs(v) * f.LOG1P + ex / ((least if known else 1.0) * (1 - 2.0**-11)))
    if (x == 0.0) & (ex == 0.0):
        v, e = 0.0, 0.0
    return (v, e) if known else (np.nan, np.inf)


@inline
def sigmoid(x: Any, ex: Any) -> Any:
    """σ(x): σ′ ≤ ¼, and σ′ ≤ σ, so that σ(t) ≤ σ(x) e^ex ≤ σ(x)(1 + 2 ex) for ex ≤ 1."""
    return sigmoid_by(f.exp(-abs(x) if abs(x) <= FAR else 0.0), x, ex)


@inline
def sigmoid_by(t: Any, x: Any, ex: Any) -> Any:
    """σ(x), where t = e^−|x| is computed already, within `EXP`, if |x| is up to 700."""
    near = abs(x) <= FAR
    s = (1.0 if x >= 0 else t) / (1.0 + t)  # as `elementary.sigmoid`
    s = s if near & (x != 0.0) else 0.5
    v, e = wider(s, s * f.SIGMOID + min(0.25, s * (1 + 2 * ex)) * ex)
    if (x == 0.0) & (ex == 0.0):
        v, e = 0.5, 0.0
    if not ((ex <= 1.0) & near):
        v, e = np.nan, np.inf
    if x - ex >= FAR:
        v, e = 1.0, TINY
    if x + ex <= -FAR:
        v, e = 0.0, TINY
    return v, e


@inline
def tanh(x: Any, ex: Any) -> Any:
    """tanh x: its slope is at most 1; from 350 on it is 1 within e^−699."""
    near = abs(x) <= 352.0
    v = f.tanh(x if near else 0.0)
    v, e = wider(v, abs(v) * f.TANH + ex)
    if not ((ex <= 1.0) & near):
        v, e = np.nan, np.inf
    if abs(x) - ex >= 350.0:
        v, e = (1.0 if x > 0 else -1.0), 2.0**-998
    if (x == 0.0) & (ex == 0.0):
        v, e = 0.0, 0.0
    return v, e


@inline
def sech(x: Any, ex: Any) -> Any:
    """sech x: |sech′| = sech |tanh| ≤ sech, so that sech t ≤ sech x (1 + 2 ex) for ex ≤ 1."""
    near = abs(x) <= FAR + 1
    v = f.sech(x if near else 0.0)
    v, e = wider(v, v * (f.SECH + (1 + 2 * ex) * ex))
    if (x == 0.0) & (ex == 0.0):
        v, e = 1.0, 0.0
    if not ((ex <= 1.0) & near):
        v, e = np.nan, np.inf
    if abs(x) - ex >= FAR:
        v, e = 0.0, 2.0**-998
    return v, e


@inline
def softplus(x: Any, ex: Any) -> Any:
    """log(1 + e^x): its slope is σ ≤ 1, and σ(t) ≤ σ(x) e^ex ≤ v (1 + 2 ex) for ex ≤ 1.

    For σ = w/(1 + w) ≤ log(1 + w) with w = e^x. From 700 on it is x within e^−700.
    """
    s = f.softplus(x if abs(x) <= FAR + 1 else 0.0)
    v, e = wider(s, s * f.SOFTPLUS + min(1.0, s * (1 + 2 * ex)) * ex)
    if not ((ex <= 1.0) & (x <= FAR)):
        v, e = np.nan, np.inf
    far, e_far = wider(x, ex + 2.0**-990)
    if (x >= 690.0) & (ex <= 1.0):
        v, e = far, e_far
    if x + ex <= -FAR:
        v, e = 0.0, TINY
    return v, e


@inline
def phi(x: Any, ex: Any) -> Any:
    """φ(x): |φ′(t)| = |t| φ(t) ≤ 0.242, and φ(t) ≤ φ(x) e^(|x| ex) ≤ φ(x)(1 + 2|x| ex), |x| ex ≤ 1.

    From 37 on φ is below 2⁻⁹⁸⁸, and so is 1 − Φ.
    """
    size = abs(x)
    near = size <= 37.0
    density = f.phi(size if near else 0.0)
    density = density if near else 0.0
    slope = min(0.242, (size + ex) * density * (1 + 2 * size * ex))
    slope = slope if near & (size * ex <= 0.5) else 0.242
    v, e = wider(density, density * f.PHI + slope * ex + 2.0**-988)
    if not ((ex <= 1.0) & (size <= 38.0)):
        v, e = np.nan, np.inf
    if size - ex >= 37.0:
        v, e = 0.0, 2.0**-988
    return v, e


@inline
def sine(x: Any, ex: Any, quarters: Any) -> Any:
    """The sine of x + quarters π/2: its slope is at most 1. No reduction takes place below 0.7."""
    near = abs(x) <= f.FAR
    v = f.sin(x if near else 0.0, quarters)
    v, e = wider(v, abs(v) * f.SIN + (f.SIN_ABSOLUTE if abs(x) > 0.7 else 0.0) + ex)
    if (x == 0.0) & (ex == 0.0):
        v, e = (1.0 if quarters else 0.0), 0.0
    return (v, e) if near & (ex <= 1.0) else (np.nan, np.inf)


@inline
def arctangent(x: Any, ex: Any) -> Any:
    """The arc tangent: its slope within ex of x is at most 1/(1 + (|x| − ex)²)."""
    near = (abs(x) <= LARGE) & (ex <= LARGE)
    t = f.atan(x if near else 0.0)
    least = max(abs(x) - ex, 0.0)
    v, e = wider(t, abs(t) * f.ATAN + ex / (1.0 + least * least))
    if (x == 0.0) & (ex == 0.0):
        v, e = 0.0, 0.0
    return (v, e) if near else (np.nan, np.inf)


@inline
def absolute(a: Any, ea: Any) -> Any:
    """|a|: ||A| − |a|| ≤ |A − a|."""
    return abs(a), ea


@inline
def order(a: Any, ea: Any, b: Any, eb: Any) -> Any:
    """(−1, 0, 1 or NaN): whether A < B, A = B or A > B for certain, and whether both exist.

    |a − b| computed is within 2⁻⁵³ of itself, so what exceeds (ea + eb)(1 + 2⁻⁵⁰) exceeds ea + eb.
    """
    exist = (ea < np.inf) & (eb < np.inf)
    exact = (ea == 0.0) & (eb == 0.0)
    apart = (
        abs(a - b) > (ea + eb) * (1 + 2.0**-50) + TINY
    )  # of an infinity too, not of one and itself
    sign = 1.0 if a > b else -1.0 if a < b else 0.0
    return (sign if exist & (exact | apart) else np.nan), exist


@inline
def maximum(a: Any, ea: Any, b: Any, eb: Any) -> Any:
    """max(a, b): the one that is larger for certain, or it moves by the larger of the two moves."""
    sign, exist = order(a, ea, b, eb)
    v, e = max(a, b), max(ea, eb)
    e = ea if sign > 0 else eb if sign < 0 else e
    return (v if exist else np.nan), (e if exist else np.inf)


@inline
def minimum(a: Any, ea: Any, b: Any, eb: Any) -> Any:
    """min(a, b): the one that is smaller for certain, or it moves by the larger of the moves."""
    sign, exist = order(a, ea, b, eb)
    v, e = min(a, b), max(ea, eb)
    e = ea if sign < 0 else eb if sign > 0 else e
    return (v if exist else np.nan), (e if exist else np.inf)


@inline
def step(a: Any, ea: Any, below: Any, at_zero: Any) -> Any:
    """The step function: `below` for a < 0, `at_zero` at 0, 1 for a > 0; open if undecided."""
    if abs(a) > ea:
        return (1.0 if a > 0 else below), 0.0
    if a == 0.0 and ea == 0.0:
        return at_zero, 0.0
    return np.nan, np.inf


@inline
def either(a: Any, ea: Any, b: Any, eb: Any) -> Any:
    """The ball of a value that is one or the other: |truth − a| ≤ max(ea, |a − b| + eb)."""
    if not (abs(a) <= LARGE and abs(b) <= LARGE and ea < np.inf and eb < np.inf):
        return np.nan, np.inf
    return wider(a, max(ea, abs(a - b) + eb))
