"""Run reverse mode with `create_graph=True`, as for a second derivative."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comparisons.engines.modes.grad import Grad, grad_statement
from comparisons.engines.snippet import Snippet


class Recorded(Grad):
    """Reverse mode whose backward pass is recorded itself."""

    name = "recorded"
    summary = "`torch.autograd.grad(create_graph=True)`: the first derivative, recorded."

    def returned(self, output: Any, leaves: Sequence[Any], seed: Any) -> Sequence[Any]:
        """The gradients, each with a graph of its own."""
        import torch

        return torch.autograd.grad(output, leaves, seed, create_graph=True, allow_unused=True)

    def statement(self, shown: Snippet) -> str:
        """The statement that calls `torch.autograd.grad` with `create_graph=True`."""
        return shown.printed(f"{grad_statement(shown)}, create_graph=True)[0]")
