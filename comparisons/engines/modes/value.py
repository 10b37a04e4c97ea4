"""Judge the function's value: a right gradient of a wrong value is no pass."""

from __future__ import annotations

from typing import Literal

from comparisons.engines.call import leaf_values, run
from comparisons.engines.engine import Gradients, Pointwise, Setting, float64
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.subjects.subject import Subject

Mode = Literal["no_grad", "enable_grad", "inference_mode"]


class Value(Pointwise):
    """The value of the function, which is the adjoint of the cotangent v in v · f(z)."""

    name = "value"

    def __init__(self, mode: Mode = "no_grad") -> None:
        self.mode = mode
        self.summary = f"The function's values under `torch.{mode}()`."

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The output, under the name of the cotangent."""
        import torch

        with getattr(torch, self.mode)():
            leaves = {k: setting.tensor(v) for k, v in leaf_values(subject, inputs).items()}
            if self.mode == "enable_grad":
                leaves = {k: t.requires_grad_() for k, t in leaves.items()}
            output = run(subject, leaves)[subject.graph.output_name]
        return Gradients({COTANGENT: float64(output)})

    def statement(self, shown: Snippet) -> str:
        """The statement that calls the function."""
        call = f"print(({shown.code})[{shown.index}].item())"
        return f"torch.set_grad_enabled({self.mode == 'enable_grad'}); {call}"
