"""Run reverse mode over a tensor that does not start where its storage does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.engines.engine import WIDTH, Setting
from comparisons.engines.layouts.layout import Layout
from comparisons.engines.snippet import AmongPoints

_BEFORE = 3  # elements of the storage that are not the tensor's


class Offset(Layout):
    """Reverse mode over a slice with a storage offset."""

    name = "offset"
    summary = "What is left of a tensor without its first three elements, in three dimensions."

    def cut(self, values: Float64Array, setting: Setting) -> Iterator[Any]:
        """One tensor of three dimensions."""
        rows = -(-values.size // 10)
        filled = np.concatenate([values, np.full(10 * rows - values.size, values[-1])])
        before = np.full(_BEFORE, 0.25)
        yield setting.tensor(np.concatenate([before, filled]))[_BEFORE:].reshape(rows, 2, 5)

    def point(self, value: str, options: str, place: AmongPoints) -> tuple[str, str]:  # noqa: ARG002 - the same anywhere
        """The text of such a tensor filled with one value."""
        whole = f"torch.full(({WIDTH * 10 + _BEFORE},), {value}, {options})[{_BEFORE}:]"
        return f"{whole}.reshape({WIDTH}, 2, 5).requires_grad_()", "0, 0, 0"
