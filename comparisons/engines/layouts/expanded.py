"""Run reverse mode over tensors of stride 0, as `expand` and the gradient of `sum` give."""

from __future__ import annotations

import numpy as np

from comparisons.engines.backward import backward, backward_statement
from comparisons.engines.call import leaf_values
from comparisons.engines.engine import Gradients, Pointwise, Setting
from comparisons.engines.snippet import AmongPoints, Snippet
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.subjects.subject import Subject
from symdiff.array_types import IndexArray

_MOST = 64  # points; each costs a forward and a backward pass of its own
_TIMES = 3  # as often is one number expanded


class Expanded(Pointwise):
    """Reverse mode over one number expanded: as input, as cotangent, as both, in turn."""

    name = "expanded"
    summary = "Inputs or cotangents of stride 0, one number expanded."

    def chosen(self, size: int) -> IndexArray | None:
        """The first points, each as often as it is expanded."""
        return np.repeat(np.arange(min(size, _MOST)), _TIMES)

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The `.grad` of every input."""
        values = leaf_values(subject, inputs)
        shape = next(iter(values.values())).shape
        values = {k: v.reshape(-1, _TIMES) for k, v in values.items()}
        given = np.broadcast_to(inputs.get(COTANGENT, np.ones(())), shape).reshape(-1, _TIMES)
        found: dict[str, list[object]] = {name: [] for name in values}
        for i, v in enumerate(given):
            leaves = {}
            for name, rows in values.items():
                whole, one = setting.tensor(rows[i]), setting.tensor(rows[i][:1])
                leaf = whole if i % 3 == 1 else one.expand(_TIMES)
                leaves[name] = leaf.requires_grad_()
            whole, one = setting.tensor(v), setting.tensor(v[:1])
            part = backward(subject, leaves, whole if i % 3 == 0 else one.expand(_TIMES)).values
            for name, parts in found.items():
                value = part[name]
                parts.append(np.zeros(_TIMES) if value is None else value)
        return Gradients({k: np.stack(parts).reshape(shape) for k, parts in found.items()})  # type: ignore[arg-type]  # arrays

    def statement(self, shown: Snippet) -> str:
        """The statements of a plain backward: the layout is in the tensor."""
        return backward_statement(shown)

    def point(self, value: str, options: str, place: AmongPoints) -> tuple[str, str]:  # noqa: ARG002 - the same anywhere
        """The text of one number, expanded."""
        return f"torch.full((1,), {value}, {options}).expand({_TIMES}).requires_grad_()", "0"
