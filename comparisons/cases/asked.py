"""Turn what a user asks for into a case: choose its inputs and its cotangent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array, FloatType
from comparisons.engines.beyond import and_beyond
from comparisons.engines.engine import Setting
from comparisons.engines.undisturbed import undisturbed
from comparisons.inputs.cotangents import cotangent_of
from comparisons.inputs.points import Points, points_of
from comparisons.inputs.values import COTANGENT, Inputs, array_of
from comparisons.judge.budget import Budget
from comparisons.judge.truth import Truth
from comparisons.subjects.subject import Subject


@dataclass(frozen=True, eq=False)
class Asked:
    """A user's request, whatever the engine: subject, type, inputs or points, cotangent, budget."""

    subject: Subject
    dtype: FloatType
    inputs: Mapping[str, npt.ArrayLike] | None = None  # by default chosen
    points: Points | None = None  # how they are chosen
    cotangent: str | npt.ArrayLike = "ones"
    device: str = "cpu"
    budget: Budget | None = None

    def __post_init__(self) -> None:
        """Check that the budget is a `Budget`.

        Raises: TypeError if the budget is none.
        """
        if not isinstance(self.budget, Budget | None):
            raise TypeError(
                f"budget takes a comparisons.Budget, such as Budget(accurate=4, absolute=32), not "
                f"{self.budget!r}"
            )


@undisturbed()
def case_of(asked: Asked) -> Case:
    """Make the case that was asked for, its inputs chosen.

    Raises: ValueError, one sentence, if the inputs or the cotangent are not the subject's, there
        is no such device, or nothing says where to compare.
    """
    subject, truth = asked.subject, Truth(asked.subject.graph)
    setting = Setting(asked.dtype, _device(asked.device))
    at = dict(_inputs(asked, truth, setting))
    if not subject.pointwise and COTANGENT not in at:
        if not isinstance(asked.cotangent, str) or asked.cotangent != "ones":
            raise ValueError(f"the output of {subject} is one number; its cotangent is 1")
        return Case(subject, truth, setting, at, asked.budget or Budget())
    shapes = at if subject.pointwise else {COTANGENT: at[COTANGENT]}
    shape = np.broadcast_shapes(*(v.shape for v in shapes.values()))
    name, values = cotangent_of(asked.cotangent, shape, asked.dtype)
    if values is not None:
        at[COTANGENT] = values
    return Case(subject, truth, setting, at, asked.budget or Budget(), name)


def _inputs(asked: Asked, truth: Truth, setting: Setting) -> Inputs:
    """The inputs to compare at: the user's, the subject's own sample, or chosen points."""
    subject, definition, dtype = asked.subject, asked.subject.definition, asked.dtype
    if asked.points is not None and asked.points not in get_args(Points):
        raise ValueError(f"unknown points {asked.points!r}; choose 'structured' or 'all'")
    if asked.inputs is not None:
        names = truth.adjoints.signature.inputs
        if set(asked.inputs) != set(names):
            raise ValueError(
                f"inputs= names {', '.join(map(str, asked.inputs)) or 'nothing'}, and {subject} "
                f"takes {', '.join(names)}; give an array for each of these"
            )
        return {k: dtype.round(array_of(k, asked.inputs[k])) for k in names}
    if subject.sample is not None and asked.points != "all":
        return subject.sample(dtype)
    if definition is None:
        if asked.points == "all":
            raise ValueError(f"points='all' is for functions of one variable; {subject} is none")
        raise ValueError(f"{subject} does not say where to compare; give inputs=, by name")
    variable = definition.variables[0]

    def derivative(z: Float64Array) -> Float64Array:
        return truth.approximate({variable: z})[variable]

    constant = variable not in truth.adjoints  # its derivative has no roots
    at = points_of(definition, dtype, asked.points, None if constant else derivative)
    return at if len(definition.variables) == 1 else and_beyond(subject, at, setting)


def _device(name: str) -> str:
    import torch

    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"torch cannot compute on the device {name!r} here: {reason}; leave device= out for "
            "the CPU"
        ) from None
    return name
