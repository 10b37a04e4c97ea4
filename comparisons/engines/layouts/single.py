"""Run reverse mode one element at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.engines.engine import Setting
from comparisons.engines.layouts.layout import Layout
from comparisons.engines.snippet import AmongPoints
from symdiff.array_types import IndexArray

_MOST = 1024  # points; each costs a forward and a backward pass of its own


class Single(Layout):
    """Reverse mode over tensors of one element, too short for a vector instruction."""

    name = "single"
    summary = "One element at a time."

    def chosen(self, size: int) -> IndexArray | None:
        """Points spread evenly over all, where all would take too long; and the last three.

        Those are ±∞ and NaN where points are structured.
        """
        if size <= _MOST:
            return None
        spread = np.linspace(0, size - 4, _MOST - 3).astype(np.intp)
        return np.concatenate([spread, np.arange(size - 3, size)])

    def cut(self, values: Float64Array, setting: Setting) -> Iterator[Any]:
        """One tensor for each value."""
        for value in values:
            yield setting.tensor(np.array([value]))

    def point(self, value: str, options: str, place: AmongPoints) -> tuple[str, str]:  # noqa: ARG002 - the same anywhere
        """The text of a tensor of one element."""
        return f"torch.full((1,), {value}, {options}{self.requiring_grad})", "0"
