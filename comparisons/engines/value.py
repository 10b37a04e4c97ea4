"""The function itself: a right gradient of a wrong value is no pass."""

from __future__ import annotations

from comparisons.engines.call import leaf_values, run
from comparisons.engines.engine import Gradients, Pointwise, Setting, float64
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.subjects.subject import Subject


class Value(Pointwise):
    """What the function returns, as the adjoint of the cotangent v in v · f(z)."""

    name = "value"
    summary = "The function's values, without differentiating."

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The output, under the name of the cotangent."""
        import torch

        leaves = {k: setting.tensor(v) for k, v in leaf_values(subject, inputs).items()}
        with torch.no_grad():
            output = run(subject, leaves)[subject.graph.output_name]
        return Gradients({COTANGENT: float64(output)})

    def statement(self, shown: Snippet) -> str:
        """The call."""
        return f"print(({shown.code})[{shown.index}].item())"
