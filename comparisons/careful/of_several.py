"""Choose what else to ask of a user's function of several variables, judged by a formula.

Its values and, for cotangents of both signs, its gradients at points of moderate size; then the
same code as it runs on tensors: layouts, lengths, modes, whatever is asked without a formula.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from comparisons.careful.numbers.nan_in_points import nan_in_points
from comparisons.careful.of_arrays import of_arrays
from comparisons.careful.of_points import MODERATE
from comparisons.careful.unasked import Unasked
from comparisons.cases.asked import Asked, case_of
from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array
from comparisons.engines.modes.reverse import Reverse
from comparisons.engines.modes.value import Value
from comparisons.engines.undisturbed import calling
from comparisons.inputs.several import usual
from comparisons.inputs.values import COTANGENT, Inputs, seeded
from comparisons.results.comparison import Comparison
from comparisons.subjects.own.from_code import from_code

_SOME = 48  # points of usual size, for the code on tensors


def of_several(case: Case, *, elsewhere: bool) -> Iterator[Comparison | Unasked]:
    """The answers one by one; what the code refuses with an exception is not held against it.

    Args: elsewhere, whether at other points than the case's.
    """
    definition = case.subject.definition
    assert definition is not None  # noqa: S101 - it is judged by a formula
    given = {n: np.asarray(case.inputs[n]) for n in definition.variables}
    if elsewhere and all(np.isfinite(x).all() for x in given.values()):
        yield Unasked("±∞ and NaN", "the code raises there")
    moderate = _moderate(given) if elsewhere else given
    draw = seeded()
    shape = np.broadcast_shapes(*(x.shape for x in moderate.values()))
    sizes = draw.uniform(1, 2, size=shape) * draw.choice([-1.0, 1.0], size=shape)
    moderate = {n: np.broadcast_to(x, shape) for n, x in moderate.items()}
    inputs = {**moderate, COTANGENT: case.dtype.round(sizes)}
    whole = replace(case, inputs=inputs, cotangent="random")
    if inputs[COTANGENT].size:  # else every point of its domain is far out
        yield whole.answer(Value())
        yield whole.answer(Reverse())
    yield from nan_in_points(case, usual(definition, case.dtype))
    yield from _on_tensors(case, usual(definition, case.dtype) if elsewhere else moderate)


def _moderate(inputs: Inputs) -> dict[str, Float64Array]:
    """The points of moderate size: a formula of several variables cancels beyond in many ways."""
    within = np.logical_and.reduce([np.abs(x) <= MODERATE for x in inputs.values()])
    return {n: x[within] for n, x in inputs.items()}


def _on_tensors(case: Case, points: Inputs) -> Iterator[Comparison | Unasked]:
    import torch

    tensors = [torch.tensor(np.ravel(x)[:_SOME]).requires_grad_() for x in points.values()]
    try:
        with calling(case.subject):
            subject = from_code(case.subject.forward, tuple(tensors), {}, case.dtype)
    except Exception as error:  # noqa: BLE001 - code that cannot be captured may raise anything
        yield Unasked("the code on tensors", str(error).partition("\n")[0])
        return
    asked = Asked(subject, case.dtype, device=case.setting.device, budget=case.budget)
    yield from of_arrays(case_of(asked), None)
