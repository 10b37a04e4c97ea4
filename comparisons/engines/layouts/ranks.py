"""Run reverse mode over tensors of two to six dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.engines.engine import WIDTH, Setting
from comparisons.engines.layouts.layout import Layout
from comparisons.engines.snippet import AmongPoints
from symdiff.array_types import IndexArray

_SHAPES = ((8, 8), (4, 4, 4), (2, 4, 4, 2), (2, 2, 4, 2, 2), (2, 2, 2, 2, 2, 2))


class Ranks(Layout):
    """Reverse mode over contiguous tensors of two to six dimensions."""

    name = "ranks"
    summary = "Contiguous tensors of 64 elements in two, three, … six dimensions."

    def chosen(self, size: int) -> IndexArray | None:
        """The points that fill one tensor of each rank."""
        return np.arange(min(size, WIDTH * len(_SHAPES)))

    def cut(self, values: Float64Array, setting: Setting) -> Iterator[Any]:
        """One tensor for each shape; the last value fills it up."""
        size = -(-values.size // WIDTH) * WIDTH
        filled = np.concatenate([values, np.full(size - values.size, values[-1])])
        for part, shape in zip(filled.reshape(-1, WIDTH), _SHAPES, strict=False):
            yield setting.tensor(part.reshape(shape))

    def point(self, value: str, options: str, place: AmongPoints) -> tuple[str, str]:
        """The text of the tensor that the point was in, filled with one value."""
        shape = _SHAPES[place.position // WIDTH]
        tensor = f"torch.full({shape}, {value}, {options}{self.requiring_grad})"
        return tensor, ", ".join("0" * len(shape))
