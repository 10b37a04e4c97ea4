"""Operate on single balls of two float64 and a radius, that holds whatever the operands hold.

A ball (h, l, e) says that the truth exists and |truth − (h + l)| ≤ e, exactly read, h = fl(h + l).
(NaN, 0, ∞) says nothing, not even that there is a truth. (±∞, 0, 0) is that infinity, such as a
mask puts in: it is added, compared and taken to e^x, and nothing else.

A radius comes from `pairs`, where every rounding of a midpoint is measured. It is computed by at
most 2¹⁰ roundings of positive terms, one after the other, functions included, whose factor
(1 + 2⁻⁵³)^1024 < 1 + 2⁻⁴² `SLACK` covers. What underflowed is at most 2⁻¹⁰⁷⁰ times at most 2⁴⁰ that
it is multiplied with later on in the same operation: `TINY`. `wider` puts both on. A result beyond
2¹⁰²⁰ is given up, so nothing overflows unseen.

What is exact stays exact, with radius 0, where no rounding lost anything and no residual was too
small to tell.

As for float balls nothing branches but by choosing between what is computed.

Source: as `pairs`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.double_doubles.pairs import over, plus, root, times, told
from symdiff.float_balls.elementary import inline

SLACK, TINY = 1 + 2.0**-40, 2.0**-1000
LARGE = 2.0**1020


@inline
def wider(h: Any, l: Any, e: Any) -> Any:
    """The ball widened by what computing its radius may have lost."""
    e = e * SLACK + TINY
    known = (abs(h) <= LARGE) & (e <= LARGE)
    return (h if known else np.nan), (l if known else 0.0), (e if known else np.inf)


@inline
def _infinite_or(a: Any, ea: Any, b: Any, eb: Any, h: Any, l: Any, e: Any) -> Any:
    """The sum, where an infinity is added to a number, to which it is equal then."""
    first = (abs(a) == np.inf) & (ea == 0.0) & (abs(b) <= LARGE) & (eb <= LARGE)
    second = (abs(b) == np.inf) & (eb == 0.0) & (abs(a) <= LARGE) & (ea <= LARGE)
    h = a if first else (b if second else h)
    either_ = first | second
    return h, (0.0 if either_ else l), (0.0 if either_ else e)


@inline
def add(a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> Any:
    """a + b. A TwoSum is exact whatever its size, so that e = 0 says that the sum is."""
    h, l, e = plus(a, la, ea, b, lb, eb)
    exact = (e == 0.0) & (abs(h) <= LARGE)
    hw, lw, ew = wider(h, l, e)
    h, l, e = (h if exact else hw), (l if exact else lw), (0.0 if exact else ew)
    return _infinite_or(a, ea, b, eb, h, l, e)


@inline
def multiply(a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> Any:
    """a·b. A factor that is exactly 0 makes 0.

    It is exact if nothing was lost, low times low included, and every residual could be told.
    """
    h, l, e = times(a, la, ea, b, lb, eb)
    kept = told(a, b) & told(a, lb) & told(la, b) & ((la == 0.0) | (lb == 0.0))
    exact = (e == 0.0) & (ea == 0.0) & (eb == 0.0) & (abs(h) <= LARGE) & kept
    hw, lw, ew = wider(h, l, e)
    h, l, e = (h if exact else hw), (l if exact else lw), (0.0 if exact else ew)
    first = (a == 0.0) & (la == 0.0) & (ea == 0.0) & (eb <= LARGE) & (abs(b) <= LARGE)
    second = (b == 0.0) & (lb == 0.0) & (eb == 0.0) & (ea <= LARGE) & (abs(a) <= LARGE)
    zero = first | second
    return (0.0 if zero else h), (0.0 if zero else l), (0.0 if zero else e)


@inline
def divide(a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> Any:
    """a/b. What may divide by 0 says nothing."""
    divides = (abs(b) * (1 - 2.0**-50) > (abs(lb) + eb) * (1 + 2.0**-50)) & (abs(b) <= LARGE)
    h, l, e = over(
        a, la, ea, (b if divides else 1.0), (lb if divides else 0.0), (eb if divides else 0.0)
    )
    exact = (e == 0.0) & (abs(h) <= LARGE)
    hw, lw, ew = wider(h, l, e)
    h, l, e = (h if exact else hw), (l if exact else lw), (0.0 if exact else ew)
    zero = (a == 0.0) & (la == 0.0) & (ea == 0.0)
    h, l, e = (0.0 if zero else h), (0.0 if zero else l), (0.0 if zero else e)
    return (h if divides else np.nan), (l if divides else 0.0), (e if divides else np.inf)


@inline
def square_root(a: Any, la: Any, ea: Any) -> Any:
    """√a, of what is not negative for certain."""
    known = (a * (1 - 2.0**-50) >= (abs(la) + ea) * (1 + 2.0**-50)) & (a >= TINY) & (a <= LARGE)
    h, l, e = root((a if known else 1.0), (la if known else 0.0), (ea if known else 0.0))
    hw, lw, ew = wider(h, l, e)
    exact = e == 0.0
    h, l, e = (h if exact else hw), (l if exact else lw), (0.0 if exact else ew)
    h, l, e = (h if known else np.nan), (l if known else 0.0), (e if known else np.inf)
    zero = (a == 0.0) & (la == 0.0) & (ea == 0.0)
    return (0.0 if zero else h), (0.0 if zero else l), (0.0 if zero else e)


@inline
def absolute(a: Any, la: Any, ea: Any) -> Any:
    """|a|: ||A| − |a|| ≤ |A − a|; the leading part has the sign, as a = fl(a + la)."""
    negative = a < 0.0
    return (-a if negative else abs(a)), (-la if negative else la), ea


@inline
def _apart(a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> Any:
    """The leading part of a − b, and a bound of what else A − B may be, but for its rounding."""
    h, l, e = plus(a, la, ea, -b, -lb, eb)
    return h, abs(l) + e


@inline
def order(a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> Any:
    """(−1, 0, 1 or NaN): whether A < B, A = B or A > B for certain, and whether both exist.

    A − B is h within d, whose rounding `SLACK` covers. Of two exact ones with the same low part the
    high parts decide. What is equal otherwise than part by part stays open.
    """
    exist = (ea < np.inf) & (eb < np.inf)
    h, d = _apart(a, la, ea, b, lb, eb)
    apart = abs(h) > d * SLACK + TINY
    infinite = ((abs(a) == np.inf) | (abs(b) == np.inf)) & (a != b)
    alike = (a == b) & (la == lb) & (ea == 0.0) & (eb == 0.0)
    both = (ea == 0.0) & (eb == 0.0) & (la == lb)
    below = a < b if (infinite | both) else h < 0.0
    sign = 0.0 if alike else (-1.0 if below else 1.0)
    return (sign if exist & (alike | apart | infinite | both) else np.nan), exist


@inline
def either(a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> Any:
    """The ball of a value that is one or the other: |truth − a| ≤ max(ea, |a − b| + eb)."""
    known = (abs(a) <= LARGE) & (abs(b) <= LARGE) & (ea <= LARGE) & (eb <= LARGE)
    h, d = _apart(a, la, 0.0, b, lb, eb)
    h, l, e = wider(a, la, max(ea, abs(h) + d))
    return (h if known else np.nan), (l if known else 0.0), (e if known else np.inf)


@inline
def _extreme(sign: Any, a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> Any:
    """A where the sign is 1 or 0, B where it is −1, one of the two where it is open."""
    h, l, e = either(a, la, ea, b, lb, eb)
    first, second = sign >= 0.0, sign < 0.0
    h = a if first else (b if second else h)
    l = la if first else (lb if second else l)
    return h, l, (ea if first else (eb if second else e))


@inline
def maximum(a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> Any:
    """max(A, B)."""
    sign, exist = order(a, la, ea, b, lb, eb)
    h, l, e = _extreme(sign, a, la, ea, b, lb, eb)
    return (h if exist else np.nan), (l if exist else 0.0), (e if exist else np.inf)


@inline
def minimum(a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> Any:
    """min(A, B)."""
    sign, exist = order(a, la, ea, b, lb, eb)
    h, l, e = _extreme(-sign, a, la, ea, b, lb, eb)
    return (h if exist else np.nan), (l if exist else 0.0), (e if exist else np.inf)


@inline
def step(a: Any, la: Any, ea: Any, below: Any, at_zero: Any) -> Any:
    """The step function: `below` for a < 0, `at_zero` at 0, 1 for a > 0; open if undecided."""
    told_ = abs(a) * (1 - 2.0**-50) > (abs(la) + ea) * (1 + 2.0**-50)
    zero = (a == 0.0) & (la == 0.0) & (ea == 0.0)
    v = (1.0 if a > 0.0 else below) if told_ else (at_zero if zero else np.nan)
    return v, 0.0, (0.0 if told_ | zero else np.inf)
