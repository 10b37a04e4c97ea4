"""From what a user gives, a name, a function, a module, to the subject that is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import symdiff
from comparisons.subjects.functions import from_catalogue, from_function
from comparisons.subjects.layers import LAYERS
from comparisons.subjects.losses import LOSSES
from comparisons.subjects.subject import Subject
from symdiff import Definition, Graph

Described = Any  # a name, text, a SymPy expression (untyped) or a Definition


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
        of_arrays = {**LAYERS, **LOSSES}.get(subject) if isinstance(subject, str) else None
        if of_arrays is not None:
            return of_arrays.subject(**parameters)
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
        from comparisons.subjects.modules import definition_of, with_parameters

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
