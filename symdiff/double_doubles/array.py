"""Compute with arrays of balls of two float64: summed, multiplied, added at places, compared."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from symdiff.array_types import Float64Array
from symdiff.double_doubles.constants import exact, named, pair_of
from symdiff.double_doubles.loops import LOOPS
from symdiff.double_doubles.slices import Slices, sliced
from symdiff.double_doubles.sums import collect, rows, settle
from symdiff.float_balls.arithmetic import Arithmetic, Scalars

_UNIT = 2.0**-53
_SLACK = 1 + 2.0**-40  # for the roundings of a radius: each is below 2⁻⁵⁰ of it
_LARGE = 2.0**1000
_BITS = 104  # of a product's slices
_GAMMA = 2.0**-46  # of a sum of at most 64 numbers
_SAFE = -1000  # a multiple of 2 to this is no subnormal number


class DoubleDoubles(NamedTuple):
    """Arrays of one shape: midpoints high + low, high = fl(high + low), and radii.

    (NaN, 0, ∞) says nothing; (±∞, 0, 0) is an infinity.
    """

    high: Any
    low: Any
    radius: Any

    @property
    def value(self) -> Any:
        """The midpoints rounded to float64."""
        return self.high

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of midpoints and radii."""
        return np.shape(self.high)

    @property
    def known(self) -> Any:
        """The mask of entries that hold a finite number."""
        return (self.radius < np.inf) & (np.abs(self.high) < np.inf)

    def each(self, move: Callable[[Any], Any]) -> DoubleDoubles:
        """Apply a function that moves data to every part."""
        return DoubleDoubles(move(self.high), move(self.low), move(self.radius))


def exactly(values: Any) -> DoubleDoubles:
    """The balls of radius 0 around float64 numbers; NaN is unknown."""
    values = np.asarray(values, dtype=np.float64)
    radius = np.where(np.isnan(values), np.inf, 0.0)
    return DoubleDoubles(values, np.zeros(values.shape), radius)


def _settled(balls: DoubleDoubles, unknown: Any) -> DoubleDoubles:
    """The balls, with nothing said where that is so, or where a number has grown too large."""
    high, low, radius = balls
    with np.errstate(invalid="ignore"):
        lost = unknown | ~(np.abs(high) <= _LARGE) | ~(radius <= _LARGE)
    if lost.any():
        high, low = np.where(lost, np.nan, high), np.where(lost, 0.0, low)
        radius = np.where(lost, np.inf, radius)
    return DoubleDoubles(high, low, radius)


def _plain(balls: DoubleDoubles) -> tuple[Float64Array, Float64Array, Float64Array, Any]:
    """The parts with 0 where nothing is known, and where that is."""
    high, low, radius = balls
    unknown = ~(np.abs(high) <= _LARGE) | ~(radius <= _LARGE)
    if unknown.any():
        high, low, radius = (np.where(unknown, 0.0, part) for part in balls)
    return high, low, radius, unknown


def summed(balls: DoubleDoubles, axes: tuple[int, ...]) -> DoubleDoubles:
    """The sum over some axes."""
    if not axes:
        return balls
    kept = [i for i in range(len(balls.shape)) if i not in axes]
    shape = [balls.shape[i] for i in kept]
    width, order = math.prod(balls.shape[i] for i in axes), (*kept, *axes)
    parts = tuple(
        np.ascontiguousarray(np.transpose(part, order)).reshape(math.prod(shape), width)
        for part in balls
    )
    sums = tuple(np.empty(math.prod(shape)) for _ in parts)
    rows(parts, sums)
    return DoubleDoubles(*(part.reshape(shape) for part in sums))


