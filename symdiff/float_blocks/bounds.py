"""Bound the relative errors of a block: its range, and how much a sum magnifies errors."""

from __future__ import annotations

from typing import Any

import numpy as np

import symdiff.float_blocks as room
from symdiff.float_balls.elementary import inline
from symdiff.float_balls.fma import from_bits, to_bits
from symdiff.float_balls.jit import compiled

jit = compiled(made_of=(room,), nogil=True, boundscheck=False, error_model="numpy")
_LEAST, _MOST = np.int64((1023 - 960) << 52), np.int64((1023 + 960) << 52)  # the bits of 2^±960
_FINITE = np.int64((2047 << 52) - 1)  # the bits of the largest number
_LARGEST = 2.0**-25
_SLACK = 1 + 2.0**-10
SCALE = 2.0**60  # of errors, so that they are no smaller than the numbers that have them
_ONE = np.uint64(1023 << 52)
_BEYOND = np.int64(40 << 52)


@inline
def told(k: Any) -> Any:
    """The K of a result whose errors add up to k, in first order; ∞ where that is not small."""
    return k * _SLACK if k <= _LARGEST else np.inf


@inline
def bits(x: Any) -> Any:
    """The bits of |x|."""
    return np.int64(to_bits(abs(x)))


@inline
def beyond(size: Any) -> Any:
    """A negative number if that of these bits is not from 2⁻⁹⁶⁰ to 2⁹⁶⁰; of many, joined by or."""
    return (size - _LEAST) | (_MOST - size)


@jit
def tamed(v: Any) -> None:
    """Make NaN of each entry that is neither 0 nor in the range."""
    for i in range(len(v)):
        x = v[i]
        v[i] = np.nan if (beyond(bits(x)) < 0) & (x != 0.0) else x


@jit
def is_plain(a: Any) -> Any:
    """Whether each entry is 0 or in the range."""
    joined = np.int64(0)
    for i in range(len(a)):
        joined |= beyond(bits(a[i]))
    if joined >= 0:
        return True
    joined = np.int64(0)
    for i in range(len(a)):
        x = a[i]
        joined |= beyond(bits(x if x != 0.0 else 1.0))
    return joined >= 0


@jit
def is_finite(a: Any) -> Any:
    """Whether no entry is NaN; none is infinite."""
    joined = np.int64(0)
    for i in range(len(a)):
        joined |= _FINITE - bits(a[i])  # negative beyond; a sum that overflows has no sign
    return joined >= 0


@inline
def excess(error: Any, size: Any) -> Any:
    """How far a number's bits, `SCALE` times an error, are above those of what it is the error of.

    With t = 2^e (1 + m) the bits of t are 2⁵² (e + m + 1023), and m ≤ log₂ (1 + m) ≤ m + 0.0861. So
    if those of t are D 2⁵² above those of s, t/s ≤ 2^(D + 0.0861). s is normal or 0. If t is not 0
    it is at least 2⁻⁹⁵⁴, so that of s = 0 D is above 68; and it is 0 of t = s = 0. A NaN has at
    most 1 above another, which says nothing, as it should.
    """
    return np.int64(to_bits(error)) - size


@inline
def magnified(most: Any) -> Any:
    """The largest ratio of error to value, of the largest excess, 0 or more.

    2^D ≤ (1 + D − ⌊D⌋) 2^⌊D⌋, whose bits are 2⁵² (D + 1023).
    """
    ratio = from_bits(np.uint64(most) + _ONE) * (1.07 / SCALE)
    return ratio if most < _BEYOND else np.inf


@inline
def bearable(k: Any) -> Any:
    """The excess from which on an entry is left, so that the others need not have its bound.

    Args: k, the larger bound of the operands, `SCALE` times. What is off by more than 2⁻³⁰ is of no
    use. If the operands are off by 2⁻⁴⁵ or more another sum may have magnified that, and one more
    will: then 32 times as much, or 2⁻³⁵. `magnified` of it is 1.07/2 times as much.
    """
    most = 2.0**-30 * SCALE
    if k > 2.0**-45 * SCALE:
        most = min(max(2.0**-35 * SCALE, 32.0 * k), most)
    return np.int64(to_bits(most * 0.5)) - np.int64(_ONE)


@jit
def moved(a: Any, far: Any, k: Any) -> Any:
    """How far entries up to `far` may be off: the largest of |a| times their bound."""
    if k == 0.0:
        return 0.0
    most = np.int64(0)
    for i in range(len(a)):
        most = max(most, bits(a[i]))
    return k * (from_bits(np.uint64(most)) if most <= bits(far) else far)
