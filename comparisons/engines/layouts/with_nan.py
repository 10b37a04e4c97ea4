"""Run reverse mode over values with NaNs between them."""

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
    """Reverse mode with a NaN in every vector, which must not spread to its neighbours."""

    name = "with_nan"
    summary = "A NaN after every seven values."

    def cut(self, values: Float64Array, setting: Setting) -> Iterator[Any]:
        """One tensor of all values and the NaNs."""
        spread = np.full(-(-values.size // (_LANES - 1)) * _LANES, np.nan)
        spread[_neighbours(values.size)] = values
        yield setting.tensor(spread)

    def join(self, parts: list[Float64Array], size: int) -> Float64Array:
        """Join the gradients without those at the NaNs."""
        return np.asarray(parts[0][_neighbours(size)])

    def point(self, value: str, options: str, place: AmongPoints) -> tuple[str, str]:  # noqa: ARG002 - the same anywhere
        """The text of such a tensor filled with one value."""
        entries = f"([{value}] * {_LANES - 1} + [float('nan')]) * {WIDTH // _LANES}"
        return f"torch.tensor({entries}, {options}{self.requiring_grad})", "0"


def _neighbours(size: int) -> IndexArray:
    positions = np.arange(size)
    return positions + positions // (_LANES - 1)
