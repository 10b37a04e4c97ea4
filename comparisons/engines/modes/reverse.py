"""Run eager reverse mode."""

from __future__ import annotations

from comparisons.engines.backward import backward, backward_statement
from comparisons.engines.engine import Engine, Gradients, Setting
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class Reverse(Engine):
    """Reverse mode by `Tensor.backward()`, as every training loop does it."""

    name = "reverse"
    summary = "`Tensor.backward()` once, with the intermediate gradients retained."

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The `.grad` of every input and line."""
        leaves, seed = setting.leaves(subject, inputs), setting.cotangent(inputs)
        return backward(subject, leaves, seed, lines=setting.lines, ones_like=setting.ones_like)

    def statement(self, shown: Snippet) -> str:
        """The statements of `backward`, then `.grad`."""
        return backward_statement(shown)
