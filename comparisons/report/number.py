"""Floats as JSON can hold them: the decimal to read, the hexadecimal to compute with."""

from __future__ import annotations

import math
from typing import Any


def written(value: Any) -> Any:
    """The value with every float in it as `{"decimal": …, "hex": …}`.

    The decimal is the shortest number that reads back as the same float, or "inf", "-inf", "nan",
    for which JSON has no literals.
    """
    if isinstance(value, float):
        return {
            "decimal": value if math.isfinite(value) else repr(value),
            "hex": value.hex(),
        }
    if isinstance(value, dict):
        return {key: written(inner) for key, inner in value.items()}
    return [written(inner) for inner in value] if isinstance(value, list | tuple) else value


def read(value: Any) -> Any:
    """What was given to `written`, with lists for tuples."""
    if isinstance(value, dict):
        if value.keys() == {"decimal", "hex"}:
            return float.fromhex(value["hex"])
        return {key: read(inner) for key, inner in value.items()}
    return [read(inner) for inner in value] if isinstance(value, list) else value


def shown(value: float) -> str:
    """Three digits, an exponent only where needed: 0.5, 15, 1.79e8."""
    if not math.isfinite(value):
        return {"inf": "∞", "-inf": "−∞"}.get(str(value), "NaN")
    mantissa, _, exponent = f"{value:.3g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa
