"""Reverse mode that returns gradients."""

from __future__ import annotations

from comparisons.engines.call import run
from comparisons.engines.engine import Engine, Gradients, Setting, float64
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class Grad(Engine):
    """`torch.autograd.grad`."""

    name = "grad"
    summary = "`torch.autograd.grad`: gradients are returned, and nothing is accumulated."

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The gradient of every input."""
        import torch

        leaves = setting.leaves(subject, inputs)
        output = run(subject, leaves)[subject.graph.output_name]
        if not output.requires_grad:
            return Gradients(dict.fromkeys(leaves))
        seed = setting.cotangent(inputs)
        found = torch.autograd.grad(
            output,
            list(leaves.values()),
            torch.ones_like(output) if seed is None else seed,
            allow_unused=True,
        )
        values = [None if g is None else float64(g) for g in found]
        return Gradients(dict(zip(leaves, values, strict=True)))

    def statement(self, shown: Snippet) -> str:
        """`torch.autograd.grad` of the one input."""
        seed = f", {shown.cotangent}" if shown.cotangent else ""
        return shown.printed(f"torch.autograd.grad({shown.total}, {shown.name}{seed})[0]")
