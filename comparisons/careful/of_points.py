"""Choose what else to ask of a user's function of one variable.

Very many points and random cotangents, the forward pass in every mode of autograd, layouts and
lengths of tensors, threads; cotangents of all sizes, zeros and NaN among them; what a call leaves
behind; forward mode, vmap and the second derivative where the code has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from comparisons.careful.circumstances.kept_values import WHY, keeps_values
from comparisons.careful.circumstances.misbehaviour import misbehaviour
from comparisons.careful.numbers.screen import Screen
from comparisons.careful.unasked import Unasked, until_an_error
from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array
from comparisons.engines.engine import Engine
from comparisons.engines.layouts.channels_last import ChannelsLast
from comparisons.engines.layouts.expanded import Expanded
from comparisons.engines.layouts.long import Long
from comparisons.engines.layouts.offset import Offset
from comparisons.engines.layouts.ranks import Ranks
from comparisons.engines.layouts.strided import Strided
from comparisons.engines.layouts.tails import Tails
from comparisons.engines.layouts.transposed import Transposed
from comparisons.engines.layouts.with_nan import WithNan
from comparisons.engines.layouts.zero_dim import ZeroDim
from comparisons.engines.modes.accumulated import Accumulated
from comparisons.engines.modes.jvp import Jvp
from comparisons.engines.modes.recorded import Recorded
from comparisons.engines.modes.retained import Retained
from comparisons.engines.modes.reverse import Reverse
from comparisons.engines.modes.twice import NotDifferentiable, Twice
from comparisons.engines.modes.value import Value
from comparisons.engines.modes.vmap import Vmap
from comparisons.inputs.dense import dense
from comparisons.inputs.landmarks import around, landmarks
from comparisons.inputs.values import COTANGENT, seeded
from comparisons.judge.budget import Budget
from comparisons.results.comparison import Comparison
from symdiff.array_types import IndexArray

# Every one gives the very numbers of the first, or is judged.
_EVERYWHERE: tuple[Engine, ...] = (
    Value("no_grad"),
    Value("enable_grad"),
    Value("inference_mode"),
    Reverse(),
    Recorded(),
    Retained(),
    Accumulated(),
    Strided(),
    Transposed(),
    ChannelsLast(),
    Offset(),
    WithNan(),
    Ranks(),
    Long(),
)
_PIECES: tuple[Engine, ...] = (Tails(), ZeroDim(), Expanded())  # a call for a few elements
_IF_THERE: tuple[Engine, ...] = (Jvp(), Vmap())
_SOME = 4096  # points for what is asked at some only
_FEW = 256
_FROM_THE_END = 16.0
_NEAR = 8.0  # usual inputs: |z| from 2^-6 to here
_USUAL_SLOPE = 2.0**12
MODERATE = 32.0  # |z| of code that was given a tensor, and no definition
# Exponents of cotangents whose products with usual slopes and inputs stay within the type.
_EXPONENTS = {"float64": (-200.0, 200.0), "float16": (-8.0, 4.0)}
_EXPONENTS_ELSE = (-60.0, 60.0)
# A second derivative that torch makes of a first one has a few more roundings; what is looked for
# is one that is wrong.
_SECOND = Budget(accurate=4.0 * 64, absolute=32.0 * 64)


def of_points(
    case: Case, *, elsewhere: bool, engines: Sequence[Engine] | None = None
) -> Iterator[Comparison | Unasked]:
    """The answers one by one; what the code refuses with an exception is not held against it.

    Args: elsewhere, whether at other points than the case's; engines, of another framework.
    """
    yield from _of(Screen(_with_cotangents(case, _points(case, elsewhere=elsewhere))), engines)


def where_it_holds(case: Case) -> Iterator[Comparison | Unasked]:
    """The answers for code that was given a tensor: at moderate points at which its value is right.

    Whoever gives a tensor asks about such numbers, not about the ends of the type's range; and a
    formula that overflows there is judged by the caller's own numbers alone.
    """
    points = _points(case, elsewhere=True)
    whole = _with_cotangents(case, points[np.abs(points) <= MODERATE])
    try:
        value = Value("no_grad").gradients(case.subject, whole.inputs, case.setting)
    except Exception as error:  # noqa: BLE001 - code of one shape, say, may raise anything
        yield Unasked("other points", str(error).partition("\n")[0])
        return
    found = value.values[COTANGENT]
    assert found is not None  # noqa: S101 - `Value` gives it
    expected = whole.truth.estimates(COTANGENT, whole.inputs)[0]
    with np.errstate(invalid="ignore"):
        line = whole.budget.absolute * case.dtype.unit_roundoff
        holds = np.abs(found - expected) <= line * np.maximum(np.abs(expected), 1.0)
    if holds.any():
        yield from _of(Screen(_part(whole, np.flatnonzero(holds))), None)


def _of(whole: Screen, engines: Sequence[Engine] | None) -> Iterator[Comparison | Unasked]:
    case = whole.case
    if engines is not None:
        for engine in engines:
            if engine.refuses(case.subject) is None and engine.unavailable() is None:
                yield from _asked(whole, engine, needed=True)
        return
    for engine in _EVERYWHERE:
        within = _short_of_the_end(whole) if isinstance(engine, Value) else None
        yield from _asked(whole, engine, within, needed=isinstance(engine, Value | Reverse))
    some = np.arange(min(whole.size, _SOME))
    for engine in _PIECES:
        yield from _asked(whole, engine, some if isinstance(engine, Tails) else None)
    usual = _usual(whole)
    if not usual.size:
        return
    yield from _asked(Screen(_extreme(whole.case, usual[:_SOME])), Reverse())
    few = usual[:_FEW]
    slopes = whole.case.derived.estimates(_name(case), _bare(whole.case, few))[0]
    # a checkpoint with use_reentrant=True takes no autograd.grad
    left = misbehaviour(_part(whole.case, few), slopes)
    yield from until_an_error("what a call leaves behind", left, RuntimeError)
    for engine in _IF_THERE:
        yield from _asked(whole, engine, usual[:_SOME])
    yield from _second(whole.case, usual[:_SOME])


def _asked(
    screen: Screen, engine: Engine, some: IndexArray | None = None, *, needed: bool = False
) -> Iterator[Comparison | Unasked]:
    """The answer, if it is not known already; or what the code said instead of one."""
    try:
        found = screen.answer(engine, some)
    except Exception as error:
        if needed:
            raise
        yield Unasked(str(engine), str(error).partition("\n")[0])
        return
    if found is not None:
        yield found


def _second(case: Case, usual: IndexArray) -> Iterator[Comparison | Unasked]:
    """The second derivative, where the first can be differentiated."""
    if case.dtype.bits == 16:  # whose first derivative has but two or three digits
        yield Unasked("the second derivative", "in 16 bits")
        return
    part = replace(_part(case, usual), budget=_SECOND)
    engine = Twice()
    if engine.refuses(case.subject) is not None:
        return
    screen = Screen(part)
    try:
        curvature = part.judging(engine).truth.estimates(_name(case), part.inputs)
    except (TypeError, ValueError) as error:
        yield Unasked("the second derivative", str(error).partition("\n")[0])
        return
    tame = np.isfinite(curvature[1]) & (np.abs(curvature[0]) < _USUAL_SLOPE)
    try:
        found = screen.answer(engine, np.flatnonzero(tame))
    except NotDifferentiable as error:
        yield Unasked("the second derivative", str(error))
    except Exception as error:  # noqa: BLE001 - code that is not made for it may raise anything
        yield Unasked("the second derivative", str(error).partition("\n")[0])
    else:
        if found is not None:
            yield Unasked("the second derivative", WHY) if keeps_values(part) else found


def _points(case: Case, *, elsewhere: bool) -> Float64Array:
    """The case's own, or very many: where the formula changes, and everywhere."""
    if not elsewhere:
        return np.ravel(case.inputs[_name(case)])
    definition = case.subject.definition
    assert definition is not None  # noqa: S101 - a function of points has one
    marks = landmarks(definition, case.dtype)
    marks += [float(kink.at) for kink in definition.kinks()]
    return dense(case.dtype, [*marks, *around(marks)])


