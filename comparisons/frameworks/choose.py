"""Turn what a user gives and the framework's name into the subject that is judged."""

from __future__ import annotations

from typing import Any

import symdiff
from comparisons.dtypes import FloatType
from comparisons.frameworks.array_framework import ArrayFramework
from comparisons.frameworks.user_code import beside_reference
from comparisons.subjects.choose import Given
from comparisons.subjects.subject import Subject
from symdiff import Definition


def subject_of_framework(
    subject: Any, given: Given, dtype: FloatType, framework: ArrayFramework
) -> Subject:
    """A framework's own function by name, or a user's with its definition or its reference.

    Raises: TypeError or ValueError, one sentence, if it cannot be a subject; ModuleNotFoundError,
        with the line that installs it, if the framework is not there.
    """
    reason = framework.missing()
    if reason is not None:
        raise ModuleNotFoundError(reason)
    if isinstance(subject, Subject):
        return subject
    if given.gradient is not None or given.order != 1:
        raise TypeError("gradient= and order= are for torch code; give a definition or reference=")
    if isinstance(subject, str):
        if given.values or given.keywords or given.reference is not None:
            raise TypeError(
                f"compare({subject!r}, framework={framework.name!r}) judges the framework's own "
                "function as it is; to judge another, pass the function first"
            )
        return framework.subject(subject)
    if not callable(subject):
        raise TypeError(
            f"compare takes a name or a function of {framework.title}'s arrays, "
            f"not {type(subject).__name__}"
        )
    if given.reference is not None:
        return beside_reference(framework, subject, given, dtype)
    if given.definition is None or given.is_call:
        raise TypeError(
            f"a function of {framework.title} needs a definition, as in compare(function, "
            f"'z * Phi(z)', framework={framework.name!r}), or torch's tensors and reference= in "
            "torch code"
        )
    return framework.of_user(subject, _definition(given))


def _definition(given: Given) -> Definition:
    described = given.definition
    if isinstance(described, str) and described in symdiff.losses:
        return symdiff.loss(described, **given.keywords)
    return symdiff.activation(described, **given.keywords)
