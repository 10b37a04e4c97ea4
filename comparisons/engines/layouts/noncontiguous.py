"""Run reverse mode over arrays whose memory is reversed."""

from __future__ import annotations

import numpy as np

from comparisons.engines.backward import backward, backward_statement
from comparisons.engines.engine import Engine, Gradients, Setting
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class NonContiguous(Engine):
    """Reverse mode over non-contiguous arrays, such as a transposed matrix."""

    name = "noncontiguous"
    summary = (
        "Every array of a graph with its memory reversed: what a transposed matrix is to a kernel."
    )

    def refuses(self, subject: Subject) -> str | None:
        """Refuse points, which have no axes to exchange: `strided`, `transposed` are for them.

        And what goes by the order of memory: torch draws random numbers in it, so in another
        layout an entry gets another one.
        """
        if subject.by_memory:
            return f"{subject} {subject.by_memory}"
        if not any(len(i.axes) > 1 for i in subject.graph.inputs):
            return f"{subject} has no matrix whose memory could be laid out otherwise"
        return None

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The `.grad` of every input and line."""
        leaves = {}
        for i in subject.graph.inputs:
            values = np.asarray(inputs[i.name])
            tensor = setting.empty(values.shape[::-1]).permute(tuple(_reversed(values.ndim)))
            tensor.copy_(setting.tensor(values))
            leaves[i.name] = tensor.requires_grad_()
        return backward(subject, leaves, setting.cotangent(inputs))

    def statement(self, shown: Snippet) -> str:
        """The statements of a plain backward: the layout is in the tensors."""
        return backward_statement(shown)

    def array(self, entries: str, options: str, axes: int) -> str:
        """The text of an array of these entries with its memory reversed."""
        if axes < 2:
            return super().array(entries, options, axes)
        order = f".permute({', '.join(map(str, _reversed(axes)))})"
        return f"torch.tensor({entries}, {options}){order}.contiguous(){order}.requires_grad_()"


def _reversed(axes: int) -> range:
    return range(axes)[::-1]
