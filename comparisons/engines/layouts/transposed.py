"""Run reverse mode over a transposed matrix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.engines.engine import WIDTH, Setting
from comparisons.engines.layouts.layout import Layout
from comparisons.engines.snippet import AmongPoints

_ROWS = 7


class Transposed(Layout):
    """Reverse mode over a matrix stored by columns."""

    name = "transposed"
    summary = "A matrix stored by columns; the last value fills it up."

    def cut(self, values: Float64Array, setting: Setting) -> Iterator[Any]:
        """One matrix of all values."""
        columns = -(-values.size // _ROWS)
        filled = np.concatenate([values, np.full(_ROWS * columns - values.size, values[-1])])
        tensor = setting.empty((columns, _ROWS)).t()
        tensor.copy_(setting.tensor(filled.reshape(_ROWS, columns)))
        yield tensor

    def point(self, value: str, options: str, place: AmongPoints) -> tuple[str, str]:  # noqa: ARG002 - the same anywhere
        """The text of such a matrix filled with one value."""
        whole = f"torch.full(({WIDTH}, {_ROWS}), {value}, {options})"
        return f"{whole}.t().requires_grad_()", "0, 0"
