"""Print a number as it is read at a glance."""

from __future__ import annotations

import math


def shown(value: float) -> str:
    """The number in three digits, with an exponent only where needed: 0.5, 15, 1.79e8."""
    if not math.isfinite(value):
        return {"inf": "∞", "-inf": "−∞"}.get(str(value), "NaN")
    mantissa, _, exponent = f"{value:.3g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa
