"""A backward written by hand, at other arrays than the given: of one sign, larger, with a 0.

A softmax whose backward drops a row that has no positive entry is right wherever a row of normal
numbers was drawn. So the code is captured anew at arrays that it would take as well, and what looks
wrong there is judged as what was given is.

Then the entries are made larger and smaller by powers of two, as far as the code's own values are
what its forward says: nothing is asked where that leaves its type or loses its digits. A backward
that overflows where the forward does not is wrong at entries of some hundred, as e^x/(1 + e^x)² is;
beyond, and where entries are subnormal, only numbers are held against it. At the furthest scale
four factors of that size are numbers of the type still: a norm may be squared.

An input that looks chosen (rows that sum to one, of one sign, sorted, with entries twice) stays as
it is: a backward may rest on what its caller keeps, as p − t for cross entropy does on Σt = 1.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from comparisons.careful.unasked import Also, Unasked
from comparisons.cases.asked import Asked, case_of
from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array, FloatType
from comparisons.engines.modes.reverse import Reverse
from comparisons.engines.undisturbed import calling
from comparisons.inputs.values import Inputs, seeded
from comparisons.judge.vocabulary import Verdict
from comparisons.results.comparison import Comparison
from comparisons.subjects.own.bare import Bare

if TYPE_CHECKING:
    from torch import Tensor

_WHAT = "other arrays"
_Move = Callable[[Any], Any]


def _with_a_zero(x: Any) -> Any:
    """0 for one entry: y/x is no factor of a product's gradient there."""
    entries = x.flatten().clone()
    entries[len(entries) // 2] = 0
    return entries.reshape(x.shape)


_MOVES: dict[str, _Move] = {
    "below 0": lambda x: -abs(x),
    "above 0": abs,
    "eight times as large": lambda x: 8 * x,
    "a sixteenth as large": lambda x: x / 16,
    "of which one is 0": _with_a_zero,
}
_SCALES = (6, 9, 20, 60)  # exponents of the entries' scales, from the nearest on
_OVERFLOWING = 9  # beyond it, where entries are some thousand, only numbers are held against code
_LONG = 1.0  # seconds that a check at a scale may take, so that a larger one is asked too
_TOGETHER, _TOGETHER_ELSE = {"float64": 200}, 28  # the furthest, of all arguments together
_MOST_ALONE = 3  # arguments that are moved each by itself
_MOST = 2**14  # entries: a capture more for each move
_FEWEST = 3  # entries that show nothing by chance
_EQUAL = 2.0**-10  # of the entries' size: sums and norms nearer than this were made equal
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


def other_arrays(case: Case, bare: Bare) -> Iterator[Comparison | Unasked | Also]:
    """The comparisons at other arrays that are wrong, or where the code was asked besides."""
    why = _obstacle(case)
    if why:
        yield Unasked(_WHAT, why)
        return
    asked: list[str] = []
    powers = [0]
    with calling(case.subject):
        sizes = _norms(case)
        for name, move in _MOVES.items():
            found = _asked(case, bare, name, move, sizes)
            asked += [] if found is None else [name]
            if isinstance(found, Comparison):
                yield found
                return
        for ladder in _scales(case):
            for power in ladder:
                name, move = f"2^{power} times as large", partial(_scaled, power)
                started = time.process_time()
                found = _asked(case, bare, name, move, sizes, 2.0**power)
                if isinstance(found, Comparison) and (
                    abs(power) <= _OVERFLOWING or _is_a_number(found)
                ):
                    yield found
                    return
                if isinstance(found, Comparison):
                    yield Unasked(f"entries 2^{power} times as large", "its backward overflows")
                if found is not True:
                    break
                powers.append(power)
                if time.process_time() - started > _LONG:  # a loop up to the entries, say
                    yield Unasked(f"entries more than 2^{power} times as large", "it takes long")
                    break
        subnormal = False
        for name in _arguments(case)[:_MOST_ALONE]:
            move = partial(_subnormal, case.dtype, np.asarray(case.inputs[name]))
            found = _asked(case, bare, f"of {name} that are subnormal", move, {}, 1.0)
            if isinstance(found, Comparison) and _is_a_number(found):
                yield found
                return
            subnormal |= found is True
    if len(powers) > 1:
        asked.append(f"from 2^{min(powers)} to 2^{max(powers)} times as large")
    asked += ["subnormal in one argument"] if subnormal else []
    if asked:
        yield Also(f"the same at entries {', '.join(asked)}")


def _asked(
    case: Case,
    bare: Bare,
    name: str,
    move: _Move,
    sizes: Mapping[str, float],
    scale: float | None = None,
) -> Comparison | bool | None:
    """The comparison at entries moved, if it is wrong; None if nothing can be said there.

    Args: sizes, of the gradients at the given arrays; scale, of the entries, if they are scaled.
    """
    try:
        moved = _moved_case(case, bare, move)
        suspicious = _suspicious(moved, sizes, scale)
        if suspicious and scale is not None and not _steady(moved):
            return None
    except Exception:  # noqa: BLE001 - code need not be made for such numbers
        return None
    if suspicious:
        named = replace(moved.subject, name=f"{case.subject} at entries {name}")
        answer = replace(moved, subject=named).answer(Reverse())
        if answer.verdict is Verdict.DISAGREES:
            return answer
    return None if suspicious is None else True


def _scales(case: Case) -> Iterator[list[int]]:
    """Exponents by which each argument is scaled, larger ones and smaller ones."""
    count = max(1, len(_arguments(case)))
    furthest = _TOGETHER.get(case.dtype.name, _TOGETHER_ELSE) // count
    for sign in (1, -1):
        yield [sign * p for p in (*_SCALES, furthest) if p <= furthest]


def _scaled(power: int, x: Any) -> Any:
    return x * 2.0**power


def _subnormal(dtype: FloatType, argument: Float64Array, x: Any) -> Any:
    """One argument in an eighth of the subnormal range: of several subnormal ones all is 0."""
    if x.numel() != argument.size or not np.array_equal(_numbers(x).ravel(), argument.ravel()):
        return x
    return x / abs(x).max() * (dtype.smallest_normal / 8)


def _numbers(x: Tensor) -> Float64Array:
    return np.asarray(x.detach().cpu().double().numpy())


def _is_a_number(answer: Comparison) -> bool:
    """Whether what is wrong is no overflow."""
    return all(np.isfinite(a.computed).all() for a in answer.adjoints.values())


def _obstacle(case: Case) -> str:
    """Why other arrays are not asked; empty if they are."""
    if case.subject.surrogate:
        return "a surrogate gradient is judged where it was given"
    if case.subject.draws:
        return "random numbers are drawn"
    if case.dtype.bits == 16:
        return "a type of few digits"
    if sum(np.size(x) for x in case.inputs.values()) > _MOST:
        return "many entries"
    if not any(_free(np.asarray(case.inputs[name])) for name in _arguments(case)):
        return "the inputs look chosen: of one sign, or with equal entries, sums or norms"
    return ""


def _arguments(case: Case) -> list[str]:
    """The inputs that are arguments of the code, not the cotangents of its values."""
    inputs = (i.name for i in case.subject.graph.inputs)
    return [name for name in inputs if case.subject.label(name).endswith(".grad")]


def _moved_case(case: Case, bare: Bare, move: _Move) -> Case:
    subject = bare.at_others(partial(_moved, move))
    return case_of(Asked(subject, case.dtype, device=case.setting.device, budget=case.budget))


def _moved(move: _Move, x: Tensor) -> Tensor:
    """An argument moved, or as it is if it looks chosen."""
    return move(x) if _free(_numbers(x)) else x


def _free(x: Float64Array) -> bool:
    """Whether any numbers would have done as well, by the look of them."""
    if x.size < _FEWEST or not np.isfinite(x).all() or x.min() >= 0 or x.max() <= 0:
        return False
    if np.unique(np.abs(x)).size < x.size:
        return False
    size = np.sqrt(np.mean(x * x))
    for axis in (None, *range(x.ndim)):
        length = x.size if axis is None else x.shape[axis]
        if length < _FEWEST:
            continue
        steps = np.diff(np.ravel(x) if axis is None else x, axis=-1 if axis is None else axis)
        if (steps > 0).all() or (steps < 0).all():
            return False
        for total in (np.sum(x, axis), np.sum(x * x, axis) / size):
            chosen = [0.0, 1.0, float(np.mean(total))] if np.size(total) > 1 else [0.0, 1.0]
            if any((np.abs(total - c) <= _EQUAL * size).all() for c in chosen):
                return False
    return True


def _norms(case: Case) -> dict[str, float]:
    """Of each adjoint, roughly."""
    with np.errstate(all="ignore"):
        found = case.derived.approximate(case.inputs)
        return {name: float(np.linalg.norm(np.ravel(g))) for name, g in found.items()}


def _suspicious(case: Case, sizes: Mapping[str, float], scale: float | None) -> bool | None:
    """Whether a gradient looks wrong; None where the code's own values are not those of its graph.

    There it leaves its type, or loses its digits.

    Args: sizes, of the gradients at the given arrays; scale, of the entries beside them.
    """
    expected = case.derived.approximate(case.inputs)
    found = case.gradients(Reverse()).values
    double = case.dtype.name == "float64"
    line = _SUSPICIOUS if double else _SUSPICIOUS_ELSE
    little = _LITTLE if double else _LITTLE_ELSE
    wrong, lost, arguments = False, False, _arguments(case)
    for leaf in case.subject.graph.inputs:
        wanted = np.ravel(expected.get(leaf.name, np.zeros(())))
        if not np.isfinite(wanted).all():
            return None
        got = found.get(leaf.name)
        off = np.linalg.norm((0.0 if got is None else np.ravel(got)) - wanted)
        size, given = float(np.linalg.norm(wanted)), float(np.nan_to_num(sizes.get(leaf.name, 0.0)))
        room = case.dtype.smallest_normal + (little * given if scale is None else 0.0)
        far = not off <= line * size + room
        if far and leaf.name not in arguments:
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


def _steady(case: Case) -> bool:
    """Whether what is wrong is as wrong some units beside: what only rounds off is another there.

    Its size says nothing where entries are scaled. Of a saturated softmax p (dp − Σ p dp) is what
    rounding left of dp, and grows with the entries.
    """
    draw, names = seeded(), _arguments(case)
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
    """Of each argument, one-dimensional."""
    found = case.gradients(Reverse(), inputs).values
    none = {n: np.zeros(np.size(case.inputs[n])) for n in _arguments(case)}
    return {n: none[n] if (g := found.get(n)) is None else np.ravel(g) for n in none}


def _explained(case: Case, name: str, got: Float64Array | None, wanted: Float64Array) -> bool:
    """Whether rounding explains the difference, with room for the estimate's own."""
    off = np.abs((0.0 if got is None else np.ravel(got)) - wanted)
    return bool((off <= np.ravel(case.tolerance(name)) / 2).all())
