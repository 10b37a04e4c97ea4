"""Run `torch.func.vmap` of the gradient at one point."""

from __future__ import annotations

from comparisons.engines.backward import Converted
from comparisons.engines.call import leaf_values, output_of
from comparisons.engines.engine import (
    Gradients,
    Pointwise,
    Setting,
    own_deprecations_ignored,
)
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.subjects.subject import Subject


class Vmap(Pointwise):
    """Per-sample gradients by `torch.func.vmap`."""

    name = "vmap"
    summary = "`torch.func.vmap` of the gradient at one point."
    requiring_grad = ""

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The gradient of every input."""
        import torch

        names = [i.name for i in subject.graph.inputs]
        values = leaf_values(subject, inputs)
        shape = next(iter(values.values())).shape
        primals = [setting.tensor(v.ravel()) for v in values.values()]
        function = output_of(subject)
        given = COTANGENT in inputs
        seed = setting.tensor(inputs[COTANGENT].ravel()) if given else setting.ones_like(primals[0])
        one = torch.func.grad(
            lambda v, *point: function(*point) * v, argnums=tuple(range(1, len(names) + 1))
        )
        with own_deprecations_ignored():
            found = torch.func.vmap(one)(seed, *primals)
        shaped = [gradient.reshape(shape) for gradient in found]
        return Gradients(Converted(dict(zip(names, shaped, strict=True))))

    def statement(self, shown: Snippet) -> str:
        """The statement that prints the gradient of the weighted function at each point."""
        seed = shown.cotangent or f"torch.ones_like({shown.name})"
        one = f"lambda {COTANGENT}, {shown.arguments}: ({shown.code}) * {COTANGENT}"
        gradient = f"torch.func.vmap(torch.func.grad({one}, {shown.number + 1}))"
        return shown.printed(f"{gradient}({seed}, {shown.arguments})")
