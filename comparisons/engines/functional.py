"""torch.func's transforms of a function."""

from __future__ import annotations

from comparisons.engines.engine import EveryPoint, Gradients, Pointwise, Setting, float64
from comparisons.engines.forward_pass import COTANGENT, leaf_values, output_of
from comparisons.subjects import Inputs, Subject


class FuncGrad(Pointwise):
    """`torch.func.grad` of the sum over all points."""

    name = "func_grad"

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The gradient of every input. Raises: as `run`."""
        import torch

        function = output_of(subject)
        names = [i.name for i in subject.graph.inputs]
        primals = [setting.tensor(v) for v in leaf_values(subject, inputs).values()]
        seed = setting.tensor(inputs[COTANGENT]) if COTANGENT in inputs else 1.0
        total = torch.func.grad(
            lambda *tensors: (function(*tensors) * seed).sum(), argnums=tuple(range(len(names)))
        )
        return Gradients(dict(zip(names, map(float64, total(*primals)), strict=True)))


class FuncVjp(EveryPoint):
    """`torch.func.vjp`."""

    name = "func_vjp"

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The gradient of every input. Raises: as `run`."""
        import torch

        names = [i.name for i in subject.graph.inputs]
        primals = [setting.tensor(inputs[name]) for name in names]
        output, pullback = torch.func.vjp(output_of(subject), *primals)[:2]
        given = COTANGENT in inputs
        seed = setting.tensor(inputs[COTANGENT]) if given else torch.ones_like(output)
        return Gradients(dict(zip(names, map(float64, pullback(seed)), strict=True)))


class Vmap(Pointwise):
    """`torch.func.vmap` of the gradient at one point."""

    name = "vmap"

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The gradient of every input. Raises: as `run`."""
        import torch

        names = [i.name for i in subject.graph.inputs]
        values = leaf_values(subject, inputs)
        shape = next(iter(values.values())).shape
        primals = [setting.tensor(v.ravel()) for v in values.values()]
        function = output_of(subject)
        given = COTANGENT in inputs
        seed = setting.tensor(inputs[COTANGENT].ravel()) if given else torch.ones_like(primals[0])
        one = torch.func.grad(
            lambda v, *point: function(*point) * v, argnums=tuple(range(1, len(names) + 1))
        )
        found = torch.func.vmap(one)(seed, *primals)
        values_found = [float64(g).reshape(shape) for g in found]
        return Gradients(dict(zip(names, values_found, strict=True)))
