"""Put a NaN into a function of several variables: it must come out of its gradients.

Asked of a backward written by hand, of a smooth function, where the formula of a slope names the
variable that is NaN. Code that torch differentiates may give a number: the gradient of `clamp` is 0
at NaN.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from comparisons.careful.behaviour import finding
from comparisons.careful.circumstances.misbehaviour import BENT, hand_written
from comparisons.careful.running.script import Script
from comparisons.careful.unasked import Unasked
from comparisons.cases.case import Case
from comparisons.engines.call import run
from comparisons.engines.engine import float64
from comparisons.engines.undisturbed import calling
from comparisons.inputs.values import Inputs
from comparisons.results.comparison import Comparison

_SOME = 8  # points, of which every other one is NaN


def nan_in_points(case: Case, points: Inputs) -> Iterator[Comparison | Unasked]:
    """In words each variable whose gradient is a number where a variable of its formula is NaN."""
    definition = case.subject.definition
    assert definition is not None  # noqa: S101 - it is judged by a formula
    if definition.formula.has(*BENT):
        return
    slopes = {n: definition.derivative(n).free_symbols for n in definition.variables}
    for spoilt, symbol in zip(definition.variables, definition.symbols, strict=True):
        at = {n: np.array(x[-_SOME:]) for n, x in points.items()}
        at[spoilt][::2] = np.nan
        try:
            found = _gradients(case, at)
        except Exception as error:  # noqa: BLE001 - code may refuse NaN
            yield Unasked(f"a NaN in {spoilt}", str(error).partition("\n")[0])
            continue
        for name, got in found.items():
            numbers = np.flatnonzero(np.isnan(at[spoilt]) & ~np.isnan(got))
            if symbol in slopes[name] and numbers.size:
                i = int(numbers[0])
                what = f"is {float(got[i])!r} where {spoilt}, and the function, are NaN"
                yield finding(
                    case, name, f"{what}: the NaN is swallowed", _script(case, at, name, i)
                )


def _script(case: Case, at: Inputs, name: str, index: int) -> str:
    """The statements that print the gradient at one of the points."""
    script = Script(case)
    for variable, values in at.items():
        script.leaf(variable, values)
    whole = f"({case.subject.code}).sum()"
    script.add(f"(§g,) = torch.autograd.grad({whole}, {name}, materialize_grads=True)")
    return script.printing("§g", (index,))


def _gradients(case: Case, at: Inputs) -> dict[str, np.ndarray]:
    """The gradients of a backward written by hand; none if it is not, or the value is a number."""
    import torch

    with calling(case.subject):
        leaves = {n: case.setting.tensor(x).requires_grad_() for n, x in at.items()}
        output = run(case.subject, leaves)[case.subject.graph.output_name]
        spoilt = np.logical_or.reduce([np.isnan(x) for x in at.values()])
        if not hand_written(output) or not np.isnan(float64(output)[spoilt]).all():
            return {}
        ones = torch.ones_like(output)
        found = torch.autograd.grad(output, list(leaves.values()), ones, allow_unused=True)
    return {n: float64(g) for n, g in zip(leaves, found, strict=True) if g is not None}
