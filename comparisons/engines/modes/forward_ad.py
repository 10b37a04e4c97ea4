"""Run forward mode by dual tensors."""

from __future__ import annotations

from typing import Any

from comparisons.engines.backward import Converted
from comparisons.engines.call import leaf_values, output_of
from comparisons.engines.engine import (
    Gradients,
    Pointwise,
    Setting,
    own_deprecations_ignored,
)
from comparisons.engines.modes.jvp import require_tangents, tangent_for, tangent_text
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class ForwardAD(Pointwise):
    """Forward mode by `torch.autograd.forward_ad`."""

    name = "forward_ad"
    summary = "`torch.autograd.forward_ad`: dual tensors through the plain function."
    requiring_grad = ""

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The slope in each input, by a tangent of ones in it."""
        from torch.autograd import forward_ad as untyped

        forward_ad: Any = untyped
        function = output_of(subject)
        primals = [setting.tensor(v) for v in leaf_values(subject, inputs).values()]
        require_tangents(function, primals)
        found: dict[str, Any] = {}
        for i, leaf in enumerate(subject.graph.inputs):
            with own_deprecations_ignored(), forward_ad.dual_level():
                duals = list(primals)
                duals[i] = forward_ad.make_dual(
                    primals[i], tangent_for(inputs, setting, primals[i])
                )
                tangent = forward_ad.unpack_dual(function(*duals)).tangent
                found[leaf.name] = tangent
        return Gradients(Converted(found))

    def statement(self, shown: Snippet) -> str:
        """The statements that enter a level of dual numbers, and leave it."""
        dual = f"{shown.name} = fwd.make_dual({shown.name}, {tangent_text(shown)})"
        printed = shown.printed(f"fwd.unpack_dual({shown.code}).tangent")
        return (
            "import torch.autograd.forward_ad as fwd; fwd.enter_dual_level(); "
            f"{dual}; {printed}; fwd.exit_dual_level()"
        )
