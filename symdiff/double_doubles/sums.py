"""Sum balls of two float64, each rounding error kept twice.

TwoSum says exactly what an addition lost: s + q₁ + … = Σ high. The q and the low parts are summed
in the same way: q + c₁ + … = Σ q. The c are added up plainly, which is off by at most γₙ Σ|c|
(Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed. 2002, §4.2), and Σ|c| is kept
beside. So a sum is as good as one rounding to two float64, in any order, and one that is exact has
radius 0.

Source: Ogita, Rump, Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26(6), 2005: SumK
with K = 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import symdiff.double_doubles as room
from symdiff.double_doubles.operations import LARGE, wider
from symdiff.double_doubles.pairs import two_sum
from symdiff.float_balls.jit import compiled

_LANES = 8  # sums side by side, so that the processor need not wait for each
_jit = compiled(made_of=(room,), nogil=True, boundscheck=False, error_model="numpy")


@_jit
def rows(parts: Any, sums: Any) -> None:
    """The sum of each row of a matrix; NaN ± ∞ if one of its balls says nothing.

    A term brings two numbers to c, so that there are fewer than 4(n + lanes) additions to c, to
    Σ|c| and to the radii: γ of so many, which is counted twice, since Σ|c| is itself within γ.

    Args: parts, contiguous matrices: high, low and radius; sums, the same, where the sums go.
    """
    high, low, radius = parts
    height, width = high.shape
    gamma = 4 * (width + _LANES) * 2.0**-53 * (1 + 2.0**-12)
    s, q, c = np.empty(_LANES), np.empty(_LANES), np.empty(_LANES)
    size, e = np.empty(_LANES), np.empty(_LANES)
    for i in range(height):
        s[:], q[:], c[:], size[:], e[:] = 0.0, 0.0, 0.0, 0.0, 0.0
        whole = width - width % _LANES
        for start in range(0, whole, _LANES):
            for lane in range(_LANES):
                k = start + lane
                s[lane], lost = two_sum(s[lane], high[i, k])
                lost, one = two_sum(lost, low[i, k])
                q[lane], two = two_sum(q[lane], lost)
                c[lane] += one + two
                size[lane] += abs(one) + abs(two)
                e[lane] += radius[i, k]
        for k in range(whole, width + _LANES - 1):  # the rest, and the lanes into the first
            if k < width:
                x, y, more, small, r = high[i, k], low[i, k], 0.0, 0.0, radius[i, k]
            else:
                lane = k - width + 1
                x, y, more, small, r = s[lane], q[lane], c[lane], size[lane], e[lane]
            s[0], lost = two_sum(s[0], x)
            lost, one = two_sum(lost, y)
            q[0], two = two_sum(q[0], lost)
            c[0] += one + two + more
            size[0] += abs(one) + abs(two) + small
            e[0] += r
        h, t = two_sum(s[0], q[0])
        t, lost = two_sum(t, c[0])
        h, l = two_sum(h, t)
        bound = abs(lost) + 2 * gamma * size[0] + e[0] * (1 + 2 * gamma)
        if bound == 0.0 and abs(h) <= LARGE:
            sums[0][i], sums[1][i], sums[2][i] = h, l, 0.0
        else:
            sums[0][i], sums[1][i], sums[2][i] = wider(h, l, bound)


@_jit
def collect(total: Any, lost: Any, small: Any, size: Any, more: Any) -> None:
    """Add an array of exact numbers to running sums: total + lost + Σ small, Σ|small| beside."""
    for i in range(len(more)):
        total[i], q = two_sum(total[i], more[i])
        lost[i], c = two_sum(lost[i], q)
        small[i] += c
        size[i] += abs(c)


@_jit
def settle(parts: Any, small: Any, size: Any, radius: Any, gamma: Any) -> None:
    """Make the balls of running sums, in place of total and lost; `gamma` as in `rows`."""
    total, lost = parts
    for i in range(len(total)):
        h, t = two_sum(total[i], lost[i])
        t, left = two_sum(t, small[i])
        h, l = two_sum(h, t)
        bound = abs(left) + 2 * gamma * size[i] + radius[i]
        if not (bound == 0.0 and abs(h) <= LARGE):
            h, l, bound = wider(h, l, bound)
        total[i], lost[i], radius[i] = h, l, bound
