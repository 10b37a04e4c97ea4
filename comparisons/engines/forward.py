"""Forward mode: a tangent of ones in one input at a time."""

from __future__ import annotations

from typing import Any

from comparisons.engines.engine import (
    Gradients,
    Pointwise,
    Setting,
    float64,
    own_deprecations_ignored,
)
from comparisons.engines.forward_pass import COTANGENT, leaf_values, output_of
from comparisons.subjects import Inputs, Subject


def _tangents(inputs: Inputs, setting: Setting, like: Any) -> Any:
    """The tangent that goes in: of a function point by point, the same numbers as a cotangent."""
    import torch

    return setting.tensor(inputs[COTANGENT]) if COTANGENT in inputs else torch.ones_like(like)


class Jvp(Pointwise):
    """`torch.func.jvp`."""

    name = "jvp"

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The slope in each input. Raises: as `run`."""
        import torch

        function = output_of(subject)
        primals = [setting.tensor(v) for v in leaf_values(subject, inputs).values()]
        found = {}
        for i, leaf in enumerate(subject.graph.inputs):
            tangents = [torch.zeros_like(p) for p in primals]
            tangents[i] = _tangents(inputs, setting, primals[i])
            with own_deprecations_ignored():
                slope = torch.func.jvp(function, tuple(primals), tuple(tangents))[1]
            found[leaf.name] = float64(slope)
        return Gradients(found)


class DualNumbers(Pointwise):
    """`torch.autograd.forward_ad`: dual tensors through the plain function."""

    name = "forward_ad"

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The slope in each input. Raises: as `run`."""
        from torch.autograd import forward_ad as untyped

        forward_ad: Any = untyped
        function = output_of(subject)
        primals = [setting.tensor(v) for v in leaf_values(subject, inputs).values()]
        found: dict[str, Any] = {}
        for i, leaf in enumerate(subject.graph.inputs):
            with own_deprecations_ignored(), forward_ad.dual_level():
                duals = list(primals)
                duals[i] = forward_ad.make_dual(primals[i], _tangents(inputs, setting, primals[i]))
                tangent = forward_ad.unpack_dual(function(*duals)).tangent
                found[leaf.name] = None if tangent is None else float64(tangent)
        return Gradients(found)
