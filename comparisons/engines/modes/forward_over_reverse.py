"""Compute second derivatives by forward mode through the backward pass."""

from __future__ import annotations

from comparisons.engines.backward import Converted
from comparisons.engines.call import output_of
from comparisons.engines.engine import Gradients, Setting, own_deprecations_ignored
from comparisons.engines.modes.reverse_over_reverse import SecondOrder
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class ForwardOverReverse(SecondOrder):
    """f'' as the tangent of the gradient."""

    name = "forward_over_reverse"
    summary = "`torch.func.jvp` of `torch.func.grad`."
    requiring_grad = ""

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """f'' as the tangent of f' for a tangent of ones."""
        import torch

        (name,) = (i.name for i in subject.graph.inputs)
        z, function = setting.tensor(inputs[name]), output_of(subject)
        given = setting.cotangent(inputs)
        seed = 1.0 if given is None else given
        slope = torch.func.grad(lambda z: (function(z) * seed).sum())
        with own_deprecations_ignored():
            curvature = torch.func.jvp(slope, (z,), (setting.ones_like(z),))[1]
        return Gradients(Converted({name: curvature}))

    def statement(self, shown: Snippet) -> str:
        """The statement that pushes a tangent of ones through the gradient."""
        z = shown.name
        seed = f" * {shown.cotangent}" if shown.cotangent else ""
        slope = f"torch.func.grad(lambda {z}: (({shown.code}){seed}).sum())"
        return shown.printed(f"torch.func.jvp({slope}, ({z},), (torch.ones_like({z}),))[1]")
