"""A trial is a published function, and what it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

Function = Callable[..., Any]
# Usual inputs, and some so large that an exponential of them over- or underflows.
POINTS = (-40.0, -15.0, -4.0, -1.5, -0.7, -0.3, -0.1, 0.1, 0.3, 0.7, 1.5, 4.0, 15.0, 40.0)


@dataclass(frozen=True)
class Trial:
    """A published function, and what it is asked."""

    name: str
    function: Function
    given: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)  # of the second question
    asked: str = "as it stands"
    surrogate: bool = False
    types: tuple[str, ...] = ("float64", "float32")


def at(dtype: torch.dtype = torch.float64) -> Tensor:
    """The points that functions of one variable are judged at."""
    return torch.tensor(POINTS, dtype=dtype)


def drawn(*shape: int) -> Tensor:
    """Draw seeded normal numbers."""
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def surrogate(name: str, function: Function, formula: Function, text: str) -> Trial:
    """A trial of a step with a surrogate gradient, beside the formula of its docstring."""
    return Trial(
        name, function, (at(),), {"gradient": formula}, f"gradient= {text}", surrogate=True
    )


def where(condition: Tensor, value: Any, otherwise: Any) -> Tensor:
    """`torch.where` in float64, of numbers too."""
    first = torch.as_tensor(value, dtype=torch.float64)
    return first.where(condition, torch.as_tensor(otherwise, dtype=torch.float64))
