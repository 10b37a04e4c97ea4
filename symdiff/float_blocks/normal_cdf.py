"""Loop over registers of Φ, whose table takes a while to make: import it where it is needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.float_balls.mills import NORMAL_CDF, normal_cdf
from symdiff.float_blocks.bounds import jit, moved, told

_WIDE = 36.0  # 2⁻⁹⁴² < 1 − Φ(36) < 2⁻⁹³⁰


@jit
def cdf(
    v: Any, _w: Any, a: Any, _b: Any, _c: Any, _d: Any, ka: Any, _kb: Any, _kc: Any, _kd: Any
) -> Any:
    """Φ(a): κ = |a| φ/Φ is at most |a| (|a| + 1) below 0, by Mills' ratio, and 1 above.

    No cell is looked up that there is not, of a NaN neither.
    """
    for i in range(len(v)):
        x = a[i]
        value, _ = normal_cdf(x if abs(x) <= _WIDE else _WIDE)
        v[i] = value if x >= -_WIDE else np.nan
    return told(NORMAL_CDF + (_WIDE + 1.0) * moved(a, _WIDE, ka))
