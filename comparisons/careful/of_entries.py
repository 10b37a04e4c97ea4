"""Choose what else to ask of captured code that works entry by entry: other points.

The code's own forward is the definition, so nothing is asked where that leaves its type or loses
its digits. What looks worst is captured anew, and judged as what was given is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import sympy

from comparisons.careful.numbers.pace import soon_up_to
from comparisons.careful.unasked import Also, Unasked
from comparisons.cases.asked import Asked, case_of
from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array, FloatType
from comparisons.engines.engine import Gradients
from comparisons.engines.modes.reverse import Reverse
from comparisons.engines.modes.value import Value
from comparisons.inputs.changes import evaluator_of, parts_of
from comparisons.inputs.dense import dense
from comparisons.inputs.landmarks import around, landmarks
from comparisons.inputs.several import several
from comparisons.inputs.values import COTANGENT, seeded
from comparisons.judge.points.suspicion import Estimate, suspicious
from comparisons.judge.vocabulary import Verdict
from comparisons.results.comparison import Comparison
from comparisons.subjects.own.entrywise import Entrywise
from comparisons.subjects.subject import Subject
from symdiff import Definition, pointwise
from symdiff.array_types import BoolArray, IndexArray
from symdiff.functions import Extreme

_FURTHEST = 64.0  # e^64 is in every type but float16
_FURTHEST_IN_FLOAT16 = 8.0
_NEAREST = 2.0**-20  # besides 0
_FAR = 2.0**20  # where no part of the formula is larger, or as near to 0
_TAME = 2.0**42  # of a part, or its inverse: the square of it is in every type but float16
_STEEP = 2.0**12
# Of a derivative written by hand: so far, or as near to 0, four factors are numbers of the type.
_FURTHEST_BY_HAND = {"float64": 2.0**200, "float32": 2.0**28}
_OVERFLOWING = 2.0**10  # beyond it only numbers are held against such a derivative
_MOST = 128  # points that are judged
_BESIDE_KINKS = 64
_ALGEBRAIC = (sympy.Abs, sympy.sign, sympy.Piecewise, sympy.Max, sympy.Min, Extreme)


def of_entries(case: Case) -> Iterator[Comparison | Unasked | Also]:
    """Ask at the worst of some ten thousand points."""
    found = case.subject.entrywise()
    if found is None:
        return
    if case.dtype.name == "float16" and not found.by_hand:
        yield Unasked("other points", "torch differentiates the code itself, in a short range")
        return
    try:
        anywhere, usual = _points(found, case)
    except Exception as error:  # noqa: BLE001 - of a formula without float64 arithmetic, say
        yield Unasked("other points", str(error).partition("\n")[0])
        return
    yield from _asked(found, case, {n: v[usual] for n, v in anywhere.items()})
    if found.by_hand and case.dtype.name in _FURTHEST_BY_HAND:
        furthest = _FURTHEST_BY_HAND[case.dtype.name] ** (1 / len(anywhere))
        try:
            soon = soon_up_to(partial(_called, found, case), furthest)
        except Exception as error:  # noqa: BLE001 - code that is not made for rows may raise anything
            yield Unasked("points far out", str(error).partition("\n")[0])
            return
        if soon < furthest:
            yield Unasked(f"points beyond {soon:.3g}", "the code takes ever longer there")
        far = ~usual & _further(anywhere, case.dtype, furthest, soon)
        further = {n: v[far] for n, v in anywhere.items()}
        yield from _asked(found, case, further, further=True)


def _called(found: Entrywise, case: Case, size: float) -> None:
    """The code once, at numbers of a size, on both sides of 0, with a fraction if they have one."""
    tensor = case.setting.tensor(np.array([size, -size, size / 3, -size / 3]))
    found.function(*[tensor] * len(found.definition.variables))


def _asked(
    found: Entrywise, case: Case, points: Mapping[str, Float64Array], *, further: bool = False
) -> Iterator[Comparison | Unasked | Also]:
    """The answer at the worst of the points.

    Args: further, whether the points are far out or near 0; there no overflow is held against the
        code, and a slope may be steep.
    """
    where = "far out and near 0" if further else "at other points"
    try:
        whole = _of_points(found, case, points)
        estimates = {name: _estimate(whole, name) for name in found.asked}
        steep = _FURTHEST_BY_HAND[case.dtype.name] if further else _STEEP
        asked = _sound(found, whole, estimates, steep)
        gradients = whole.gradients(Reverse()).values
    except Exception as error:  # noqa: BLE001 - code that is not made for rows may raise anything
        yield Unasked("other points", str(error).partition("\n")[0])
        return
    computed = {n: g for n, g in gradients.items() if n in estimates and g is not None}
    if further:
        size = np.maximum.reduce([np.abs(v) for v in points.values()])
        nearest = np.minimum.reduce([np.where(v == 0, 1.0, np.abs(v)) for v in points.values()])
        held = (size <= _OVERFLOWING) & (nearest >= 1 / _OVERFLOWING)
        asked &= np.logical_and.reduce([held | np.isfinite(g) for g in computed.values()])
    here = np.flatnonzero(asked)
    if not computed or not here.size:
        return
    most = _MOST // len(computed)
    chosen = [
        suspicious(g[here], estimates[n].at(here), case.dtype, most) for n, g in computed.items()
    ]
    worst = here[np.unique(np.concatenate(chosen))]
    rows = [points[name][worst] for name in found.definition.variables]
    try:
        subject = replace(found.at(rows), name=f"{case.subject} {where}")
        judged = case_of(Asked(subject, case.dtype, device=case.setting.device, budget=case.budget))
        answer = judged.answer(Reverse())
    except Exception as error:  # noqa: BLE001 - nor for so many rows
        yield Unasked("other points", str(error).partition("\n")[0] or type(error).__name__)
        return
    if answer.verdict is Verdict.DISAGREES:  # as a function of points it may still agree
        answer = _as_points(_at(whole, worst, subject.name), found.asked)
    if answer.verdict is not Verdict.INCONCLUSIVE or not further:
        yield answer
    if answer.verdict is Verdict.INCONCLUSIVE:
        return
    if further:
        yield Also(f"{here.size} points {where}")
        return
    numbers = np.concatenate([values[here] for values in points.values()])
    first, last = numbers.min(), numbers.max()
    yield Also(
        f"{here.size} other points from {first:.3g} to {last:.3g}, those among them where its "
        f"formula changes; the {worst.size} that looked worst were certified"
    )


def _points(found: Entrywise, case: Case) -> tuple[dict[str, Float64Array], BoolArray]:
    """Points of every size, and about every place where the formula changes; which are usual."""
    definition, dtype = found.definition, case.dtype
    if len(definition.variables) > 1:
        points = several(definition, dtype)
        for name, entries in found.constants.items():
            points[name] = _as_given(points[name], entries)
        return points, _usual(definition, points, dtype)
    (name,) = definition.variables
    kinks = [float(kink.at) for kink in definition.kinks()][:_BESIDE_KINKS]
    marks = [*landmarks(definition, dtype), *kinks]
    anywhere = dense(dtype, [*marks, *around(marks)])
    beside = dtype.round([*kinks, *around(kinks)])
    points = {name: np.unique(np.concatenate([anywhere, beside[np.isfinite(beside)]]))}
    return points, _usual(definition, points, dtype) | np.isin(points[name], beside)


def _as_given(values: Float64Array, entries: Float64Array) -> Float64Array:
    """Numbers for a constant of the code: labels of 0 and 1, signs and masks are among those given.

    Args: entries, those given, each once.
    """
    finite = entries[np.isfinite(entries)]
    if not finite.size or not np.isin(finite, (-1.0, 0.0, 1.0)).all():
        return values
    kept = np.isin(values, finite)
    return np.where(kept, values, seeded().choice(finite, size=values.shape))


def _further(
    points: Mapping[str, Float64Array], dtype: FloatType, furthest: float, soon: float
) -> BoolArray:
    """Which points are far out, or near 0, but so far only that squares and cubes are usual.

    Or subnormal, where squares are nothing. Args: soon, up to which size the code returns soon.
    """
    sizes = [np.abs(values) for values in points.values()]
    return np.logical_and.reduce(
        [
            (size < dtype.smallest_normal) | ((size >= 1 / furthest) & (size <= soon))
            for size in sizes
        ]
    )


def _usual(
    definition: Definition, points: Mapping[str, Float64Array], dtype: FloatType
) -> BoolArray:
    """Which points are of usual size, or, of an algebraic formula, further out and its parts are.

    Code with e^x in it may leave the type far out where its formula, in a stable form, does not.
    """
    furthest = _FURTHEST_IN_FLOAT16 if dtype.name == "float16" else _FURTHEST
    nearest = max(_NEAREST, 4 * np.sqrt(dtype.smallest_normal))  # its square is normal
    sizes = [np.abs(values) for values in points.values()]
    above = np.logical_and.reduce([(size == 0) | (size >= nearest) for size in sizes])
    size = np.maximum.reduce(sizes)
    far = above & (size > furthest) & (size <= _FAR)
    usual = np.asarray(above & (size <= furthest))
    algebraic = all(isinstance(f, _ALGEBRAIC) for f in definition.formula.atoms(sympy.Function))
    if dtype.name == "float16" or not algebraic or not far.any():
        return usual
    names = dict(zip(points, definition.symbols, strict=True))
    evaluate = evaluator_of(parts_of(definition), names)
    if evaluate is not None:
        with np.errstate(all="ignore"):
            values = evaluate({name: v[far] for name, v in points.items()})
            tame = [(v == 0) | ((np.abs(v) >= 1 / _TAME) & (np.abs(v) <= _TAME)) for v in values]
        usual[far] = np.logical_and.reduce(tame)
    return usual


def _of_points(found: Entrywise, case: Case, points: Mapping[str, Float64Array]) -> Case:
    """The code as a function of points."""
    definition = found.definition
    subject = Subject(
        case.subject.name,
        pointwise(definition),
        found.function,
        found.call.text,
        definition=definition,
        of_user=True,
        origin=found.call.origin,
    )
    asked = Asked(subject, case.dtype, points, device=case.setting.device, budget=case.budget)
    whole = case_of(asked)
    ones = np.ones(next(iter(points.values())).shape)
    return replace(whole, inputs={**points, COTANGENT: ones})


def _at(whole: Case, some: IndexArray, name: str) -> Case:
    """The case at some of the points."""
    inputs = {k: v[some] for k, v in whole.inputs.items()}
    return replace(whole, subject=replace(whole.subject, name=name), inputs=inputs)


def _as_points(part: Case, asked: Sequence[str]) -> Comparison:
    """The answer of a function of points, about the variables that have a gradient."""
    found = part.gradients(Reverse())
    values = {n: g for n, g in found.values.items() if n in asked}
    requiring = {n: r for n, r in found.requires_grad.items() if n in asked}
    return part.judged(Reverse(), Gradients(values, requiring), part.inputs, None)


def _estimate(whole: Case, name: str) -> Estimate:
    value, bound, moved = whole.truth.estimates(name, whole.inputs)
    return Estimate(value, bound, moved, np.ones(value.shape))


def _sound(
    found: Entrywise, whole: Case, slopes: Mapping[str, Estimate], steep: float
) -> BoolArray:
    """The mask of points where the definition's own code is right to half of its digits."""
    value = _estimate(whole, COTANGENT).value
    defined = replace(whole, subject=replace(whole.subject, forward=found.defined))
    computed = defined.gradients(Value()).values[COTANGENT]
    assert computed is not None  # noqa: S101 - it is a value
    digits = np.sqrt(whole.dtype.unit_roundoff)
    with np.errstate(invalid="ignore"):
        right = np.abs(computed - value) <= digits * np.abs(value)
        for slope in slopes.values():
            right &= np.isfinite(slope.bound) & (np.abs(slope.value) < steep)
    return np.asarray(right & np.isfinite(value))
