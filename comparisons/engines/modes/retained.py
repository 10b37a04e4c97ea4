"""Reverse mode a second time through the same graph."""

from __future__ import annotations

from comparisons.engines.call import run
from comparisons.engines.engine import Engine, Gradients, Setting, float64
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class Retained(Engine):
    """What the first pass leaves for the second."""

    name = "retained"
    summary = "The second of two backward passes through one graph, `retain_graph=True`."

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
        torch.autograd.grad(output, asked, seed, retain_graph=True, allow_unused=True)
        found = torch.autograd.grad(output, asked, seed, allow_unused=True)
        values = [None if g is None else float64(g) for g in found]
        return Gradients(dict(zip(leaves, values, strict=True)))

    def statement(self, shown: Snippet) -> str:
        """Two passes; the second is printed."""
        seed = f", {shown.cotangent}" if shown.cotangent else ""
        ask = f"torch.autograd.grad(y, {shown.name}{seed}"
        return f"y = {shown.total}; {ask}, retain_graph=True); {shown.printed(f'{ask})[0]')}"
