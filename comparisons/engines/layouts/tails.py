"""Run reverse mode over every short length, for what is left after the last whole vector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from comparisons.dtypes import Float64Array
from comparisons.engines.engine import Setting
from comparisons.engines.layouts.layout import Layout
from comparisons.engines.snippet import AmongPoints

_LONGEST = 67  # past four vectors of 16 lanes, and three more


class Tails(Layout):
    """Reverse mode over tensors of every length up to a few vectors."""

    name = "tails"
    summary = "Tensors of 1, 2, … 67 elements, and from 1 again."

    def cut(self, values: Float64Array, setting: Setting) -> Iterator[Any]:
        """Cut the values into tensors of growing length."""
        for start, length in _pieces(values.size):
            yield setting.tensor(values[start : start + length])

    def point(self, value: str, options: str, place: AmongPoints) -> tuple[str, str]:
        """The text of the tensor that the point was in, filled with one value."""
        start, length = next(
            (start, length)
            for start, length in _pieces(place.size)
            if start <= place.position < start + length
        )
        tensor = f"torch.full(({length},), {value}, {options}{self.requiring_grad})"
        return tensor, str(place.position - start)


def _pieces(size: int) -> Iterator[tuple[int, int]]:
    """The start and the length of each piece of so many values."""
    start, length = 0, 1
    while start < size:
        yield start, min(length, size - start)
        start, length = start + length, length % _LONGEST + 1
