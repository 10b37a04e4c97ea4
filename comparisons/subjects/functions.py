"""Functions applied point by point as subjects: the catalogue's, and a user's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import symdiff
from comparisons.subjects.subject import Subject
from comparisons.subjects.torch_calls import TORCH_CALLS, torch_call
from symdiff import Definition


def from_catalogue(definition: Definition) -> Subject:
    """torch's own function for a catalogue entry, or its usual code, at the entry's parameters.

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
    """A user's torch function beside what it should compute."""
    name = getattr(function, "__name__", type(function).__name__)
    module = getattr(function, "__module__", None)
    qualified = name if module in (None, "__main__") else f"{module}.{name}"
    code = f"{qualified}({', '.join(definition.variables)})"
    label = f"{name} as {definition}" if name != str(definition) else name
    return Subject(label, symdiff.pointwise(definition), function, code, definition=definition)
