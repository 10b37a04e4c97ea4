"""What is judged: a torch callable beside the graph whose adjoints it should have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import symdiff
from comparisons.dtypes import Float64Array, FloatType
from comparisons.torch_calls import torch_call
from symdiff import Definition, Graph

Inputs = Mapping[str, Float64Array]
Sample = Callable[[FloatType], Inputs]


@dataclass(frozen=True, eq=False)
class Subject:
    """A torch callable paired with its definition."""

    name: str
    graph: Graph  # what it computes, as documented
    forward: Callable[..., Any]  # tensors by the graph's input names → output, or named lines
    code: str  # the output in plain torch, in the graph's input names, for reproducing a finding
    definition: Definition | None = None  # where the graph is this one function
    sample: Sample | None = None  # the inputs to judge at; by default chosen from the definition

    def __str__(self) -> str:
        return self.name


def from_catalogue(definition: Definition) -> Subject:
    """torch's own function for a catalogue entry, at the entry's parameters.

    Raises: ValueError if torch has no such function, or none with these parameters.
    """
    call = torch_call(definition)
    return Subject(
        str(definition), symdiff.pointwise(definition), call, call.code, definition=definition
    )


def from_function(function: Callable[..., Any], definition: Definition) -> Subject:
    """A user's torch function beside what it should compute."""
    name = getattr(function, "__name__", type(function).__name__)
    module = getattr(function, "__module__", None)
    qualified = name if module in (None, "__main__") else f"{module}.{name}"
    code = f"{qualified}({', '.join(definition.variables)})"
    label = f"{name} as {definition}" if name != str(definition) else name
    return Subject(label, symdiff.pointwise(definition), function, code, definition=definition)
