"""Run two backward passes into one gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.engines.backward import backward
from comparisons.engines.engine import Engine, Gradients, Setting
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class Accumulated(Engine):
    """Gradient accumulation, as over two micro-batches."""

    name = "accumulated"
    summary = (
        "Two backward passes into the same `.grad`; half of their sum, which is exact, is judged."
    )

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """Half the accumulated gradient of every input."""
        leaves, seed = setting.leaves(subject, inputs), setting.cotangent(inputs)
        once = dict(backward(subject, leaves, seed).values)  # before it changes
        _unshare(leaves)
        twice = backward(subject, leaves, seed).values
        return Gradients({name: _half(twice[name], once[name], setting) for name in leaves})

    def statement(self, shown: Snippet) -> str:
        """The statements that print half of the sum, unless the sum overflows."""
        step, entry = f"{shown.total}.backward({shown.cotangent})", f"[{shown.index}].item()"
        grad = f"{shown.name}.grad"
        if not shown.index:
            return f"{step}; {step}; print({grad})"
        return (
            f"{step}; once = {grad}{entry}; {step}; "
            f"print(once if abs(once) > torch.finfo({grad}.dtype).max / 2 else {grad}{entry} / 2)"
        )


def _unshare(leaves: Mapping[str, Any]) -> None:
    """Give each leaf a gradient of its own.

    torch hands views of one tensor to x and y of x.reshape(n) + y.reshape(n), and accumulates into
    both twice. The reshape is that of this package, which gives leaves a graph's shapes.
    """
    for leaf in leaves.values():
        if leaf.grad is not None:
            leaf.grad = leaf.grad.clone()


def _half(twice: Any, once: Any, setting: Setting) -> Float64Array | None:
    """Half the sum; where doubling overflows there is nothing to learn, and the first stands."""
    if twice is None:
        return None
    return np.where(np.abs(once) > setting.dtype.largest / 2, once, twice / 2)
