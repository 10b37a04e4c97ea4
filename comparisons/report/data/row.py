"""A row is a dict of plain values that travels between processes, as JSON to the last bit."""

from __future__ import annotations

import math
from typing import Any

Row = dict[str, Any]  # str, int, float, bool, None, lists and dicts of them: xdist's only types
WIDEST_FIRST = ("float64", "float32", "bfloat16", "float16")  # the types in a row's order


def plain_data(value: Any) -> Any:
    """The value with each float in it as `{"decimal": …, "hex": …}`.

    The decimal is the shortest number that reads back as the same float, or "inf", "-inf", "nan",
    for which JSON has no literals.
    """
    if isinstance(value, float):
        return {
            "decimal": value if math.isfinite(value) else repr(value),
            "hex": value.hex(),
        }
    if isinstance(value, dict):
        return {key: plain_data(inner) for key, inner in value.items()}
    return [plain_data(inner) for inner in value] if isinstance(value, list | tuple) else value


def read(value: Any) -> Any:
    """Undo `plain_data`; tuples have become lists."""
    if isinstance(value, dict):
        if value.keys() == {"decimal", "hex"}:
            return float.fromhex(value["hex"])
        return {key: read(inner) for key, inner in value.items()}
    return [read(inner) for inner in value] if isinstance(value, list) else value
