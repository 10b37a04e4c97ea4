"""Run a user's code of arrays once in other circumstances, and give values and gradients.

Those are judged already. What differs beyond all rounding is an error: not what another choice at a
tie would give.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array
from comparisons.subjects.own.bare import Bare

_RELATIVE = 2.0**-20  # of the norm, in float64; below it nothing is said
_RELATIVE_ELSE = 2.0**-8
_OF_ANOTHER_SHAPE = "the outputs' shapes do not go with those of the inputs"

Arrays = Mapping[str, Float64Array]


@dataclass(frozen=True, eq=False)
class Ran:
    """The values of outputs and the gradients of inputs, zeros where torch has None."""

    values: Arrays
    gradients: Arrays


def plain_run(
    case: Case, bare: Bare, inputs: Arrays, cotangents: Arrays, threads: int | None = None
) -> Ran:
    """Run the code at inputs, and differentiate it for cotangents of some or all of its outputs.

    Args: inputs and cotangents, by the names of inputs and outputs, in the user's shapes; threads,
        on how many of torch's it runs, if not on as many as there are.
    Raises: ValueError if an output has another shape than its cotangent; whatever the code raises.
    """
    import torch

    tensor = case.setting.tensor
    leaves = {name: tensor(value).requires_grad_() for name, value in inputs.items()}
    weights = {y: tensor(value) for y, value in cotangents.items()}
    before = torch.get_num_threads()
    try:
        if threads is not None:  # what is no code of the user's need not wait for another thread
            torch.set_num_threads(threads)
        outputs = bare.call(leaves)
        for y, weight in weights.items():
            if outputs[y].shape != weight.shape:
                raise ValueError(_OF_ANOTHER_SHAPE)
        asked = [y for y in cotangents if outputs[y].requires_grad]
        found: tuple[torch.Tensor | None, ...] = (None,) * len(leaves)
        if asked:
            found = torch.autograd.grad(
                [outputs[y] for y in asked],
                list(leaves.values()),
                [weights[y].to(outputs[y].dtype) for y in asked],
                allow_unused=True,
            )
    finally:
        if threads is not None:
            torch.set_num_threads(before)
    return Ran(
        {y: _numbers(t) for y, t in outputs.items()},
        {
            name: np.zeros(tuple(leaf.shape)) if g is None else _numbers(g)
            for (name, leaf), g in zip(leaves.items(), found, strict=True)
        },
    )


def _numbers(tensor: object) -> Float64Array:
    import torch

    assert isinstance(tensor, torch.Tensor)  # noqa: S101 - outputs and gradients are
    return np.asarray(tensor.detach().cpu().double().numpy())


def inputs_of(case: Case, bare: Bare) -> dict[str, Float64Array]:
    """The inputs of the case as arrays in the user's shapes."""
    return {
        name: np.reshape(case.inputs[name], shape)
        for name, shape in bare.shapes.items()
        if name not in bare.weights and name in case.inputs
    }


def cotangents_of(case: Case, bare: Bare) -> dict[str, Float64Array]:
    """The cotangent of each output in the user's shape."""
    return {y: np.reshape(case.inputs[v], bare.shapes[y]) for y, v in bare.weights.items()}


def differs(case: Case, name: str, got: Float64Array, wanted: Float64Array, times: float) -> bool:
    """Whether a gradient is off by more than all its roundings; NaN equals NaN.

    Args: name, whose allowance counts, for an array of any shape; times, how often.
    """
    both = np.isfinite(wanted)
    if (np.isfinite(got) != both).any():
        return True
    line = _RELATIVE if case.dtype.name == "float64" else _RELATIVE_ELSE
    allowed = case.tolerance(name)
    relative = np.linalg.norm(np.ravel(wanted[both])) * line
    rounding = np.linalg.norm(np.ravel(allowed[np.isfinite(allowed)])) * times
    off = np.linalg.norm(np.ravel((got - wanted)[both]))
    return bool(off > max(float(relative), float(rounding), case.dtype.smallest_normal))
