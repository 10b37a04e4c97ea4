"""Which gradients of a sweep are plainly faithful, at memory speed.

Nearly all are, and they need no conditioning, kinks or categories; the few others go to the judge.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array, FloatType
from symdiff.float_balls.jit import compiled
from symdiff.oracle.enclosure import Enclosure

CORRECT, FAITHFUL, OTHER = 0, 1, 2
_EXPONENT = np.uint64(0x7FF0000000000000)  # the exponent field of a float64


class Sorted(NamedTuple):
    """Each gradient's kind, and what is the most among those of the first two kinds, in ulp."""

    kind: npt.NDArray[np.uint8]
    bulk: float  # error where |g| is at least `bulk_from`
    above: float  # error upwards
    below: float  # error downwards
    smallest: float  # |g|, not in ulp; infinite if there is none


def classify(
    computed: Float64Array, truth: Enclosure, dtype: FloatType, bulk_from: float
) -> Sorted:
    """Sort each gradient into CORRECT, FAITHFUL, or OTHER where neither is certain.

    Args: computed, values of a type narrower than float64; truth, of the same shape.
    """
    kind = np.empty(computed.size, dtype=np.uint8)
    # |g| with its significand cleared: 2^⌊log₂|g|⌋, as ulp(g) needs it
    binade = (truth.high.view(np.uint64) & _EXPONENT).view(np.float64)
    scale = 2.0 ** (1 - dtype.precision)
    arrays = computed, truth.high, truth.low, truth.bound, binade
    most = _classify(*arrays, dtype.smallest_normal, scale, bulk_from, kind)
    return Sorted(kind, *map(float, most))


@compiled(nogil=True)
def _classify(
    computed: Float64Array,
    high: Float64Array,
    low: Float64Array,
    bound: Float64Array,
    binade: Float64Array,
    smallest_normal: float,
    scale: float,
    bulk_from: float,
    kind: npt.NDArray[np.uint8],
) -> Any:
    # The error lies within |ĝ − high| ± (|low| + bound), up to four roundings of 2⁻⁵³ each, which
    # `slack` covers; only what holds for the whole interval is said. A NaN or an infinity fails
    # every comparison and so is OTHER.
    slack = 1 + 2.0**-50
    bulk = above = below = 0.0
    smallest = np.inf
    for i in range(computed.size):
        error = abs(computed[i] - high[i])
        doubt = (abs(low[i]) + bound[i]) * slack
        most, least = (error + doubt) * slack, error / slack - doubt
        unit = max(binade[i], smallest_normal) * scale
        if most <= 0.5 * unit:
            kind[i] = CORRECT
        elif least > 0.5 * unit and most < unit:
            kind[i] = FAITHFUL
        else:
            kind[i] = OTHER
            continue
        # A division only where a maximum grows, which is seldom.
        size = abs(high[i])
        smallest = min(smallest, size)
        if size >= bulk_from and most > bulk * unit:
            bulk = most / unit
        if computed[i] < high[i]:
            if most > below * unit:
                below = most / unit
        elif most > above * unit:
            above = most / unit
    return bulk, above, below, smallest
