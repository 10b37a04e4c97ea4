"""A function of one variable as a problem of costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from comparisons.costs.chain import Call, called, chained, expression_of, z
from comparisons.costs.problem import Problem, Written
from comparisons.dtypes import Float64Array
from comparisons.frameworks.every import FRAMEWORKS
from comparisons.frameworks.libraries.jax import Jax
from comparisons.inputs.values import Inputs
from comparisons.subjects.catalogue.torch_calls import torch_call
from symdiff import Definition
from symdiff.application import pointwise

_ENDS = (-4.0, 4.0)
_POINTS = 129


def of_function(definition: Definition, depth: int) -> Problem:
    """The problem of an activation put into itself.

    Raises: ValueError, one sentence, if torch has none.
    """
    return Problem(
        str(definition),
        depth,
        chained(pointwise(definition), depth),
        called(torch_call(definition).function, depth),
        lambda: called(_in_jax(definition), depth),
        _values,
        {"z": _beside_kinks(definition)},
        lambda _: Written(expression_of(definition, depth), {z: ("z", ())}, {}),
        lambda numbers, _: {"z": np.ones(numbers)},
    )


def _beside_kinks(definition: Definition) -> Float64Array:
    """Where the error is measured: at a kink, any slope between both sides is right."""
    kinks = [float(kink.at) for kink in definition.kinks() if not kink.smooth]
    points = np.linspace(*_ENDS, _POINTS)
    return points[~np.isin(points, kinks)]


def _values(size: int) -> Inputs:
    return {"z": np.random.default_rng(0).uniform(*_ENDS, size)}


def _in_jax(definition: Definition) -> Call:
    framework = FRAMEWORKS["jax"]
    assert isinstance(framework, Jax)  # noqa: S101 - as registered
    if definition.name not in framework.functions:
        raise ValueError(f"JAX has no function for {definition.name!r}")
    known = framework.own(definition.name).definition(definition.name)
    if known.valued(known.formula) != definition.valued(definition.formula):
        raise ValueError("JAX documents another definition")
    function: Any = framework.subject(definition.name).forward
    return function
