"""Compute with pairs of float64 and bounds, each rounding measured: what operations are made of.

A triple (h, l, e) stands for a truth T with |T − (h + l)| ≤ e. Nothing is asked of the size of l
beside h; each result is rounded anew, so that h = fl(h + l) there.

`two_sum` is an identity for all float64 whose sum does not overflow, subnormal ones too (Knuth;
Handbook, 2nd ed., §4.3.2). `two_product` is one where the residual is a float64, which it is if the
product is 0 by a factor or at least 2⁻⁹⁰⁰: the last bit of the exact product is then 2⁻¹⁰⁰⁶ or
more. Below, it is off by at most 2⁻¹⁰⁷⁵. What else rounds is followed by one of them, so that the
loss is known as a float64, with that same reserve.

Not counted here, and put on by `operations.wider`: the roundings of the bounds, which are sums and
products of positive terms, each within 2⁻⁵³ of itself; and underflow, at most 2⁻¹⁰⁷⁵ an operation,
in a midpoint or in a bound. What overflows is NaN or ∞ in h or in e, never a number in both: a sum
of ∞ has NaN for its loss.
"""

from __future__ import annotations

import math
from typing import Any

from symdiff.float_balls.elementary import inline
from symdiff.float_balls.fma import fma

LOST = 2.0**-1070  # more than the underflows of a few operations
NEAR = 2.0**-900  # from here on the residual of a product is a float64


@inline
def two_sum(a: Any, b: Any) -> Any:
    """s and t, a + b = s + t exactly, s = fl(a + b)."""
    s = a + b
    back = s - a
    return s, (a - (s - back)) + (b - back)


@inline
def two_product(a: Any, b: Any) -> Any:
    """p and q, a·b = p + q exactly, p = fl(a·b)."""
    p = a * b
    return p, fma(a, b, -p)


@inline
def plus(a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> Any:
    """A + B, by AccurateDWPlusDW with a TwoSum at each step.

    a + b + la + lb = s + t + x + y = s + (c + r₁) + y = (h + d) + r₁ + y = h + (w + r₂) + r₁, and
    all of it exactly; left out are r₁ and r₂.
    """
    s, t = two_sum(a, b)
    x, y = two_sum(la, lb)
    c, r1 = two_sum(t, x)
    h, d = two_sum(s, c)
    w, r2 = two_sum(y, d)
    h, l = two_sum(h, w)
    return h, l, ea + eb + (abs(r1) + abs(r2))


@inline
def times(a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> Any:
    """A·B, by DWTimesDW with each product's residual measured.

    (a + la)(b + lb) = (p + q) + (x + r₁) + (y + r₂) + la lb; x + y = c + r₃ and q + c = d + r₄;
    left out are r₁ … r₄ and la lb. With the low parts, |AB − ab| ≤ |a| eb + (|b| + eb) ea.
    """
    p, q = two_product(a, b)
    x, r1 = two_product(a, lb)
    y, r2 = two_product(la, b)
    c, r3 = two_sum(x, y)
    d, r4 = two_sum(q, c)
    h, l = two_sum(p, d)
    e = (abs(a) + abs(la)) * eb + (abs(b) + abs(lb) + eb) * ea
    return h, l, e + (abs(r1) + abs(r2) + abs(r3) + abs(r4) + abs(la * lb))


@inline
def told(a: Any, b: Any) -> Any:
    """Whether the residual of a·b is exact."""
    return (abs(a * b) >= NEAR) | (a == 0.0) | (b == 0.0)


@inline
def over(a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> Any:
    """A/B for |b| > |lb| + eb: a quotient, the remainder's quotient, and what that leaves.

    With q = fl(a/b), a + la − q(b + lb) = r + r₁ + … + r₅, each r from a TwoSum or a product's
    residual; s = fl(r/b), and r − s b is known by an fma within a rounding, or `LOST`. So

        A/B − (q + s) = (A − (q + s)B)/B,
        |A − (q + s)B| ≤ Σ|rᵢ| + |r − s b| + |s lb| + ea + |q + s| eb,   |B| ≥ |b| − |lb| − eb.

    Of the divisor 2⁻⁵⁰ of each part is taken off for its roundings; if nothing is left the bound is
    ∞. The bound is 0 where all of this is, and no residual may have been lost, and nowhere else.
    """
    q = a / b
    p, z = two_product(q, b)
    x, r1 = two_product(q, lb)
    d, t = two_sum(a, -p)
    f, r2 = two_sum(t, -z)
    g, r3 = two_sum(la, -x)
    m, r4 = two_sum(f, g)
    r, r5 = two_sum(d, m)
    s = r / b
    rest = fma(-s, b, r)
    h, l = two_sum(q, s)
    lost = abs(r1) + abs(r2) + abs(r3) + abs(r4) + abs(r5) + abs(rest) + abs(s * lb)
    least = abs(b) * (1 - 2.0**-50) - (abs(lb) + eb) * (1 + 2.0**-50)
    error = (lost + ea + (abs(h) + abs(l)) * eb + LOST) / max(0.0, least)
    kept = (abs(p) >= NEAR) & told(q, lb) & ((s == 0.0) | (lb == 0.0) & (abs(r) >= NEAR))
    exact = (lost == 0.0) & (ea == 0.0) & (eb == 0.0) & (least > 0.0) & kept
    return h, l, (0.0 if exact else error + LOST)


@inline
def root(a: Any, la: Any, ea: Any) -> Any:
    """√A for A ≥ 0, a ≥ 2⁻¹⁰⁰⁰: a root, and what one step of Newton's adds.

    With s = fl(√a), a + la − s² = r + r₁ + r₂ + r₃, t = fl(r/2s) and v = s + t, A − v² is
    Σrᵢ + (r − 2st) − t² and what A is off by, and √A − v = (A − v²)/(√A + v) with √A ≥ 0.
    """
    s = math.sqrt(a)
    p, z = two_product(s, s)
    d, x = two_sum(a, -p)
    f, r1 = two_sum(x, -z)
    m, r2 = two_sum(f, la)
    r, r3 = two_sum(d, m)
    t = r / (2.0 * s)
    rest = fma(-2.0 * s, t, r)
    h, l = two_sum(s, t)
    lost = abs(r1) + abs(r2) + abs(r3) + abs(rest) + t * t
    least = h * (1 - 2.0**-50) - abs(l) * (1 + 2.0**-50)
    error = (lost + ea + LOST) / max(0.0, least)
    exact = (lost == 0.0) & (t == 0.0) & (ea == 0.0) & (a >= NEAR)
    return h, l, (0.0 if exact else error + LOST)
