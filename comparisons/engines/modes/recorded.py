"""Reverse mode whose backward pass is itself recorded, as for a second derivative."""

from __future__ import annotations

from comparisons.engines.call import run
from comparisons.engines.engine import Engine, Gradients, Setting, float64
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class Recorded(Engine):
    """The first derivative, in the mode in which a second one can be asked for."""

    name = "recorded"
    summary = "`torch.autograd.grad(create_graph=True)`: the first derivative, recorded."

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The gradient of every input."""
        import torch

        leaves = setting.leaves(subject, inputs)
        output = run(subject, leaves)[subject.graph.output_name]
        if not output.requires_grad:
            return Gradients(dict.fromkeys(leaves))
        seed = setting.cotangent(inputs)
        seed = torch.ones_like(output) if seed is None else seed
        asked = list(leaves.values())
        found = torch.autograd.grad(output, asked, seed, create_graph=True, allow_unused=True)
        values = [None if g is None else float64(g) for g in found]
        return Gradients(dict(zip(leaves, values, strict=True)))

    def statement(self, shown: Snippet) -> str:
        """`torch.autograd.grad` of the one input, recorded."""
        seed = f", {shown.cotangent}" if shown.cotangent else ""
        grad = f"torch.autograd.grad({shown.total}, {shown.name}{seed}, create_graph=True)[0]"
        return shown.printed(grad)
