"""Make subjects of functions applied point by point: the catalogue's, and a user's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import symdiff
from comparisons.inputs.values import COTANGENT
from comparisons.subjects.catalogue.torch_calls import TORCH_CALLS, torch_call
from comparisons.subjects.own.origin import origin_of
from comparisons.subjects.subject import Subject
from symdiff import Definition


def from_catalogue(definition: Definition) -> Subject:
    """The subject of a catalogue entry: torch's own function, or the usual code for it.

    Raises: ValueError if there is no torch code for it, or none with these parameters.
    """
    call = torch_call(definition)
    return Subject(
        str(definition),
        symdiff.pointwise(definition),
        call,
        call.code,
        definition=definition,
        of_torch=definition.name in TORCH_CALLS,
    )


def from_function(function: Callable[..., Any], definition: Definition) -> Subject:
    """The subject of a user's torch function and what it should compute."""
    origin = origin_of(function)
    graph = symdiff.pointwise(definition)
    return Subject(
        f"{origin.name} as {definition}" if origin.name != str(definition) else origin.name,
        graph,
        function,
        f"{origin.path}({', '.join(definition.variables)})",
        definition=definition,
        of_user=True,
        origin=origin,
        labels={COTANGENT: f"{graph.output_name} (the value)"},
    )
