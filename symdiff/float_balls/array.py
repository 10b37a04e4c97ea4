"""Compute with arrays of float balls: summed, multiplied, added at places, compared.

γₙ = n u/(1 − n u), u = 2⁻⁵³: a sum of n products in any order, with or without fma, is off by at
most γₙ times the sum of their magnitudes (Higham, Accuracy and Stability of Numerical Algorithms,
2nd ed. 2002, §3.5). That holds for whatever the BLAS does, as long as it multiplies and adds: none
takes Strassen's way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from symdiff.array_types import Float64Array
from symdiff.float_balls.arithmetic import Arithmetic
from symdiff.float_balls.constants import SCALARS
from symdiff.float_balls.sums import rows

_UNIT = 2.0**-53
_SLACK = 1 + 2.0**-40  # for the roundings of a radius: each is below 2⁻⁵⁰ of it
_LARGE = 2.0**1000


class FloatBalls(NamedTuple):
    """Arrays of one shape: midpoints and radii. (NaN, ∞) says nothing; (±∞, 0) is an infinity."""

    value: Any
    radius: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of midpoints and radii."""
        return np.shape(self.value)

    @property
    def known(self) -> Any:
        """The mask of entries that hold a finite number."""
        return (self.radius < np.inf) & (np.abs(self.value) < np.inf)

    def each(self, move: Callable[[Any], Any]) -> FloatBalls:
        """Apply a function that moves data to midpoints and to radii."""
        return FloatBalls(move(self.value), move(self.radius))


def exactly(values: Any) -> FloatBalls:
    """The balls of radius 0 around numbers; NaN is unknown."""
    values = np.asarray(values, dtype=np.float64)
    return FloatBalls(values, np.where(np.isnan(values), np.inf, 0.0))


def _settled(value: Any, radius: Any, unknown: Any) -> FloatBalls:
    """The balls, with nothing said where that is so, or where a number has grown too large."""
    with np.errstate(invalid="ignore"):
        lost = unknown | ~(np.abs(value) <= _LARGE) | ~(radius <= _LARGE)
    if lost.any():
        value, radius = np.where(lost, np.nan, value), np.where(lost, np.inf, radius)
    return FloatBalls(value, radius)


def _plain(balls: FloatBalls) -> tuple[Float64Array, Float64Array, Any]:
    """Values and radii with 0 where nothing is known, and where that is."""
    value, radius = balls
    unknown = ~(np.abs(value) <= _LARGE) | ~(radius <= _LARGE)
    if unknown.any():
        value, radius = np.where(unknown, 0.0, value), np.where(unknown, 0.0, radius)
    return value, radius, unknown


def _gamma(n: int) -> float:
    """The number γₙ, rounded up."""
    if n > 2**40:
        return math.inf
    return n * _UNIT * (1 + 2.0**-12)


def summed(balls: FloatBalls, axes: tuple[int, ...]) -> FloatBalls:
    """The sum over some axes."""
    if not axes:
        return balls
    kept = [i for i in range(len(balls.shape)) if i not in axes]
    shape = [balls.shape[i] for i in kept]
    width = math.prod(balls.shape[i] for i in axes)
    order = (*kept, *axes)
    value, radius = (
        np.ascontiguousarray(np.transpose(part, order)).reshape(math.prod(shape), width)
        for part in balls
    )
    total, spread = np.empty(len(value)), np.empty(len(value))
    rows(value, radius, total, spread)
    return FloatBalls(total.reshape(shape), spread.reshape(shape))


