"""Sum float balls, each rounding error kept.

TwoSum says exactly what an addition lost: s + q₁ + … = Σ x. The q are added up plainly, which is
off by at most γₙ Σ|q| (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed. 2002, §4.2),
and Σ|q| is kept beside. So a sum is as good as one rounding, in any order, and one that is exact,
as of whole numbers, has radius 0.

Source: Ogita, Rump, Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26(6), 2005.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.float_balls.jit import compiled
from symdiff.float_balls.operations import wider

_LANES = 8  # sums side by side, so that the processor need not wait for each
_jit = compiled(nogil=True, boundscheck=False, error_model="numpy")


@_jit
def rows(value: Any, radius: Any, total: Any, spread: Any) -> None:
    """The sum of each row of a matrix; NaN ± ∞ if one of its balls says nothing.

    Args: value and radius, contiguous matrices; total and spread, where the sums go.
    """
    height, width = value.shape
    gamma = (width + _LANES) * 2.0**-53 * (1 + 2.0**-12)
    s, q, size, e = np.empty(_LANES), np.empty(_LANES), np.empty(_LANES), np.empty(_LANES)
    for i in range(height):
        s[:], q[:], size[:], e[:] = 0.0, 0.0, 0.0, 0.0
        whole = width - width % _LANES
        for start in range(0, whole, _LANES):
            for lane in range(_LANES):
                x = value[i, start + lane]
                t = s[lane] + x
                back = t - s[lane]
                lost = (s[lane] - (t - back)) + (x - back)
                s[lane] = t
                q[lane] += lost
                size[lane] += abs(lost)
                e[lane] += radius[i, start + lane]
        for k in range(whole, width + _LANES - 1):  # the rest, and the lanes into the first
            if k < width:
                x, more, small, r = value[i, k], 0.0, 0.0, radius[i, k]
            else:
                lane = k - width + 1
                x, more, small, r = s[lane], q[lane], size[lane], e[lane]
            t = s[0] + x
            back = t - s[0]
            lost = (s[0] - (t - back)) + (x - back)
            s[0] = t
            q[0] += lost + more
            size[0] += abs(lost) + small
            e[0] += r
        v = s[0] + q[0]
        back = v - s[0]
        lost = (s[0] - (v - back)) + (q[0] - back)
        # Σ|q| and Σ radii are themselves within γ, which is counted once more.
        bound = abs(lost) + 2 * gamma * size[0] + e[0] * (1 + 2 * gamma)
        if bound == 0.0 and abs(v) < 2.0**1020:
            total[i], spread[i] = v, 0.0
        else:
            total[i], spread[i] = wider(v, bound)
