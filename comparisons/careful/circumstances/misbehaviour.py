"""Find what code of one variable does beside computing: to inputs, to memory, to NaN, in batches.

Each finding is a sentence, with the statements that show it. They are made of a few points around
the one that was found, where that is enough to see the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import sympy

from comparisons.careful.behaviour import changed, finding
from comparisons.careful.running.script import Script
from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array
from comparisons.engines.call import run
from comparisons.engines.engine import float64, own_deprecations_ignored
from comparisons.engines.undisturbed import calling
from comparisons.inputs.values import COTANGENT
from comparisons.results.comparison import Comparison
from symdiff.array_types import IndexArray
from symdiff.functions import Extreme

if TYPE_CHECKING:
    from torch import Tensor

BENT = (sympy.Piecewise, sympy.Abs, sympy.Max, sympy.Min, sympy.sign, sympy.Heaviside, Extreme)
_BATCH = 8  # points of a member; every eighth is spoiled
_FEW = 2 * _BATCH
_CLEAR = 2.0**-10  # a slope that is not 0


class _Points(NamedTuple):
    """The inputs and cotangents that code is asked at, with rough slopes there."""

    z: Float64Array
    v: Float64Array
    slopes: Float64Array

    def at(self, some: IndexArray | slice) -> _Points:
        return _Points(self.z[some], self.v[some], self.slopes[some])


class _Found(NamedTuple):
    """A sentence, at which of the points it was found, and the statements that show it."""

    kind: str  # tells it from the others of a question
    sentence: str
    at: int
    script: str


_Question = Callable[[Case, _Points], Iterator[_Found]]


def misbehaviour(case: Case, slopes: Float64Array) -> Iterator[Comparison]:
    """Each thing that the code of a function of one variable does and should not, in words.

    Args: case, at some hundred points with a cotangent; slopes, f' there, roughly.
    """
    name = _name(case)
    z, v = (np.ravel(case.inputs[k]) for k in (name, COTANGENT))
    points = _Points(z, v, np.broadcast_to(slopes, z.shape))
    questions = (_what_is_left, _nan_in_cotangent, _nan_in_input, _in_batches, _of_nothing)
    with calling(case.subject):
        found = [one for question in questions for one in _briefly(case, points, question)]
    for one in found:
        yield finding(case, name, one.sentence, one.script)


def _briefly(case: Case, points: _Points, question: _Question) -> Iterator[_Found]:
    """What a question finds at all points, or at the first few of a kind if that shows it too."""
    for one in question(case, points):
        first = one.at - one.at % _BATCH
        few = points.at(slice(first, first + _FEW))
        alike = (other for other in question(case, few) if other.kind == one.kind)
        yield next(alike, one)


def _name(case: Case) -> str:
    (only,) = (i.name for i in case.subject.graph.inputs)
    return only


def _gradient(case: Case, z: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """The output and the gradient, the very tensors."""
    import torch

    output = run(case.subject, {_name(case): z})[case.subject.graph.output_name]
    if not output.requires_grad:
        return output, torch.zeros_like(z)
    (found,) = torch.autograd.grad(output, z, v, allow_unused=True)
    return output, torch.zeros_like(z) if found is None else found


def _script(case: Case, z: Float64Array, v: Float64Array) -> Script:
    """The statements up to the gradient `§g` at z for the cotangent v."""
    name = _name(case)
    script = Script(case).add(f"§f = lambda {name}: {case.subject.code}")
    return script.leaf(name, z).plain("§v", v).add(f"§y = §f({name})", _differentiated(name))


def _differentiated(name: str) -> str:
    return f"(§g,) = torch.autograd.grad(§y, {name}, §v, materialize_grads=True)"


def _what_is_left(case: Case, points: _Points) -> Iterator[_Found]:
    """The tensors that a call should not have changed, in words."""
    z, v, _ = points
    tensor, name = case.setting.tensor, _name(case)
    leaf, seed = tensor(z).requires_grad_(), tensor(v)
    output, gradient = _gradient(case, leaf, seed)
    value, kept = float64(output), float64(gradient)
    after_one = [
        ("input", name, z, float64(leaf)),
        ("cotangent", "§v", v, float64(seed)),
    ]
    # other numbers of the same shape: whoever has one buffer for all writes into it
    _gradient(case, tensor(z[::-1].copy()).requires_grad_(), tensor(2 * v[::-1]))
    again = [
        f"§w = {name}.detach().flip(0).requires_grad_()",
        "_ = torch.autograd.grad(§f(§w), §w, 2 * §v.flip(0), allow_unused=True)",
    ]
    after_two = [
        ("gradient of an earlier call", "§g", kept, float64(gradient)),
        ("output of an earlier call", "§y", value, float64(output)),
    ]
    for several, statements in ((after_one, []), (after_two, again)):
        for what, text, before, after in several:
            for sentence, at in changed(what, before, after):
                script = _script(case, z, v).add(*statements).printing(text, at)
                yield _Found(what, sentence, at[0] if at else 0, script)


def _nan_in_cotangent(case: Case, points: _Points) -> Iterator[_Found]:
    """A NaN in the cotangent is one in the gradient, where the slope is not 0, and there only."""
    z, v, slopes = points
    spoiled = np.arange(z.size) % _BATCH == 3
    tensor = case.setting.tensor

    def found(kind: str, i: int, sentence: str, seed: Float64Array) -> _Found:
        return _Found(kind, sentence, i, _script(case, z, seed).printing("§g", (i,)))

    infinite, seed = np.where(spoiled, np.inf, v), np.where(spoiled, np.nan, v)
    beside = float64(_gradient(case, tensor(z).requires_grad_(), tensor(infinite))[1])
    lost = np.flatnonzero(spoiled & np.isfinite(beside) & (np.abs(slopes) > _CLEAR))
    if lost.size:
        i = int(lost[0])
        said = f"is {float(beside[i])!r} at z = {float(z[i])!r} for a cotangent of inf"
        yield found("inf", i, said, infinite)
    _, spoilt = _gradient(case, tensor(z).requires_grad_(), tensor(seed))
    _, plain = _gradient(case, tensor(z).requires_grad_(), tensor(v))
    got, clean = np.isnan(float64(spoilt)), np.isnan(float64(plain))
    spread = np.flatnonzero(got & ~spoiled & ~clean)
    if spread.size:
        i = int(spread[0])
        said = f"is NaN at z = {float(z[i])!r} if a neighbour's cotangent is NaN"
        yield found("spread", i, said, seed)
    swallowed = np.flatnonzero(spoiled & ~got & (np.abs(slopes) > _CLEAR))
    if swallowed.size:
        i = int(swallowed[0])
        number = float(float64(spoilt)[i])
        said = f"is {number!r} at z = {float(z[i])!r} for a cotangent of NaN: the NaN is swallowed"
        yield found("swallowed", i, said, seed)


def _nan_in_input(case: Case, points: _Points) -> Iterator[_Found]:
    """A hand-written backward of a smooth function gives NaN for NaN.

    Code that torch differentiates may give a number: the gradient of `clamp` is 0 at NaN. So may a
    function of cases, whose slope is a number.
    """
    definition = case.subject.definition
    if definition is None or definition.formula.has(*BENT):
        return
    slope = definition.derivative()
    (variable,) = definition.symbols
    if variable not in slope.free_symbols:
        return
    spoiled = np.arange(points.z.size) % _BATCH == 5
    tensor, z = case.setting.tensor, np.where(spoiled, np.nan, points.z)
    leaf = tensor(z).requires_grad_()
    output, found = _gradient(case, leaf, tensor(points.v))
    if not hand_written(output) or not np.isnan(float64(output)[spoiled]).all():
        return
    numbers = np.flatnonzero(spoiled & ~np.isnan(float64(found)))
    if numbers.size:
        i = int(numbers[0])
        number = float(float64(found)[i])
        said = f"is {number!r} where the input, and the function, are NaN: the NaN is swallowed"
        yield _Found("NaN", said, i, _script(case, z, points.v).printing("§g", (i,)))


def _in_batches(case: Case, points: _Points) -> Iterator[_Found]:
    """The value, and the gradient through it, under vmap, where a rule for that is written."""
    import torch

    name = _name(case)
    rows = points.z.size // _BATCH
    tensor = case.setting.tensor
    z, v = (np.reshape(x[: rows * _BATCH], (rows, _BATCH)) for x in points[:2])
    leaf, seed = tensor(z).requires_grad_(), tensor(v)
    try:
        value, gradient = _gradient(case, leaf, seed)
        if not hand_written(value):
            return
        with own_deprecations_ignored():
            together = torch.func.vmap(
                lambda row: run(case.subject, {name: row})[case.subject.graph.output_name]
            )(leaf)
            through = torch.zeros_like(leaf)
            if together.requires_grad:
                (through,) = torch.autograd.grad(together, leaf, seed)
    except (RuntimeError, NotImplementedError, TypeError, ValueError):  # `Vmap` says so
        return
    line = 2.0**12 * case.dtype.unit_roundoff
    pairs = ("value", "§y", value, together), ("gradient", "§g", gradient, through)
    for what, text, alone, found in pairs:
        one, other = float64(alone), float64(found)
        near = np.abs(other - one) <= line * np.maximum(np.abs(one), 1)
        apart = np.argwhere(np.isfinite(one) & np.logical_not(near))
        if len(apart):
            at = tuple(map(int, apart[0]))
            script = Script(case).add(f"§f = lambda {name}: {case.subject.code}").leaf(name, z)
            script.plain("§v", v).add(f"§y = torch.func.vmap(§f)({name})")
            script.add(*([_differentiated(name)] if text == "§g" else []))
            yield _Found(
                what,
                f"has another {what} under torch.func.vmap: {float(other[at])!r} at "
                f"z = {float(z[at])!r}, and {float(one[at])!r} without",
                at[0] * _BATCH + at[1],
                script.printing(text, at),
            )


def _of_nothing(case: Case, points: _Points) -> Iterator[_Found]:  # noqa: ARG001 - as the others
    """An empty tensor that goes in has an empty gradient."""
    import torch

    name = _name(case)
    leaf = case.setting.empty((0,)).requires_grad_()
    try:
        output = run(case.subject, {name: leaf})[case.subject.graph.output_name]
    except Exception:  # noqa: BLE001 - it takes none
        return
    if not output.requires_grad:
        return
    try:
        torch.autograd.grad(output, leaf, torch.zeros_like(output), allow_unused=True)
    except Exception as error:  # noqa: BLE001 - whatever it is, only the backward raises it
        said = str(error).partition("\n")[0]
        yield _Found(
            "empty",
            f"cannot be had of an empty tensor: {type(error).__name__}: {said}",
            0,
            _script(case, np.zeros(0), np.zeros(0)).ending(),
        )


def hand_written(output: Any) -> bool:
    """Whether the output comes straight from a user's `autograd.Function`."""
    return hasattr(type(output.grad_fn), "_forward_cls")
