"""Run the backward pass twice through the same graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comparisons.engines.modes.grad import Grad, grad_statement
from comparisons.engines.snippet import Snippet


class Retained(Grad):
    """The second backward pass through a retained graph."""

    name = "retained"
    summary = "The second of two backward passes through one graph, `retain_graph=True`."

    def returned(self, output: Any, leaves: Sequence[Any], seed: Any) -> Sequence[Any]:
        """The gradients of the second pass."""
        import torch

        torch.autograd.grad(output, leaves, seed, retain_graph=True, allow_unused=True)
        return super().returned(output, leaves, seed)

    def statement(self, shown: Snippet) -> str:
        """The statements of two passes, of which the second is printed."""
        ask = grad_statement(shown, "y")
        return f"y = {shown.total}; {ask}, retain_graph=True); {shown.printed(f'{ask})[0]')}"
