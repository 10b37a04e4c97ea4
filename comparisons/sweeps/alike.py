"""Sort neighbouring gradients of one unit and one bound on vector registers.

What decides is where an error lies between numbers that are found once, compared by bits: the bits
of floating numbers that are not negative are in the numbers' order, and an integer's minimum needs
no order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from symdiff.float_balls.fma import from_bits, to_bits

LEFT = 1  # the mark of a point that is neither correct nor faithful for sure
_HUGE = np.int64((1 << 63) - 1)
_FLAT = 2.0**-57  # what a polynomial may add to its constant, relatively, and be lost in rounding
_FAR_FROM_UNDERFLOW = 2.0**-900


class Between(NamedTuple):
    """The bits of errors that sort a gradient, where all are bounded alike and have one unit.

    CORRECT up to `correct`, FAITHFUL from `far` up to `under`, and else OTHER.
    """

    correct: np.int64  # −1 if none is
    far: np.int64
    under: np.int64


@numba.njit(error_model="numpy")
def between_of(bound: Any, unit: Any) -> Any:
    """The bits at which `_kind` changes its answer, found by halving.

    Each of its three comparisons holds up to some error and not beyond, or from some on: sums,
    products and quotients grow with their operands, and so they do rounded. The bits of floating
    numbers that are not negative are in the numbers' order.
    """
    slack = 1 + 2.0**-50
    doubt = bound * slack
    found = (np.int64(-1), np.int64(-1), np.int64(-1))
    step = np.int64(1) << np.int64(62)
    correct, near, under = found
    while step > 0:
        error = from_bits(np.uint64(correct + step))
        if (error + doubt) * slack <= 0.5 * unit:
            correct += step
        error = from_bits(np.uint64(under + step))
        if (error + doubt) * slack < unit:
            under += step
        error = from_bits(np.uint64(near + step))
        if error / slack - doubt <= 0.5 * unit:
            near += step
        step >>= np.int64(1)
    return Between(correct, near + np.int64(1), under)


@numba.njit(error_model="numpy")
def sizes(high: Any) -> Any:
    """The bits of the least and of the greatest |g|."""
    least, greatest = _HUGE, np.int64(0)
    for i in range(len(high)):
        size = np.int64(to_bits(abs(high[i])))
        least = min(least, size)
        greatest = max(greatest, size)
    return least, greatest


@numba.njit(error_model="numpy")
def sorted_alike(high: Any, computed: Any, between: Any, others: Any) -> Any:
    """How many are correct, how many faithful, the least |g| of these, and their largest errors.

    On vector registers, by integers alone, for which the order of a minimum does not matter. Sizes
    and errors, upwards and downwards, as bits, or −1 where there is none; `others` is set where
    one is neither.
    """
    correct = plain = 0
    least, up, down = _HUGE, np.int64(-1), np.int64(-1)
    for i in range(len(high)):
        g, g_hat = high[i], np.float64(computed[i])
        error = np.int64(to_bits(abs(g_hat - g)))
        right = error <= between.correct
        told = right | ((error >= between.far) & (error <= between.under))
        correct += 1 if right else 0
        plain += 1 if told else 0
        below = g_hat < g
        least = min(least, np.int64(to_bits(abs(g))) if told else _HUGE)
        up = max(up, error if told & (not below) else np.int64(-1))
        down = max(down, error if told & below else np.int64(-1))
        others[i] = 0 if told else LEFT
    return (correct, plain - correct), least, up, down


@numba.njit(error_model="numpy")
def is_flat(rows: Any, row: Any) -> Any:
    """Whether a row's polynomial is its constant at every point, rounded as `horner` rounds.

    With |u| ≤ ½ what is added to c₀ at last is at most ½ Σ |cₖ| 2^(1−k), and so with its five
    roundings, and those of this sum, below 2⁻⁵⁷ |c₀|: less than a quarter of the unit in the last
    place of c₀, which is at least 2⁻⁵³ |c₀|, so that the sum is rounded to c₀, were it a power of
    2. Near underflow a rounding is absolute: there only zeros are nothing. A NaN is not flat.
    """
    size = 0.0
    for k in range(6, 0, -1):
        size = size / 2 + abs(rows[row, k])
    constant = abs(rows[row, 0])
    return size == 0 or (size <= _FLAT * constant and constant > _FAR_FROM_UNDERFLOW)


@numba.njit(error_model="numpy")
def all_equal(numbers: Any) -> Any:
    """Whether all numbers have the bits of the first."""
    different = np.uint32(0)
    for i in range(len(numbers)):
        different |= numbers[i] ^ numbers[0]
    return different == 0


@numba.njit(error_model="numpy")
def most_of(error: Any, bound: Any) -> Any:
    """The most that an error can be, as `_kind` has it; 0 if there is none."""
    if error < 0:
        return 0.0
    slack = 1 + 2.0**-50
    return (from_bits(np.uint64(error)) + bound * slack) * slack