def matrix_product(a: DoubleDoubles, b: DoubleDoubles) -> DoubleDoubles:
    """The products of two stacks of matrices.

    With A = a ± α and B = b ± β, |AB − ab| ≤ |a| β + α (|b| + β). That is two products of matrices
    that are not negative, each within γₙ of itself, which is counted once more.

    a b is Σ aᵢ bⱼ over the slices, i + j ≤ K + 1, each an exact product of float64 matrices as
    `slices` has it, summed exactly but for what `collect` bounds. What is left out: of each aᵢ,
    times what is left of b after K + 1 − i slices, at most 2^(p − (i − 1) t) 2^(q − (K + 1 − i) t);
    and what is left of a after K, at most 2^(p − K t), times all of b. So it is at most
    (K + 1) n 2^(p + q − K t), and nothing where neither leaves anything and no pair is left out.

    What underflows loses at most 2⁻¹⁰²² of a product and of a sum, however the BLAS treats
    subnormal numbers, operands included: n 2⁻¹⁰¹² (1 + max |a| + max α)(1 + max |b| + max β) covers
    all of them, of up to 2⁵ products. There are none if all are multiples of 2⁻¹⁰⁰⁰.
    """
    x, x_low, dx, lost_x = _plain(a)
    y, y_low, dy, lost_y = _plain(b)
    n = x.shape[-1]
    bits = (53 - max(n - 1, 1).bit_length()) // 2
    count = -(-_BITS // bits)
    first, second = sliced(x, x_low, -1, bits, count), sliced(y, y_low, -2, bits, count)
    shape = (*np.broadcast_shapes(x.shape[:-2], y.shape[:-2]), x.shape[-2], y.shape[-1])
    running = tuple(np.zeros(math.prod(shape)) for _ in range(4))
    pairs = [(i, j) for i in range(len(first.each)) for j in range(len(second.each))]
    for i, j in sorted(pairs, key=sum):
        if i + j < count:
            collect(*running, np.matmul(first.each[i], second.each[j]).ravel())
    left_out = len(first.each) + len(second.each) > count + 1
    radius = _left_out(first, second, bits * count, every=left_out) * ((count + 1) * n)
    size_x, size_y = np.abs(x) + np.abs(x_low), np.abs(y) + np.abs(y_low)
    grows = 1 + (n + 8) * _UNIT * 4
    if dy.any():
        radius = radius + np.matmul(size_x, dy) * grows
    if dx.any():
        radius = radius + np.matmul(dx, size_y + dy) * grows
    if dx.any() or dy.any() or not _large(first, second, bits * (count + 1)):
        most_x = size_x.max(initial=0.0) + dx.max(initial=0.0)
        most_y = size_y.max(initial=0.0) + dy.max(initial=0.0)
        radius = radius + n * 2.0**-1012 * (1 + most_x) * (1 + most_y)
    total, lost, small, size = running
    spread = np.array(np.broadcast_to(radius * _SLACK, shape)).ravel()
    settle((total, lost), small, size, spread, _GAMMA)
    found = DoubleDoubles(*(part.reshape(shape) for part in (total, lost, spread)))
    return _settled(found, lost_x.any(-1)[..., :, None] | lost_y.any(-2)[..., None, :])


def _left_out(first: Slices, second: Slices, bits: int, *, every: bool) -> Any:
    """The number 2^(p + q − K t) for each row and column, 0 where nothing is left out."""
    some = np.ldexp(1.0, first.exponent + second.exponent - bits)
    return some if every else np.where((first.left > 0) | (second.left > 0), some, 0.0)


def _large(first: Slices, second: Slices, bits: int) -> bool:
    """Whether no slice, and no product of two, has bits of subnormal numbers."""
    least = [int(s.exponent.min(initial=0)) - bits for s in (first, second)]
    return min(*least, sum(least) + bits) > _SAFE


def scattered(balls: DoubleDoubles, add: Callable[[Any], Any]) -> DoubleDoubles:
    """The entries added at their places, in the way that `add` adds.

    Slices of all entries have exact sums, of up to n that share a place; what is left out of each
    is at most what is left of the array. An entry that is alone at its place stays as it is.
    """
    high, low, radius, unknown = _plain(balls)
    times = add(np.ones(high.shape))
    spread = add(radius) * ((1 + 4 * times * _UNIT) * _SLACK)
    lost = add(unknown.astype(np.float64)) > 0
    found = DoubleDoubles(add(high), add(low), add(radius))
    most = int(times.max(initial=0))
    if most > 1:
        parts = sliced(high, low, None, min(50, 53 - (most - 1).bit_length()), 4)
        running = tuple(np.zeros(times.size) for _ in range(4))
        for part in parts.each:
            collect(*running, np.ravel(add(part)))
        total, rest, small, size = running
        bound = np.ravel(spread + times * (parts.left.item() * _SLACK))
        settle((total, rest), small, size, bound, _GAMMA)
        several = (part.reshape(times.shape) for part in (total, rest, bound))
        found = DoubleDoubles(
            *(np.where(times > 1, new, old) for new, old in zip(several, found, strict=True))
        )
    return _settled(found, lost)


def flags_of_largest(balls: DoubleDoubles, axis: int, *, first: bool) -> DoubleDoubles:
    """The flags 1 at the largest along an axis, 0 elsewhere: of equals all, or the first.

    What is below another for certain is none, and it is asked of the entry whose midpoint is
    largest. If one is left it is the largest; if several are, they have to be equal part by part,
    and exact, else it is open which.

    With M that entry, M − x is (high parts' difference) + (low parts'), each rounded once: what is
    more than both radii and 2⁻⁵⁰ of either is positive for certain.
    """
    high, low, radius = balls
    unknown = np.isnan(high) | ~(radius < np.inf)
    high, low, radius = (np.where(unknown, 0.0, part) for part in balls)
    top = np.where(high == high.max(axis, keepdims=True), low, -np.inf)
    place = np.expand_dims(top.argmax(axis), axis)
    most, most_low, most_radius = (
        np.take_along_axis(part, place, axis) for part in (high, low, radius)
    )
    infinite = np.isinf(high) | np.isinf(most)
    with np.errstate(invalid="ignore"):
        apart, beside = most - high, most_low - low
        margin = (most_radius + radius) * (1 + 2.0**-50)
        margin = margin + (np.abs(apart) + np.abs(beside)) * 2.0**-50
        candidate = ~np.where(infinite, high < most, apart > margin - beside)
    count = candidate.sum(axis, keepdims=True)
    alike = (radius == 0) & (most_radius == 0) & (high == most) & (low == most_low)
    tied = (candidate == (candidate & alike)).all(axis, keepdims=True)
    flag = candidate.astype(np.float64)
    if first:
        flag = np.where(np.cumsum(candidate, axis) == 1, flag, 0.0)
    open_ = candidate & ~tied & (count > 1)
    zeros = np.zeros(flag.shape)
    return _settled(DoubleDoubles(flag, zeros, zeros), open_ | unknown.any(axis, keepdims=True))


SCALARS = Scalars(LOOPS, exact, pair_of, named)
DOUBLE_DOUBLE = Arithmetic(
    SCALARS, DoubleDoubles, exactly, summed, matrix_product, scattered, flags_of_largest
)
