"""Reverse mode whose backward pass is itself recorded, as for a second derivative."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comparisons.engines.modes.grad import Grad, grad_statement
from comparisons.engines.snippet import Snippet


class Recorded(Grad):
    """The first derivative, in the mode in which a second one can be asked for."""

    name = "recorded"
    summary = "`torch.autograd.grad(create_graph=True)`: the first derivative, recorded."

    def returned(self, output: Any, leaves: Sequence[Any], seed: Any) -> Sequence[Any]:
        """The gradients with a graph of their own."""
        import torch

        return torch.autograd.grad(output, leaves, seed, create_graph=True, allow_unused=True)

    def statement(self, shown: Snippet) -> str:
        """`torch.autograd.grad` of the one input, recorded."""
        return shown.printed(f"{grad_statement(shown)}, create_graph=True)[0]")
