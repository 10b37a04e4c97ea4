"""Judge a user's function of a framework's arrays by plain torch code that computes the same.

The graph is read off the torch code, and knows no framework; the subject's output is L = Σ v ∘ y
over all outputs y, as of captured torch code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from comparisons.dtypes import FloatType
from comparisons.frameworks.array_framework import ArrayFramework
from comparisons.frameworks.arrays import Array
from comparisons.subjects.choose import Given
from comparisons.subjects.own.from_code import from_code
from comparisons.subjects.own.written_call import written_call
from comparisons.subjects.subject import Subject

Shape = tuple[int, ...]


def beside_reference(
    framework: ArrayFramework, function: Callable[..., Any], given: Given, dtype: FloatType
) -> Subject:
    """The subject of the function and its reference; torch's tensors say shapes and inputs.

    Raises: ValueError, in one sentence, if the reference cannot be captured; TypeError if no
        tensor is given.
    """
    import torch
    from torch.utils._pytree import tree_flatten

    from comparisons.capture import capture

    assert given.reference is not None  # noqa: S101 - asked for only then
    if not given.is_call:
        raise TypeError(
            "reference= needs torch's tensors to be called with, as in compare(function, "
            "torch.randn(4), reference=other)"
        )
    described = from_code(given.reference, given.values, given.keywords, dtype)
    captured = capture(given.reference, *given.values, **given.keywords)
    names = tuple(captured.inputs)
    leaves, structure = tree_flatten((given.values, dict(given.keywords)))
    real = [i for i, a in enumerate(leaves) if _is_real(a)]
    asked = [i for i in real if leaves[i].requires_grad] or real
    if len(asked) != len(names):
        raise ValueError(
            f"the reference has {len(names)} inputs and {len(asked)} tensors were given; with "
            f"{framework.title} the inputs are the tensors given, so write parameters as arguments"
        )
    constants = {i: a for i, a in enumerate(leaves) if isinstance(a, torch.Tensor)}
    call = _Call(
        framework,
        function,
        leaves,
        structure,
        asked,
        {i: a.detach().cpu() for i, a in constants.items() if i not in asked},
        dtype,
    )
    shapes = [tuple(captured.shapes[name]) for name in (*names, *captured.outputs)]
    weighted = _Weighted(framework, call, shapes[: len(names)], shapes[len(names) :])
    text = written_call(function, list(names), given.values, given.keywords)
    weights = [i.name for i in described.graph.inputs if i.name not in names]
    parts = [f"({v} * {text.text}).sum()" for v in weights]
    return replace(
        described,
        name=getattr(function, "__name__", type(function).__name__),
        forward=weighted,
        code=parts[0] if len(parts) == 1 else f"Σ v ∘ y of {text.text}",
        origin=text.origin,
        framework=framework.name,
    )


def _is_real(leaf: Any) -> bool:
    import torch

    return isinstance(leaf, torch.Tensor) and leaf.is_floating_point()


@dataclass(frozen=True, eq=False)
class _Call:
    """The function at the arguments given, with arrays of the framework where torch's were."""

    framework: ArrayFramework
    function: Callable[..., Any]
    leaves: Sequence[Any]
    structure: Any
    inputs: Sequence[int]
    constants: Mapping[int, Any]
    dtype: FloatType

    def __call__(self, *arrays: Array) -> list[Array]:
        from torch.utils._pytree import tree_unflatten

        values = list(self.leaves)
        for i, constant in self.constants.items():
            values[i] = self._constant(constant)
        for i, array in zip(self.inputs, arrays, strict=True):
            values[i] = array
        positional, named = tree_unflatten(values, self.structure)
        found = self.function(*positional, **named)
        return list(found) if isinstance(found, tuple | list) else [found]

    def _constant(self, tensor: Any) -> Array:
        """Numbers of the type computed in; indices as they are."""
        if not tensor.is_floating_point():
            return self.framework.whole(tensor.numpy())
        return self.framework.array(self.dtype.round(tensor.double().numpy()), self.dtype)


@dataclass(frozen=True, eq=False)
class _Weighted:
    """L = Σ v ∘ y, of the inputs and the weights in the graph's order."""

    framework: ArrayFramework
    call: _Call
    inputs: Sequence[Shape]
    outputs: Sequence[Shape]

    def __call__(self, *leaves: Array) -> Array:
        given = zip(leaves, self.inputs, strict=False)
        found = self.call(*(self.framework.reshaped(a, shape) for a, shape in given))
        shapes = [self.framework.shape(y) for y in found]
        if shapes != [*self.outputs]:
            raise ValueError(
                f"{getattr(self.call.function, '__name__', 'the function')} returned arrays of the "
                f"shapes {shapes} and the reference {[*self.outputs]}; both have to return the same"
            )
        weights = leaves[len(self.inputs) :]
        parts = [
            self.framework.total(self.framework.reshaped(v, shape), y)
            for v, y, shape in zip(weights, found, self.outputs, strict=True)
        ]
        return sum(parts[1:], parts[0])