def matrix_product(a: FloatBalls, b: FloatBalls) -> FloatBalls:
    """The products of two stacks of matrices.

    With A = a ± α and B = b ± β, |AB − ab| ≤ |a| β + α (|b| + β). That is two products of matrices
    that are not negative, each within γₙ of itself, which is counted once more.

    a b is made of a₁ b₁ + (a₁ b₂ + a₂ b) with a = a₁ + a₂ and b = b₁ + b₂ exactly. Let 2^p be no
    less than any entry of a row of a, 2^q of a column of b, n the number of products, and
    t = ⌊(53 − ⌈log₂ n⌉)/2⌋. a₁ are multiples of 2^(p−t), b₁ of 2^(q−t), so that every sum of their
    products is a multiple of 2^(p+q−2t) and at most n 2^(p+q): a float64, and nothing is rounded.
    As |a₂| ≤ 2^(p−t−1) and |b₂| ≤ 2^(q−t−1), what is rounded is at most γₙ₊₂ n 2^(p+q−t), and u of
    the last sum.

    What underflows loses at most 2⁻¹⁰²² of a product, however the BLAS treats subnormal numbers,
    operands included: n 2⁻¹⁰¹⁸ (1 + max |a| + max α)(1 + max |b| + max β) covers all of them.

    Source: Ozaki, Ogita, Oishi, Rump, "Error-free transformations of matrix multiplication by using
    fast routines of matrix multiplication", Numerical Algorithms 59(1), 2012.
    """
    x, dx, lost_x = _plain(a)
    y, dy, lost_y = _plain(b)
    n = x.shape[-1]
    t = (53 - max(n - 1, 1).bit_length()) // 2
    x_high, x_low, x_size = _split(x, -1, t)
    y_high, y_low, y_size = _split(y, -2, t)
    value = np.matmul(x_high, y_high)
    value += np.matmul(x_high, y_low) + np.matmul(x_low, y)
    gamma = _gamma(n + 2)
    radius = np.matmul(np.abs(x), dy) if dy.any() else np.zeros(value.shape)
    if dx.any():
        radius += np.matmul(dx, np.abs(y) + dy)
    radius *= 1 + 2 * gamma
    radius += (x_size * (gamma * n * 2.0**-t)) * y_size
    radius += _UNIT * np.abs(value)
    most_x, most_y = (part.max(initial=0.0) for part in (x_size, y_size))
    most_x, most_y = most_x + dx.max(initial=0.0), most_y + dy.max(initial=0.0)
    tiny = n * 2.0**-1018 * (1 + most_x) * (1 + most_y)
    radius = radius * _SLACK + tiny
    unknown = lost_x.any(-1)[..., :, None] | lost_y.any(-2)[..., None, :]
    return _settled(value, radius, unknown)


def _split(
    x: Float64Array, axis: int, bits: int
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """x as a sum, the first multiples of 2^−bits of the largest along an axis; 2^p as above.

    s = 1.5·2^(p+52−t) has the last bit 2^(p−t), and s + x has it too, so (s + x) − s is x rounded
    to a multiple of that; the rest is a float64 (Rump, Ogita, Oishi 2008, §3).
    """
    exponent = np.frexp(np.abs(x).max(axis, initial=0.0, keepdims=True))[1]
    shift = np.ldexp(1.5, exponent + (52 - bits))
    high = (x + shift) - shift
    return high, x - high, np.ldexp(1.0, exponent)


def scattered(balls: FloatBalls, add: Callable[[Any], Any]) -> FloatBalls:
    """The entries added at their places, in the way that `add` adds.

    Σ radii and γₙ₋₁ Σ |values|, n how many share the place.
    """
    value, radius, unknown = _plain(balls)
    times = add(np.ones(value.shape))
    gamma = np.maximum(times - 1, 0) * (_UNIT * (1 + 2.0**-12))
    spread = (add(radius) + gamma * add(np.abs(value))) * ((1 + 4 * gamma) * _SLACK)
    lost = add(unknown.astype(np.float64)) > 0
    return _settled(add(value), spread, lost)


def flags_of_largest(balls: FloatBalls, axis: int, *, first: bool) -> FloatBalls:
    """The flags 1 at the largest along an axis, 0 elsewhere: of equals all, or the first.

    What is below another for certain is none. If one is left it is the largest; if several are,
    they have to be equal for certain, else it is open which.
    """
    value, radius = balls
    unknown = np.isnan(value) | ~(radius < np.inf)
    value, radius = np.where(unknown, 0.0, value), np.where(unknown, 0.0, radius)
    low, high = value - radius * (1 + 2.0**-50), value + radius * (1 + 2.0**-50)
    low, high = np.nextafter(low, -np.inf), np.nextafter(high, np.inf)
    exact = radius == 0
    low, high = np.where(exact, value, low), np.where(exact, value, high)
    candidate = high >= low.max(axis, keepdims=True)
    count = candidate.sum(axis, keepdims=True)
    alike = exact & (value == value.max(axis, keepdims=True))
    tied = (candidate == (candidate & alike)).all(axis, keepdims=True)
    flag = candidate.astype(np.float64)
    if first:
        flag = np.where(np.cumsum(candidate, axis) == 1, flag, 0.0)
    open_ = candidate & ~tied & (count > 1)
    return _settled(flag, np.zeros(flag.shape), open_ | unknown.any(axis, keepdims=True))


FLOAT = Arithmetic(
    SCALARS, FloatBalls, exactly, summed, matrix_product, scattered, flags_of_largest
)
