"""Run reverse mode over tensors without a dimension."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.engines.engine import Setting
from comparisons.engines.layouts.layout import Layout
from comparisons.engines.snippet import AmongPoints, Snippet
from symdiff.array_types import IndexArray

_MOST = 192  # points; each costs a forward and a backward pass of its own


class ZeroDim(Layout):
    """Reverse mode over tensors of shape ()."""

    name = "zero_dim"
    summary = "One number at a time, a tensor of shape ()."

    def chosen(self, size: int) -> IndexArray | None:
        """The indices of the first points."""
        return np.arange(min(size, _MOST))

    def cut(self, values: Float64Array, setting: Setting) -> Iterator[Any]:
        """One tensor for each value."""
        for value in values:
            yield setting.tensor(np.asarray(value))

    def point(self, value: str, options: str, place: AmongPoints) -> tuple[str, str]:  # noqa: ARG002 - the same anywhere
        """The text of one such tensor."""
        return f"torch.tensor({value}, {options}{self.requiring_grad})", "()"

    def statement(self, shown: Snippet) -> str:
        """The statements of a plain backward."""
        return f"{shown.total}.backward({shown.cotangent}); print({shown.name}.grad.item())"
