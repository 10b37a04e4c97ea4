"""Run reverse mode over images whose channels come last in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.engines.engine import Setting
from comparisons.engines.layouts.layout import Layout
from comparisons.engines.snippet import AmongPoints

_SHAPE = (2, 3, 4)  # of one image: channels, height, width


class ChannelsLast(Layout):
    """Reverse mode over tensors of four dimensions in `torch.channels_last`."""

    name = "channels_last"
    summary = "Images of 2 × 3 × 4, `torch.channels_last`; the last value fills them up."

    def cut(self, values: Float64Array, setting: Setting) -> Iterator[Any]:
        """One tensor of all values."""
        import torch

        images = -(-values.size // int(np.prod(_SHAPE)))
        missing = images * int(np.prod(_SHAPE)) - values.size
        filled = np.concatenate([values, np.full(missing, values[-1])])
        tensor = setting.tensor(filled.reshape(images, *_SHAPE))
        yield tensor.contiguous(memory_format=torch.channels_last)

    def point(self, value: str, options: str, place: AmongPoints) -> tuple[str, str]:  # noqa: ARG002 - the same anywhere
        """The text of such a tensor filled with one value."""
        whole = f"torch.full((2, {', '.join(map(str, _SHAPE))}), {value}, {options})"
        last = "memory_format=torch.channels_last"
        return f"{whole}.contiguous({last}).requires_grad_()", "0, 0, 0, 0"
