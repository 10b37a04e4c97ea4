"""A backward written by hand, at other arrays than the given: of one sign, larger, with a 0.

A softmax whose backward drops a row that has no positive entry is right wherever a row of normal
numbers was drawn. So the code is captured anew at arrays that it would take as well, and what looks
wrong there is judged as what was given is.

An input that looks chosen (rows that sum to one, of one sign, sorted, with entries twice) stays as
it is: a backward may rest on what its caller keeps, as p − t for cross entropy does on Σt = 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from comparisons.careful.unasked import Also, Unasked
from comparisons.case import Asked, Case, case_of
from comparisons.dtypes import Float64Array
from comparisons.engines.modes.reverse import Reverse
from comparisons.engines.undisturbed import calling
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
_MOST = 2**14  # entries: a capture more for each move
_FEWEST = 3  # entries that show nothing by chance
_EQUAL = 2.0**-10  # of the entries' size: sums and norms nearer than this were made equal
_SUSPICIOUS = 2.0**-20  # of a gradient's norm in float64; a few digits lost are none of it
_SUSPICIOUS_ELSE = 2.0**-6
# Of the gradient's norm at the given arrays: less is what rounds off where it is nearly 0, as that
# of a saturated softmax is, p (dp − Σ p dp) with p = 1.
_LITTLE = 2.0**-40
_LITTLE_ELSE = 2.0**-14


def other_arrays(case: Case, bare: Bare) -> Iterator[Comparison | Unasked | Also]:
    """The comparisons at other arrays that are wrong, or where the code was asked besides."""
    why = _obstacle(case)
    if why:
        yield Unasked(_WHAT, why)
        return
    asked = []
    with calling(case.subject):
        sizes = _norms(case)
        for name, move in _MOVES.items():
            try:
                moved = _moved_case(case, bare, move)
                suspicious = _suspicious(moved, sizes)
            except Exception:  # noqa: BLE001, S112 - code need not be made for such numbers
                continue
            if suspicious is None:
                continue
            asked.append(name)
            if suspicious:
                named = replace(moved.subject, name=f"{case.subject} at entries {name}")
                answer = replace(moved, subject=named).answer(Reverse())
                if answer.verdict is Verdict.DISAGREES:
                    yield answer
                    return
    if asked:
        yield Also(f"the same at entries {', '.join(asked)}")


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
    given = [i for i in case.subject.graph.inputs if case.subject.label(i.name).endswith(".grad")]
    if not any(_free(np.asarray(case.inputs[i.name])) for i in given):
        return "the inputs look chosen: of one sign, or with equal entries, sums or norms"
    return ""


def _moved_case(case: Case, bare: Bare, move: _Move) -> Case:
    subject = bare.at_others(partial(_moved, move))
    return case_of(Asked(subject, case.dtype, device=case.setting.device, budget=case.budget))


def _moved(move: _Move, x: Tensor) -> Tensor:
    """An argument moved, or as it is if it looks chosen."""
    return move(x) if _free(np.asarray(x.cpu().double().numpy())) else x


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


def _suspicious(case: Case, sizes: Mapping[str, float]) -> bool | None:
    """Whether a gradient looks wrong; None where the code's own values are not those of its graph.

    There it leaves its type, or loses its digits.

    Args: sizes, of the gradients at the given arrays.
    """
    expected = case.derived.approximate(case.inputs)
    found = case.gradients(Reverse()).values
    double = case.dtype.name == "float64"
    line = _SUSPICIOUS if double else _SUSPICIOUS_ELSE
    little = _LITTLE if double else _LITTLE_ELSE
    wrong = False
    for leaf in case.subject.graph.inputs:
        wanted = np.ravel(expected.get(leaf.name, np.zeros(())))
        if not np.isfinite(wanted).all():
            return None
        got = found.get(leaf.name)
        off = np.linalg.norm((0.0 if got is None else np.ravel(got)) - wanted)
        room = case.dtype.smallest_normal + little * np.nan_to_num(sizes.get(leaf.name, 0.0))
        far = not off <= line * np.linalg.norm(wanted) + room
        if far and not case.subject.label(leaf.name).endswith(".grad"):
            return None
        wrong |= far
    return wrong
