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
Described = Any  # a name, text, a SymPy expression (untyped) or a Definition


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


def subject_of(
    subject: Any, definition: Described | None, parameters: Mapping[str, object]
) -> Subject:
    """What `compare` was asked to judge, as a `Subject`.

    Raises: TypeError or ValueError, one sentence, if it cannot be one.
    """
    if isinstance(subject, Subject):
        if definition is not None or parameters:
            raise TypeError(f"{subject} has its definition already; give nothing beside it")
        return subject
    if isinstance(subject, str | Definition):
        if definition is not None:
            raise TypeError(
                f"compare({str(subject)!r}, …) judges torch's own function; to judge one of yours, "
                "pass the function first and its definition second"
            )
        from comparisons.array_subjects import array_subject, is_array_subject

        if is_array_subject(subject):
            return array_subject(str(subject), parameters)
        return from_catalogue(_definition(subject, parameters))
    if isinstance(subject, Graph):
        raise TypeError(
            f"{subject.name} is a graph without torch code; see comparisons.neuron, linear_layer"
        )
    if not callable(subject):
        raise TypeError(
            f"compare takes a name, a torch function or a Subject, not {type(subject).__name__}"
        )
    described = None if definition is None else _definition(definition, parameters)
    if _is_module(subject):
        from comparisons.modules import definition_of, with_parameters

        described = described or definition_of(subject)
        if described is not None and any(True for _ in subject.parameters()):
            return with_parameters(subject, described)
    if described is None:
        raise TypeError(
            "a torch function needs its definition, such as compare(function, 'z * Phi(z)')"
        )
    return from_function(subject, described)


def _is_module(subject: Any) -> bool:
    """Whether it is a torch.nn.Module; torch is not imported to find out."""
    return any(c.__module__.startswith("torch.nn.modules") for c in type(subject).__mro__)


def _definition(described: Described, parameters: Mapping[str, object]) -> Definition:
    """By the name of a loss; else as an activation: a name, a formula in z, or a Definition."""
    if isinstance(described, str) and described in symdiff.losses:
        return symdiff.loss(described, **parameters)
    return symdiff.activation(described, **parameters)
