"""Call a subject and check what it returns, so that wrong results get a clear message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject
from symdiff import Graph

if TYPE_CHECKING:
    from torch import Tensor

_OF_EACH = "an elementwise function keeps the shape of its input"
_OF_ALL = (
    "a formula says what each entry is, and this is one number of all of them: return each, as "
    "reduction='none' does, or check the sum or mean with tensors, as in check(function, "
    "torch.randn(4), torch.randn(4), reference=torch_code)"
)


def run(subject: Subject, leaves: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Call the subject: its lines by name, of the shapes that its graph says.

    Raises: TypeError or ValueError, one sentence, if the callable does not return a tensor of the
        expected shape.
    """
    import torch

    output_name = subject.graph.output_name
    try:
        # Positional for a function of the user's, whose parameter names are its own.
        result: Any = (
            subject.forward(*leaves.values()) if subject.definition else subject.forward(**leaves)
        )
    except (RuntimeError, NotImplementedError) as error:
        dtype = next(iter(leaves.values())).dtype
        why = str(error).partition("\n")[0]
        raise TypeError(f"{subject} failed on {dtype} tensors: {why}") from error
    except Exception as error:
        error.add_note(f"{subject} was called with {', '.join(map(_said, leaves.values()))}")
        raise
    lines = dict(result) if isinstance(result, Mapping) else {output_name: result}
    output = lines.get(output_name)
    if not isinstance(output, torch.Tensor):
        raise TypeError(
            f"{subject} returned {type(output).__name__}; a tensor was expected: does it return?"
        )
    if not output.dtype.is_floating_point:
        raise TypeError(f"{subject} returned a tensor of {output.dtype}; a real float was expected")
    expected = _expected_shape(subject.graph, {k: tuple(t.shape) for k, t in leaves.items()})
    if not _fits(tuple(output.shape), expected):
        shape = tuple(output.shape)
        raise ValueError(
            f"{subject} returned shape {shape} where {expected} was expected; "
            + (_OF_ALL if subject.pointwise and not shape else _OF_EACH)
        )
    return lines


def output_of(subject: Subject) -> Callable[..., Any]:
    """The subject as a plain function from its inputs, in the graph's order, to its output."""
    names = [i.name for i in subject.graph.inputs]

    def function(*tensors: Any) -> Any:
        return run(subject, dict(zip(names, tensors, strict=True)))[subject.graph.output_name]

    return function


def leaf_values(subject: Subject, inputs: Inputs) -> dict[str, Any]:
    """The values of the graph's own inputs, broadcast to one shape if they are points."""
    names = [i.name for i in subject.graph.inputs]
    if not subject.pointwise:
        return {name: inputs[name] for name in names}
    shape = np.broadcast_shapes(*(np.shape(v) for v in inputs.values()))
    return {name: np.broadcast_to(inputs[name], shape) for name in names}


def _said(tensor: Tensor) -> str:
    """Type and shape, and the first number."""
    first = f" that begins with {tensor.flatten()[0].item()!r}" if tensor.numel() else ""
    return f"a {tensor.dtype} tensor of shape {tuple(tensor.shape)}{first}"


def _fits(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    return len(shape) == len(expected) and all(
        e in (None, s) for s, e in zip(shape, expected, strict=True)
    )


def _expected_shape(graph: Graph, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int | None, ...]:
    """The output's shape; None for the length of an axis that no input has, as CReLU's pair."""
    if not any(i.axes for i in graph.inputs):
        return np.broadcast_shapes(*shapes.values())
    lengths = {
        axis: length
        for i in graph.inputs
        for axis, length in zip(i.axes, shapes[i.name], strict=True)
    }
    return tuple(lengths.get(axis) for axis in graph.output.axes)
