"""Positions at which pixels are looked up: on a pixel, a rounding decides what is beside it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from comparisons.inputs.values import SEED


def samples(name: str) -> bool:
    """Whether an operator of this name looks up pixels at positions it is given."""
    return name.strip("_").startswith("grid_sampler")


@dataclass(frozen=True)
class Jitter:
    """Moves each position a hair, at random, independently of the others.

    Args: seed; by, the furthest, of positions in [-1, 1].
    """

    seed: int
    by: float

    def moved(self, positions: Tensor) -> Tensor:
        """A copy; a position in [-1, 1] is one in the image."""
        draw = torch.Generator().manual_seed(SEED + self.seed)
        by = torch.rand(positions.shape, generator=draw, dtype=torch.float64) * 2 - 1
        return positions + (self.by * positions.abs().clamp(min=1) * by).to(positions.dtype)
