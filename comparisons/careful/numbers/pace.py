"""Find how far out code returns soon: a loop that counts down from 2⁶⁰ never does."""

from __future__ import annotations

import time
from collections.abc import Callable

_FROM, _STEP = 2.0**6, 2.0**4
_LONGER, _PATIENCE = 4.0, 2e-4  # times as long, and seconds more


def soon_up_to(call: Callable[[float], object], furthest: float) -> float:
    """The largest size, up to the furthest, at which a call takes no longer than at small numbers.

    Sizes grow by sixteen from 64 on, so that a loop is left before it is long. Time is that of the
    process, the shorter of two calls.

    Raises: whatever the call raises.
    """
    size = _FROM
    first = _seconds(call, size)
    while size < furthest:
        further = min(size * _STEP, furthest)
        if _seconds(call, further) > _LONGER * first + _PATIENCE:
            return size
        size = further
    return size


def _seconds(call: Callable[[float], object], size: float) -> float:
    taken = []
    for _ in range(2):
        started = time.process_time()
        call(size)
        taken.append(time.process_time() - started)
    return min(taken)
