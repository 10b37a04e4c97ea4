"""Turn balls into enclosures: flint's midpoint and radius into two float64 and a bound."""

from __future__ import annotations

from collections.abc import Sequence
from operator import sub

import numpy as np
from flint import arb

from symdiff.oracle.enclosures.enclosure import LARGEST, SMALLEST, Enclosure, Why

_EXACT = 2**62  # flint's accuracy in bits of an exact ball is above, of an unbounded one below −
_TINY = 2.0**-900  # below, a low part could be subnormal: bounded one by one


def enclosure_of(
    balls: Sequence[arb], *, relative: float = 2.0**-64, absolute: float = SMALLEST
) -> Enclosure:
    """Enclose balls, certified where the bound is at most relative·|value| or `absolute`.

    Args: balls, computed at the present working precision of at least 64 bits, which must be the
        one in force. Returns: one-dimensional arrays in the balls' order.
    """
    # With m the midpoint: high = m rounded to nearest, |m − high| ≤ 2⁻⁵³|m|. Then low is
    # m − high rounded to the working precision p ≥ 64 and to float64, so
    #     |m − high − low| ≤ (2⁻ᵖ + 2⁻⁵³)·2⁻⁵³|m| ≤ 2⁻¹⁰⁵|m|.
    # flint's accuracy a is the distance of the leading bits of m and the radius less one, so
    # the radius is below 2⁻ᵃ|m|. Together, with |m| ≤ |high|(1 + 2⁻⁵²):
    #     |truth − high − low| ≤ (2⁻ᵃ + 2⁻¹⁰⁵)(1 + 2⁻⁵²)|high|.
    count = len(balls)
    accuracy = np.fromiter(map(arb.rel_accuracy_bits, balls), np.float64, count)
    high = np.fromiter(map(float, balls), np.float64, count)
    low = np.fromiter(map(float, map(sub, balls, high.tolist())), np.float64, count)
    # Floating point adds four roundings of 2⁻⁵³ to this product, and 2⁻⁴⁰ covers them.
    with np.errstate(over="ignore", invalid="ignore"):
        radius = np.exp2(-np.clip(accuracy, -1000, 1000))
        bound = np.abs(high) * ((radius + 2.0**-105) * (1 + 2.0**-40))
    exact = accuracy > _EXACT
    bound[exact & (low == 0)] = 0  # the ball is one number, and that is `high`
    result = Enclosure(high, low, bound, np.zeros(len(balls), dtype=bool))
    plain = (np.abs(high) >= _TINY) & (np.abs(high) <= LARGEST) & (accuracy > 1)
    plain &= ~exact | (low == 0)
    zero = np.flatnonzero(high == 0)  # of what is hidden there are many
    plain[zero] = [balls[i].is_zero() for i in zero.tolist()]
    for i in np.flatnonzero(~plain).tolist():
        high[i], low[i], bound[i] = _enclose_one(balls[i])
    with np.errstate(invalid="ignore", over="ignore"):
        result.high[:], result.low[:] = high + 0.0, low + 0.0  # −0 becomes 0
        known = (bound <= relative * np.abs(high)) | (bound <= absolute)
    result.certified[:] = known & ~np.isnan(high)
    result.why[result.certified] = Why.CERTIFIED
    return result


def _enclose_one(ball: arb) -> tuple[float, float, float]:
    """One ball as (high, low, bound), whatever its magnitude and radius."""
    if not ball.is_finite():
        return np.nan, 0.0, np.inf
    high = float(ball.mid())
    if np.isinf(high):
        # Beyond the midpoint of the largest float64 and 2¹⁰²⁴ every number rounds to ∞.
        edge = arb(2) ** 1024 - arb(2) ** 970
        if abs(ball) >= edge:
            return high, 0.0, 0.0
        high = np.copysign(LARGEST, high)
    low = float((ball - high).mid())
    if not np.isfinite(low):
        return np.nan, 0.0, np.inf
    rest = ball - high - low  # every rounding of these two subtractions is in the ball's radius
    if rest.is_zero():
        return high, low, 0.0
    return high, low, float(np.nextafter(float(rest.abs_upper()), np.inf))
