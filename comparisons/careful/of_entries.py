"""What else to ask of captured code that works entry by entry: the same at other points.

The code's own forward is the definition, so nothing is asked where that leaves its type or loses
its digits. What looks worst is captured anew, and judged as what was given is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from comparisons.careful.unasked import Also, Unasked
from comparisons.case import Asked, Case, case_of
from comparisons.dtypes import Float64Array
from comparisons.engines.engine import Indices
from comparisons.engines.modes.reverse import Reverse
from comparisons.engines.modes.value import Value
from comparisons.inputs.dense import dense
from comparisons.inputs.landmarks import around, landmarks
from comparisons.inputs.values import COTANGENT
from comparisons.judge.suspicion import Estimate, suspicious
from comparisons.judge.vocabulary import Verdict
from comparisons.results.comparison import Comparison
from comparisons.subjects.own.entrywise import Entrywise
from comparisons.subjects.subject import Subject
from symdiff import pointwise
from symdiff.oracle.enclosure import BoolArray

_FURTHEST = 64.0  # e^64 is in every type but float16
_FURTHEST_IN_FLOAT16 = 8.0
_NEAREST = 2.0**-20  # besides 0
_STEEP = 2.0**12
_MOST = 128  # points that are judged
_BESIDE_KINKS = 64


def of_entries(case: Case) -> Iterator[Comparison | Unasked | Also]:
    """The answer at the worst of some ten thousand points."""
    found = case.subject.entrywise()
    if found is None:
        return
    if case.dtype.name == "float16" and not found.by_hand:
        yield Unasked("other points", "torch differentiates the code itself, in a short range")
        return
    try:
        points = _points(found, case)
        whole = _of_points(found, case, points)
        estimate = _estimate(whole, next(iter(whole.subject.graph.inputs)).name)
        asked = _sound(found, whole, estimate)
        gradient = whole.gradients(Reverse()).values[found.definition.variables[0]]
    except Exception as error:  # noqa: BLE001 - code that is not made for rows may raise anything
        yield Unasked("other points", str(error).partition("\n")[0])
        return
    here = np.flatnonzero(asked)
    if gradient is None or not here.size:
        return
    worst = here[suspicious(gradient[here], estimate.at(here), case.dtype, _MOST)]
    subject = replace(found.at(points[worst]), name=f"{case.subject} at other points")
    judged = case_of(Asked(subject, case.dtype, device=case.setting.device, budget=case.budget))
    answer = judged.answer(Reverse())
    if answer.verdict is Verdict.DISAGREES:  # as a function of points it may still agree
        answer = _at(whole, worst, subject.name).answer(Reverse())
    yield answer
    if answer.verdict is Verdict.INCONCLUSIVE:
        return
    first, last = points[here].min(), points[here].max()
    yield Also(
        f"{here.size} other points from {first:.3g} to {last:.3g}, those among them where its "
        f"formula changes; the {worst.size} that looked worst were certified"
    )


def _points(found: Entrywise, case: Case) -> Float64Array:
    """Points of usual size, and about every place where the formula changes."""
    kinks = [float(kink.at) for kink in found.definition.kinks()][:_BESIDE_KINKS]
    marks = [*landmarks(found.definition, case.dtype), *kinks]
    furthest = _FURTHEST_IN_FLOAT16 if case.dtype.name == "float16" else _FURTHEST
    points = dense(case.dtype, [*marks, *around(marks)])
    size = np.abs(points)
    nearest = max(_NEAREST, 4 * np.sqrt(case.dtype.smallest_normal))  # its square is normal
    usual = (size == 0) | ((size >= nearest) & (size <= furthest))
    beside = case.dtype.round([*kinks, *around(kinks)])
    return np.unique(np.concatenate([points[usual], beside[np.isfinite(beside)]]))


def _of_points(found: Entrywise, case: Case, points: Float64Array) -> Case:
    """The code as a function of points."""
    definition = found.definition
    subject = Subject(
        case.subject.name,
        pointwise(definition),
        found.function,
        case.subject.code,
        definition=definition,
        of_user=True,
    )
    at = {definition.variables[0]: points}
    asked = Asked(subject, case.dtype, at, device=case.setting.device, budget=case.budget)
    whole = case_of(asked)
    return replace(whole, inputs={**at, COTANGENT: np.ones(points.shape)})


def _at(whole: Case, some: Indices, name: str) -> Case:
    """Some of the points."""
    inputs = {k: v[some] for k, v in whole.inputs.items()}
    return replace(whole, subject=replace(whole.subject, name=name), inputs=inputs)


def _estimate(whole: Case, name: str) -> Estimate:
    value, bound, moved = whole.truth.estimates(name, whole.inputs)
    return Estimate(value, bound, moved, np.ones(value.shape))


def _sound(found: Entrywise, whole: Case, slope: Estimate) -> BoolArray:
    """Where the definition's own code gives the value, to half of its digits, and is not steep."""
    value = _estimate(whole, COTANGENT).value
    defined = replace(whole, subject=replace(whole.subject, forward=found.defined))
    computed = defined.gradients(Value()).values[COTANGENT]
    assert computed is not None  # noqa: S101 - it is a value
    digits = np.sqrt(whole.dtype.unit_roundoff)
    with np.errstate(invalid="ignore"):
        right = np.abs(computed - value) <= digits * np.abs(value)
        tame = np.isfinite(slope.bound) & (np.abs(slope.value) < _STEEP)
    return np.asarray(right & tame & np.isfinite(value))
