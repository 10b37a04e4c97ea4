"""Tell by a float64 estimate whether a gradient looks wrong: only such ones are certified."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array, FloatType
from comparisons.engines.modes.reverse import Reverse
from comparisons.inputs.values import Inputs, seeded

Values = Mapping[str, Float64Array | None]

_SUSPICIOUS = 2.0**-20  # of a gradient's norm in float64; a few digits lost are none of it
_SUSPICIOUS_ELSE = 2.0**-6
# Of the gradient's norm at the given arrays: less is what rounds off where it is nearly 0, as that
# of a saturated softmax is, p (dp − Σ p dp) with p = 1.
_LITTLE = 2.0**-40
_LITTLE_ELSE = 2.0**-14
_BESIDE = 16  # units in the last place, to arrays where a mistake is made again, and a rounding not
_ROUNDINGS = 2.0**12
_TRIALS = 8
_MOST_ALIKE = 1 / 4  # of an error: what rounds off differs by as much as it is


def arguments_of(case: Case) -> list[str]:
    """The inputs that are arguments of the code, not the cotangents of its values."""
    inputs = (i.name for i in case.subject.graph.inputs)
    return [name for name in inputs if case.subject.label(name).endswith(".grad")]


def norms(case: Case) -> dict[str, float]:
    """The norm of each adjoint by a float64 estimate."""
    with np.errstate(all="ignore"):
        found = case.derived.approximate(case.inputs)
        return {name: float(np.linalg.norm(np.ravel(g))) for name, g in found.items()}


def suspicious(
    case: Case, found: Values, sizes: Mapping[str, float], scale: float | None
) -> bool | None:
    """Whether a gradient looks wrong; None where the code's own values are not those of its graph.

    There it leaves its type, or loses its digits.

    Args: found, the gradients; sizes, of those at the given arrays; scale, of the entries.
    """
    expected = case.derived.approximate(case.inputs)
    double = case.dtype.name == "float64"
    line = _SUSPICIOUS if double else _SUSPICIOUS_ELSE
    little = _LITTLE if double else _LITTLE_ELSE
    wrong, lost, own = False, False, arguments_of(case)
    for leaf in case.subject.graph.inputs:
        wanted = np.ravel(expected.get(leaf.name, np.zeros(())))
        if not np.isfinite(wanted).all():
            return None
        got = found.get(leaf.name)
        off = np.linalg.norm((0.0 if got is None else np.ravel(got)) - wanted)
        size, given = float(np.linalg.norm(wanted)), float(np.nan_to_num(sizes.get(leaf.name, 0.0)))
        room = case.dtype.smallest_normal + (little * given if scale is None else 0.0)
        far = not off <= line * size + room
        if far and leaf.name not in own:
            return None
        if far and scale is not None and _lost(size, given, scale, case.dtype):
            lost = True
        elif far:
            wrong |= not _explained(case, leaf.name, got, wanted)
    return None if lost and not wrong else wrong


def _lost(size: float, given: float, scale: float, dtype: FloatType) -> bool:
    """Whether a gradient is so much smaller than its terms may be that roundings cover it.

    That of a saturated softmax, p (dp − Σ p dp), is nearly 0, and dp and what it is multiplied by
    grow with the entries.
    """
    return size < given and size < _ROUNDINGS * dtype.unit_roundoff * scale**2 * given


def steady(case: Case) -> bool:
    """Whether an error is as large some units beside, as no mere rounding error is.

    Its size says nothing where entries are scaled. Of a saturated softmax p (dp − Σ p dp) is what
    rounding left of dp, and grows with the entries.
    """
    draw, names = seeded(), arguments_of(case)
    expected, here = case.derived.approximate(case.inputs), _gradients(case, case.inputs)
    off = {n: here[n] - np.ravel(expected.get(n, np.zeros(()))) for n in names}
    wrong = {n: ~(np.abs(off[n]) <= np.ravel(case.tolerance(n)) / 2) for n in names}
    steady = {n for n in names if wrong[n].any()}
    for _ in range(_TRIALS):
        units = {n: draw.integers(-_BESIDE, _BESIDE + 1, np.shape(case.inputs[n])) for n in names}
        near = {n: case.inputs[n] + units[n] * case.dtype.ulp(case.inputs[n]) for n in names}
        beside = _gradients(case, {**case.inputs, **near})
        for n in tuple(steady):
            moved = np.linalg.norm((beside[n] - here[n])[wrong[n]])
            if moved > _MOST_ALIKE * np.linalg.norm(off[n][wrong[n]]):
                steady.discard(n)
    return bool(steady)


def _gradients(case: Case, inputs: Inputs) -> dict[str, Float64Array]:
    """The gradient of each argument, flattened."""
    found = case.gradients(Reverse(), inputs).values
    none = {n: np.zeros(np.size(case.inputs[n])) for n in arguments_of(case)}
    return {n: none[n] if (g := found.get(n)) is None else np.ravel(g) for n in none}


def _explained(case: Case, name: str, got: Float64Array | None, wanted: Float64Array) -> bool:
    """Whether rounding explains the difference, with room for the estimate's own."""
    off = np.abs((0.0 if got is None else np.ravel(got)) - wanted)
    return bool((off <= np.ravel(case.tolerance(name)) / 2).all())
