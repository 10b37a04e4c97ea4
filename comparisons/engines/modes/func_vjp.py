"""Run `torch.func.vjp`."""

from __future__ import annotations

from comparisons.engines.backward import Converted
from comparisons.engines.call import output_of
from comparisons.engines.engine import Engine, Gradients, Setting
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class FuncVjp(Engine):
    """Reverse mode as the vector-Jacobian product of `torch.func.vjp`."""

    name = "func_vjp"
    summary = "`torch.func.vjp`."
    requiring_grad = ""

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The gradient of every input."""
        import torch

        names = [i.name for i in subject.graph.inputs]
        primals = [setting.tensor(inputs[name]) for name in names]
        output, pullback = torch.func.vjp(output_of(subject), *primals)[:2]
        given = setting.cotangent(inputs)
        seed = setting.ones_like(output) if given is None else given
        return Gradients(Converted(dict(zip(names, pullback(seed), strict=True))))

    def statement(self, shown: Snippet) -> str:
        """The statement that applies the pullback to the cotangent."""
        function = f"lambda {shown.arguments}: {shown.code}"
        seed = shown.cotangent or "torch.ones_like(y)"
        printed = shown.printed(f"pullback({seed})[{shown.number}]")
        return f"y, pullback = torch.func.vjp({function}, {shown.arguments}); {printed}"
