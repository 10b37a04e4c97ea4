"""Run one backward pass, as most engines do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from comparisons.dtypes import Float64Array
from comparisons.engines.call import run
from comparisons.engines.engine import Gradients, float64
from comparisons.engines.snippet import Snippet
from comparisons.subjects.subject import Subject


def backward(
    subject: Subject,
    leaves: Mapping[str, Any],
    cotangent: Any = None,
    *,
    lines: bool = True,
    ones_like: Callable[[Any], Any] | None = None,
) -> Gradients:
    """Run one backward pass: the `.grad` of every leaf and line, and which require one.

    Args: lines, whether those of lines are asked for: torch copies each that it retains; ones_like,
        what makes the cotangent where none is given, by default torch.
    Raises: TypeError or ValueError, one sentence, if the subject returns another thing than a
        tensor of the expected shape.
    """
    import torch

    made = run(subject, leaves)
    output = made[subject.graph.output_name]
    kept = made if lines else {}
    for line in kept.values():
        if line.requires_grad:
            line.retain_grad()
    if output.requires_grad:
        seed = (ones_like or torch.ones_like)(output) if cotangent is None else cotangent
        torch.autograd.backward(output, seed)
    named = {**leaves, **kept}
    return Gradients(
        Converted({name: t.grad for name, t in named.items()}),
        {name: t.requires_grad for name, t in named.items()},
    )


class Converted(Mapping[str, Float64Array | None]):
    """Gradients by name, converted to float64 arrays when they are asked for."""

    def __init__(self, tensors: Mapping[str, Any]) -> None:
        self._tensors = tensors

    def __getitem__(self, name: str) -> Float64Array | None:
        tensor = self._tensors[name]
        return None if tensor is None else float64(tensor)

    def held(self, name: str) -> Any:
        """The gradient as torch holds it, in its own type; None where there is none."""
        tensor = self._tensors[name]
        return None if tensor is None else tensor.detach().cpu().numpy()

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)


def backward_statement(shown: Snippet) -> str:
    """The statement in plain torch that runs the backward pass and prints an entry."""
    gradient = shown.printed(f"{shown.name}.grad")
    return f"{shown.total}.backward({shown.cotangent}); {gradient}"
