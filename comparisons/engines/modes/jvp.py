"""Run `torch.func.jvp` with a tangent of ones in one input at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from comparisons.engines.backward import Converted
from comparisons.engines.call import leaf_values, output_of
from comparisons.engines.engine import (
    Gradients,
    Pointwise,
    Setting,
    own_deprecations_ignored,
)
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class Jvp(Pointwise):
    """Forward mode as the Jacobian-vector product of `torch.func.jvp`."""

    name = "jvp"
    summary = "`torch.func.jvp`."
    requiring_grad = ""

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The slope in each input, by a tangent of ones in it."""
        import torch

        function = output_of(subject)
        primals = [setting.tensor(v) for v in leaf_values(subject, inputs).values()]
        require_tangents(function, primals)
        found = {}
        for i, leaf in enumerate(subject.graph.inputs):
            tangents = [torch.zeros_like(p) for p in primals]
            tangents[i] = tangent_for(inputs, setting, primals[i])
            with own_deprecations_ignored():
                slope = torch.func.jvp(function, tuple(primals), tuple(tangents))[1]
            found[leaf.name] = slope
        return Gradients(Converted(found))

    def statement(self, shown: Snippet) -> str:
        """The statement that pushes a tangent through the one input."""
        name, tangent = shown.name, tangent_text(shown)
        return shown.printed(
            f"torch.func.jvp(lambda {name}: {shown.code}, ({name},), ({tangent},))[1]"
        )


def require_tangents(function: Callable[..., Any], primals: Sequence[Any]) -> None:
    """Check that each `autograd.Function` on the way has a forward mode.

    Raises: NotImplementedError if an `autograd.Function` on the way has no forward mode.

    torch raises itself for one of the user's; for a backward that is registered for an operator of
    `torch.library` it gives a tangent of zeros.
    """
    import torch

    from comparisons.capture.captured import functions_in

    output = function(*(primal.detach().clone().requires_grad_() for primal in primals))
    for kind in functions_in([output]):
        if kind.jvp is torch.autograd.Function.jvp:
            raise NotImplementedError(f"there is no forward mode of {kind.__name__}")


def tangent_for(inputs: Inputs, setting: Setting, primal: Any) -> Any:
    """The tangent to put in: of a function applied point by point, the cotangent's numbers."""
    given = setting.cotangent(inputs)
    return setting.ones_like(primal) if given is None else given


def tangent_text(shown: Snippet) -> str:
    """The tangent in plain torch."""
    return shown.cotangent or f"torch.ones_like({shown.name})"
