"""The first pass of a sweep: which gradients are plainly faithful, at memory speed.

Nearly all are, and they need no conditioning, kinks or categories; the few others go to `judge`.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array, FloatType
from symdiff.oracle.enclosure import Enclosure

CORRECT, FAITHFUL, OTHER = 0, 1, 2
_EXPONENT = np.uint64(0x7FF0000000000000)  # the exponent field of a float64


def classify(
    computed: Float64Array, truth: Enclosure, dtype: FloatType, bulk_from: float
) -> tuple[npt.NDArray[np.uint8], float]:
    """Sort each gradient into CORRECT, FAITHFUL, or OTHER where neither is certain.

    Args: computed, values of a type narrower than float64; truth, of the same shape.
    Returns: the kinds, and the largest error in ulp among the first two where |g| ≥ `bulk_from`.
    """
    kind = np.empty(computed.size, dtype=np.uint8)
    # |g| with its significand cleared: 2^⌊log₂|g|⌋, as ulp(g) needs it
    binade = (truth.high.view(np.uint64) & _EXPONENT).view(np.float64)
    scale = 2.0 ** (1 - dtype.precision)
    arrays = computed, truth.high, truth.low, truth.bound, binade
    bulk = _classify(*arrays, dtype.smallest_normal, scale, bulk_from, kind)
    return kind, float(bulk)


@numba.njit(cache=True, nogil=True)
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
    bulk = 0.0
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
        if abs(high[i]) >= bulk_from and most > bulk * unit:
            bulk = most / unit
    return bulk
