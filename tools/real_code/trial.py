"""A trial is a published function, and the tensors it is called with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

# Usual inputs, kinks among them, and some where an exponential over- or underflows in float32.
POINTS = (-120.0, -40.0, *(n / 2 for n in range(-40, 41)), 40.0, 120.0)


@dataclass(frozen=True)
class Trial:
    """A published function as it is, and the tensors it is called with."""

    name: str
    function: Callable[..., Any]
    given: tuple[Any, ...]


def pointwise(name: str, function: Callable[..., Any]) -> Trial:
    """The trial of a function of one variable at the points."""
    return Trial(name, function, (torch.tensor(POINTS, dtype=torch.float64),))


def drawn(*shape: int, seed: int = 1) -> Tensor:
    """Draw seeded normal numbers."""
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def apart(*shape: int) -> Tensor:
    """Draw seeded numbers in (0, 1), no two alike."""
    number = int(torch.tensor(shape).prod())
    order = torch.randperm(number, generator=torch.Generator().manual_seed(2))
    return ((order.double() + 0.5) / number).reshape(shape)


def module(made: Any) -> Any:
    """The trial of a module in double precision, as it is in evaluation."""
    return made.double().eval()