def _with_cotangents(case: Case, points: Float64Array) -> Case:
    """The case at these points for random cotangents.

    They are between 1 and 2 in size: a smaller one would ask for f' where it overflows, a larger
    one for v · z, which products are differentiated by; near the end of the range it is 1.
    """
    draw = seeded()
    sizes = draw.uniform(1, 2, size=points.shape)
    sizes[np.abs(points) > case.dtype.largest / _FROM_THE_END] = 1.0
    sizes *= draw.choice([-1.0, 1.0], size=points.shape)
    inputs = {_name(case): points, COTANGENT: case.dtype.round(sizes)}
    return replace(case, inputs=inputs, cotangent="random")


def _short_of_the_end(screen: Screen) -> IndexArray | None:
    """The points whose value is no more than half the largest number; None if that are all.

    z (1 + erf(z/√2))/2, as oneDNN has gelu too, overflows where twice the value would.
    """
    z = screen.case.inputs[_name(screen.case)]
    value = screen.case.truth.estimates(COTANGENT, screen.case.inputs)[0]
    with np.errstate(invalid="ignore"):
        beyond = np.abs(value) > screen.case.dtype.largest / 2
    beyond = np.broadcast_to(beyond, z.shape)
    return np.flatnonzero(~beyond) if beyond.any() else None


def _usual(screen: Screen) -> IndexArray:
    """The points of usual size at which the function has a usual slope, as far as can be told."""
    z = screen.case.inputs[_name(screen.case)]
    value, bound, _ = screen.case.derived.estimates(_name(screen.case), {_name(screen.case): z})
    size = np.abs(z)
    near = (size <= _NEAR) & (size >= 2.0**-6)
    with np.errstate(invalid="ignore"):
        return np.flatnonzero(near & np.isfinite(bound) & (np.abs(value) < _USUAL_SLOPE))


def _extreme(case: Case, usual: IndexArray) -> Case:
    """The case at usual points for cotangents of every size and sign, an eighth of them 0."""
    draw = seeded()
    low, high = _EXPONENTS.get(case.dtype.name, _EXPONENTS_ELSE)
    sizes = np.exp2(draw.uniform(low, high, size=usual.size))
    sizes *= draw.choice([-1.0, 1.0], size=usual.size) * (draw.random(usual.size) > 1 / 8)
    inputs = {**_bare(case, usual), COTANGENT: case.dtype.round(sizes)}
    return replace(case, inputs=inputs, cotangent="of every size")


def _part(case: Case, chosen: IndexArray) -> Case:
    return replace(case, inputs={k: v[chosen] for k, v in case.inputs.items()})


def _bare(case: Case, chosen: IndexArray) -> dict[str, Float64Array]:
    return {_name(case): case.inputs[_name(case)][chosen]}


def _name(case: Case) -> str:
    (leaf,) = case.subject.graph.inputs
    return leaf.name
