"""Compute second derivatives by a backward pass through the backward pass."""

from __future__ import annotations

from comparisons.engines.backward import Converted
from comparisons.engines.call import output_of
from comparisons.engines.engine import Gradients, Pointwise, Setting
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class SecondOrder(Pointwise):
    """An engine for f'' of a function of one variable, times the cotangent."""

    order = 2

    def refuses(self, subject: Subject) -> str | None:
        """Refuse all but functions of one variable, which alone have one second derivative."""
        if len(subject.graph.inputs) != 1 or subject.definition is None:
            return f"{subject} is no function of one variable, so there is no one f'' to compare"
        return super().refuses(subject)


class ReverseOverReverse(SecondOrder):
    """f'' by double backward."""

    name = "reverse_over_reverse"
    summary = "`backward(create_graph=True)`, and a backward pass through that."

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """f'' by two calls of `torch.autograd.grad`."""
        import torch

        ((name, z),) = setting.leaves(subject, inputs).items()
        output, given = output_of(subject)(z), setting.cotangent(inputs)
        seed = setting.ones_like(output) if given is None else given
        (slope,) = torch.autograd.grad(output, z, seed, create_graph=True)
        if not slope.requires_grad:  # the slope is a constant to torch
            return Gradients(Converted({name: torch.zeros_like(z)}))
        (curvature,) = torch.autograd.grad(
            slope, z, setting.ones_like(slope), allow_unused=True, materialize_grads=True
        )
        return Gradients(Converted({name: curvature}))

    def statement(self, shown: Snippet) -> str:
        """The statements that take the gradient with its graph, then its gradient."""
        seed = f"{shown.cotangent}, " if shown.cotangent else ""
        slope = f"torch.autograd.grad({shown.total}, {shown.name}, {seed}create_graph=True)"
        return f"g, = {slope}; g.sum().backward(); {shown.printed(f'{shown.name}.grad')}"
