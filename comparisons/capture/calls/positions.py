"""Count and shift the positions at which pixels are sampled: on a pixel rounding decides."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from comparisons.capture.arrays.storage import Storages
from comparisons.inputs.values import SEED


def samples(name: str) -> bool:
    """Whether an operator of this name samples pixels at given positions."""
    return name.strip("_").startswith("grid_sampler")


class Positions:
    """Counts sampling positions, and moves each by a tiny step, independently of the others.

    Args: by, how far at most, of positions in [-1, 1], where the image is; seed.
    """

    def __init__(self, by: float = 0.0, seed: int = 0) -> None:
        self.count = 0
        self._by, self._seed = by, seed

    def looked_up(
        self, name: str, arguments: tuple[Any, ...], storages: Storages
    ) -> tuple[Any, ...]:
        """The operator's arguments with positions moved; their recorded values stay the same."""
        if not samples(name):
            return arguments
        image, positions, *rest = arguments
        self.count += positions.numel()
        if not self._by:
            return arguments
        with torch._C._DisableTorchDispatch():
            moved = self._moved(positions.detach())
        storages.put(moved, storages.value(positions))
        return (image, moved, *rest)

    def _moved(self, positions: Tensor) -> Tensor:
        draw = torch.Generator().manual_seed(SEED + self._seed)
        by = torch.rand(positions.shape, generator=draw, dtype=torch.float64) * 2 - 1
        return positions + (self._by * positions.abs().clamp(min=1) * by).to(positions.dtype)
