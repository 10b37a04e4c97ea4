"""Run `torch.func.grad`."""

from __future__ import annotations

from comparisons.engines.backward import Converted
from comparisons.engines.call import leaf_values, output_of
from comparisons.engines.engine import Gradients, Pointwise, Setting
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class FuncGrad(Pointwise):
    """`torch.func.grad`, of the sum over all points."""

    name = "func_grad"
    summary = "`torch.func.grad` of the sum over all points."
    requiring_grad = ""

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The gradient of every input."""
        import torch

        function = output_of(subject)
        names = [i.name for i in subject.graph.inputs]
        primals = [setting.tensor(v) for v in leaf_values(subject, inputs).values()]
        given = setting.cotangent(inputs)
        seed = 1.0 if given is None else given
        total = torch.func.grad(
            lambda *tensors: (function(*tensors) * seed).sum(), argnums=tuple(range(len(names)))
        )
        return Gradients(Converted(dict(zip(names, total(*primals), strict=True))))

    def statement(self, shown: Snippet) -> str:
        """The statement that prints the gradient in the one input."""
        seed = shown.cotangent or "1.0"
        total = f"lambda {shown.arguments}: (({shown.code}) * {seed}).sum()"
        return shown.printed(f"torch.func.grad({total}, {shown.number})({shown.arguments})")
