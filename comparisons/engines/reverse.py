"""Eager reverse mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from comparisons.engines.engine import EveryPoint, Gradients, Setting, float64
from comparisons.engines.forward_pass import COTANGENT, run
from comparisons.subjects import Inputs, Subject


def backward(subject: Subject, leaves: Mapping[str, Any], cotangent: Any = None) -> Gradients:
    """The `.grad` of every leaf and line after one backward pass, and who requires one.

    Raises: as `run`.
    """
    import torch

    lines = run(subject, leaves)
    output = lines[subject.graph.output_name]
    for line in lines.values():
        if line.requires_grad:
            line.retain_grad()
    if output.requires_grad:
        seed = torch.ones_like(output) if cotangent is None else cotangent
        torch.autograd.backward(output, seed)
    named = {**leaves, **lines}
    return Gradients(
        {name: None if t.grad is None else float64(t.grad) for name, t in named.items()},
        {name: t.requires_grad for name, t in named.items()},
    )


def seeds(inputs: Inputs, setting: Setting) -> Any:
    """The cotangent that goes in, None for ones."""
    return setting.tensor(inputs[COTANGENT]) if COTANGENT in inputs else None


class Reverse(EveryPoint):
    """`Tensor.backward()` once, with the intermediate gradients retained."""

    name = "reverse"

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The `.grad` of every input and line. Raises: as `run`."""
        leaves = {
            i.name: setting.tensor(inputs[i.name]).requires_grad_() for i in subject.graph.inputs
        }
        return backward(subject, leaves, seeds(inputs, setting))


class Grad(EveryPoint):
    """`torch.autograd.grad`: gradients are returned, and nothing is accumulated."""

    name = "grad"

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The gradient of every input. Raises: as `run`."""
        import torch

        leaves = {
            i.name: setting.tensor(inputs[i.name]).requires_grad_() for i in subject.graph.inputs
        }
        output = run(subject, leaves)[subject.graph.output_name]
        if not output.requires_grad:
            return Gradients(dict.fromkeys(leaves))
        seed = seeds(inputs, setting)
        found = torch.autograd.grad(
            output,
            list(leaves.values()),
            torch.ones_like(output) if seed is None else seed,
            allow_unused=True,
        )
        values = [None if g is None else float64(g) for g in found]
        return Gradients(dict(zip(leaves, values, strict=True)))


class Accumulated(EveryPoint):
    """Two backward passes into the same `.grad`; half of their sum, which is exact, is judged."""

    name = "accumulated"

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """Half the accumulated gradient of every input. Raises: as `run`."""
        leaves = {
            i.name: setting.tensor(inputs[i.name]).requires_grad_() for i in subject.graph.inputs
        }
        seed = seeds(inputs, setting)
        once = backward(subject, leaves, seed).values
        first = {name: once[name] for name in leaves}
        twice = backward(subject, leaves, seed).values
        return Gradients({name: _half(twice[name], first[name], setting) for name in leaves})


def _half(twice: Any, once: Any, setting: Setting) -> Any:
    """Half the sum; where doubling overflows there is nothing to learn, and the first stands."""
    if twice is None:
        return None
    import numpy as np

    return np.where(np.abs(once) > setting.dtype.largest / 2, once, twice / 2)
