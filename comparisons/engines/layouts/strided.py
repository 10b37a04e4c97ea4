"""Run reverse mode over a stride of two."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from comparisons.dtypes import Float64Array
from comparisons.engines.engine import WIDTH, Setting
from comparisons.engines.layouts.layout import Layout
from comparisons.engines.snippet import AmongPoints


class Strided(Layout):
    """Reverse mode over every second element of a longer tensor."""

    name = "strided"
    summary = "Every second element of a tensor twice as long."

    def cut(self, values: Float64Array, setting: Setting) -> Iterator[Any]:
        """One tensor of all values."""
        tensor = setting.empty((2 * values.size,))[::2]
        tensor.copy_(setting.tensor(values))
        yield tensor

    def point(self, value: str, options: str, place: AmongPoints) -> tuple[str, str]:  # noqa: ARG002 - the same anywhere
        """The text of such a tensor filled with one value."""
        return f"torch.full(({2 * WIDTH},), {value}, {options})[::2].requires_grad_()", "0"
