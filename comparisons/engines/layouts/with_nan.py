"""Reverse mode beside NaNs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.engines.engine import WIDTH, Setting
from comparisons.engines.layouts.layout import Layout
from comparisons.engines.snippet import AmongPoints
from symdiff.array_types import IndexArray

_LANES = 8


class WithNan(Layout):
    """A NaN in every vector, which must not spread."""

    name = "with_nan"
    summary = "A NaN after every seven values."

    def cut(self, values: Float64Array, setting: Setting) -> Iterator[Any]:
        """One tensor."""
        spread = np.full(-(-values.size // (_LANES - 1)) * _LANES, np.nan)
        spread[_neighbours(values.size)] = values
        yield setting.tensor(spread)

    def join(self, parts: list[Float64Array], size: int) -> Float64Array:
        """Without the NaNs."""
        return np.asarray(parts[0][_neighbours(size)])

    def point(self, value: str, options: str, place: AmongPoints) -> tuple[str, str]:  # noqa: ARG002 - the same anywhere
        """The same, all others of one value."""
        entries = f"([{value}] * {_LANES - 1} + [float('nan')]) * {WIDTH // _LANES}"
        return f"torch.tensor({entries}, {options}{self.requiring_grad})", "0"


def _neighbours(size: int) -> IndexArray:
    positions = np.arange(size)
    return positions + positions // (_LANES - 1)
