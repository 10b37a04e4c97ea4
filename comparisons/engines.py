"""The ways torch differentiates; each gives the same gradients, or should."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.subjects import Inputs, Subject
from symdiff import Graph

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Gradients:
    """What torch computed: a gradient by name, None where it has none."""

    values: Mapping[str, Float64Array | None]  # exact values of the type, held in float64
    requires_grad: Mapping[str, bool]


class Engine(Protocol):
    """A way to differentiate."""

    name: str

    def gradients(self, subject: Subject, inputs: Inputs, dtype: FloatType) -> Gradients:
        """The gradient with respect to every named value, for a cotangent of ones (or `v`)."""
        ...


class Reverse:
    """Eager reverse mode: `Tensor.backward()` once, with the intermediate gradients retained."""

    name = "reverse"

    def gradients(self, subject: Subject, inputs: Inputs, dtype: FloatType) -> Gradients:
        """The `.grad` of every input and line after one backward pass.

        Raises: TypeError or ValueError, one sentence, if the callable does not return a tensor of
            the expected shape that depends on its inputs.
        """
        import torch

        # A copy: torch would write into the caller's array.
        tensors = {k: torch.tensor(v, dtype=dtype.torch) for k, v in inputs.items()}
        leaves = {i.name: tensors[i.name].requires_grad_() for i in subject.graph.inputs}
        lines = _run(subject, leaves)
        output = lines[subject.graph.output_name]
        for line in lines.values():
            if line.requires_grad:
                line.retain_grad()
        if output.requires_grad:
            torch.autograd.backward(output, tensors.get("v", torch.ones_like(output)))
        named = {**leaves, **lines}
        return Gradients(
            {name: None if t.grad is None else _float64(t.grad) for name, t in named.items()},
            {name: t.requires_grad for name, t in named.items()},
        )


ENGINES: Mapping[str, Engine] = {engine.name: engine for engine in (Reverse(),)}


def _run(subject: Subject, leaves: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The callable's lines by name, checked: wrong results are the user's to hear of."""
    import torch

    output_name = subject.graph.output_name
    try:
        # Positional for a function of the user's, whose parameter names are its own.
        result: Any = (
            subject.forward(*leaves.values()) if subject.definition else subject.forward(**leaves)
        )
    except (RuntimeError, NotImplementedError) as error:
        dtype = next(iter(leaves.values())).dtype
        raise TypeError(f"{subject} failed on {dtype} tensors: {error}") from error
    lines = dict(result) if isinstance(result, Mapping) else {output_name: result}
    output = lines.get(output_name)
    if not isinstance(output, torch.Tensor):
        raise TypeError(
            f"{subject} returned {type(output).__name__}; a tensor was expected: does it return?"
        )
    if not output.dtype.is_floating_point:
        raise TypeError(f"{subject} returned a tensor of {output.dtype}; a real float was expected")
    expected = _expected_shape(subject.graph, {k: tuple(t.shape) for k, t in leaves.items()})
    if tuple(output.shape) != expected:
        raise ValueError(
            f"{subject} returned shape {tuple(output.shape)} where {expected} was expected; "
            "an elementwise function keeps the shape of its input"
        )
    return lines


def _expected_shape(graph: Graph, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    if not any(i.axes for i in graph.inputs):
        return np.broadcast_shapes(*shapes.values())
    lengths = {
        axis: length
        for i in graph.inputs
        for axis, length in zip(i.axes, shapes[i.name], strict=True)
    }
    return tuple(lengths[axis] for axis in graph.output.axes)


def _float64(gradient: Tensor) -> Float64Array:
    import torch

    return np.asarray(gradient.detach().to(torch.float64).numpy())
