"""Run reverse mode that returns gradients instead of accumulating them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comparisons.engines.backward import Converted
from comparisons.engines.call import run
from comparisons.engines.engine import Engine, Gradients, Setting
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class Grad(Engine):
    """Reverse mode by `torch.autograd.grad`."""

    name = "grad"
    summary = "`torch.autograd.grad`: gradients are returned, and nothing is accumulated."

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The gradient of every input."""
        leaves = setting.leaves(subject, inputs)
        output = run(subject, leaves)[subject.graph.output_name]
        if not output.requires_grad:
            return Gradients(dict.fromkeys(leaves))
        seed = setting.cotangent(inputs)
        seed = setting.ones_like(output) if seed is None else seed
        found = self.returned(output, list(leaves.values()), seed)
        return Gradients(Converted(dict(zip(leaves, found, strict=True))))

    def returned(self, output: Any, leaves: Sequence[Any], seed: Any) -> Sequence[Any]:
        """The tuple that torch returns: a tensor for each leaf, None for one that is not used."""
        import torch

        return torch.autograd.grad(output, leaves, seed, allow_unused=True)

    def statement(self, shown: Snippet) -> str:
        """The statement that calls `torch.autograd.grad` for the one input."""
        return shown.printed(f"{grad_statement(shown)})[0]")


def grad_statement(shown: Snippet, output: str = "") -> str:
    """The text of the call, its bracket open for further keywords."""
    seed = f", {shown.cotangent}" if shown.cotangent else ""
    return f"torch.autograd.grad({output or shown.total}, {shown.name}{seed}"
