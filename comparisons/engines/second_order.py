"""Second derivatives of functions of one variable: the backward pass differentiated in its turn."""

from __future__ import annotations

from typing import Any

from comparisons.engines.engine import (
    Gradients,
    Pointwise,
    Setting,
    float64,
    own_deprecations_ignored,
)
from comparisons.engines.forward_pass import output_of
from comparisons.subjects import Inputs, Subject


class SecondOrder(Pointwise):
    """f'' of a function of one variable, for a cotangent of ones."""

    order = 2

    def refuses(self, subject: Subject) -> str | None:
        """Only a function of one variable has one second derivative."""
        if len(subject.graph.inputs) != 1 or subject.definition is None:
            return f"{subject} is no function of one variable, so there is no one f'' to compare"
        return super().refuses(subject)

    def _slope(self, subject: Subject) -> Any:
        import torch

        function = output_of(subject)
        return torch.func.grad(lambda z: function(z).sum())


class ReverseOverReverse(SecondOrder):
    """`backward(create_graph=True)`, and a backward pass through that."""

    name = "reverse_over_reverse"

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """f'' by two `torch.autograd.grad`. Raises: as `run`."""
        import torch

        (name,) = (i.name for i in subject.graph.inputs)
        z = setting.tensor(inputs[name]).requires_grad_()
        output = output_of(subject)(z)
        (slope,) = torch.autograd.grad(output, z, torch.ones_like(output), create_graph=True)
        if not slope.requires_grad:  # the slope is a constant to torch
            return Gradients({name: float64(torch.zeros_like(z))})
        (curvature,) = torch.autograd.grad(
            slope, z, torch.ones_like(slope), allow_unused=True, materialize_grads=True
        )
        return Gradients({name: float64(curvature)})


class ForwardOverReverse(SecondOrder):
    """`torch.func.jvp` of `torch.func.grad`."""

    name = "forward_over_reverse"

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """f'' as the tangent of f'. Raises: as `run`."""
        import torch

        (name,) = (i.name for i in subject.graph.inputs)
        z = setting.tensor(inputs[name])
        with own_deprecations_ignored():
            curvature = torch.func.jvp(self._slope(subject), (z,), (torch.ones_like(z),))[1]
        return Gradients({name: float64(curvature)})
