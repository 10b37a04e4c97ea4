"""What code does beside computing: to its inputs, to memory, to NaN. Each finding is a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from comparisons.case import Case
from comparisons.dtypes import Float64Array
from comparisons.engines.backward import backward_statement
from comparisons.engines.call import run
from comparisons.engines.engine import (
    Engine,
    Gradients,
    Setting,
    float64,
    own_deprecations_ignored,
)
from comparisons.engines.snippet import Snippet
from comparisons.engines.undisturbed import calling
from comparisons.inputs.position import as_given, position
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.results.comparison import Comparison
from comparisons.subjects.subject import Subject
from symdiff.functions import Extreme

if TYPE_CHECKING:
    from torch import Tensor

BENT = (sympy.Piecewise, sympy.Abs, sympy.Max, sympy.Min, sympy.sign, sympy.Heaviside, Extreme)
_BATCH = 8  # points of a member
_CLEAR = 2.0**-10  # a slope that is not 0


class Behaviour(Engine):
    """What a call leaves behind; it computes no gradient."""

    name = "behaviour"
    summary = "Inputs, cotangents and earlier gradients after a call; NaN in a cotangent."

    def __init__(self, shown: Callable[[Snippet], str] = backward_statement) -> None:
        self._shown = shown

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """None."""
        raise NotImplementedError

    def statement(self, shown: Snippet) -> str:
        """What shows it, or at least the gradient of the plain call that it differs from."""
        return self._shown(shown)


def misbehaviour(case: Case, slopes: Float64Array) -> Iterator[Comparison]:
    """Each thing that the code of a function of one variable does and should not.

    Args: case, at some hundred points with a cotangent; slopes, f' there, roughly.
    """
    (name,) = (i.name for i in case.subject.graph.inputs)
    z, v = (np.ravel(case.inputs[k]) for k in (name, COTANGENT))
    with calling(case.subject):
        sentences = [
            *_what_is_left(case, z, v),
            *_nan_in_cotangent(case, z, v, slopes),
            *_nan_in_input(case, z, v),
            *_in_batches(case, z, v),
            *_of_nothing(case),
        ]
    for sentence in sentences:
        yield finding(case, name, sentence)


def what_is_left(case: Case) -> Iterator[Comparison]:
    """Each input of captured code that a call changes, and each gradient that a second one does."""
    import torch

    with calling(case.subject):
        first = case.setting.leaves(case.subject, case.inputs)
        output = run(case.subject, first)[case.subject.graph.output_name]
        asked = [t for t in first.values() if t.requires_grad]
        found = torch.autograd.grad(output, asked, allow_unused=True)
        kept = [None if g is None else float64(g) for g in found]
        _call_elsewhere(case, first)
        changed = dict(_written_into(case))
    for name, gradient, before in zip(first, found, kept, strict=True):
        sentences = [changed[name]] if name in changed else []
        if gradient is not None and before is not None:
            what = "gradient of an earlier call"
            sentences += _changed(what, before, float64(gradient), of=case.subject.shapes.get(name))
        for sentence in sentences:
            yield finding(case, name, sentence)


def _written_into(case: Case) -> Iterator[tuple[str, str]]:
    """Each input that a function written by hand changes without saying so, in words.

    torch refuses what is said, by `mark_dirty`, of a leaf. What torch's own functions change, as
    `F.embedding` does weights beyond `max_norm`, they change by design.
    """
    bare = case.subject.bare
    if bare is None or not bare.written:
        return
    own = [i.name for i in case.subject.graph.inputs if i.name not in bare.weights.values()]
    given = {name: np.reshape(case.inputs[name], bare.shapes[name]) for name in own}
    leaves = {name: case.setting.tensor(v).requires_grad_() for name, v in given.items()}
    with suppress(Exception):
        bare.on_the_very(leaves)
    for name, leaf in leaves.items():
        for sentence in _changed("input", given[name], float64(leaf), of=bare.shapes[name]):
            yield name, sentence


def _call_elsewhere(case: Case, leaves: Mapping[str, Tensor]) -> None:
    """The code and its gradient at other numbers.

    A little beside the first ones if the code cannot take larger ones: x[x.abs() > 1] has more
    entries there than its cotangent.
    """
    import torch

    for factor in (1.25, 1 + 2.0**-10):
        again = {k: (t.detach() * factor).requires_grad_() for k, t in leaves.items()}
        with suppress(Exception):
            other = run(case.subject, again)[case.subject.graph.output_name]
            torch.autograd.grad(other, list(again.values()), allow_unused=True)
            return


def finding(
    case: Case,
    name: str,
    sentence: str,
    others: Inputs | None = None,
    shown: Callable[[Snippet], str] = backward_statement,
) -> Comparison:
    """A comparison that disagrees, by a sentence about one input's gradient.

    Args: others, numbers that were other ones than the case's, or are needed beside them, by name;
        shown, what prints it in plain torch, by default the gradient of a plain call.
    """
    return Comparison(
        subject=case.subject,
        derived=case.derived.adjoints,
        dtype=case.dtype,
        engine=Behaviour(shown),
        budget=case.budget,
        adjoints={},
        absent={},
        wrong_presence={name: sentence},
        cotangent=case.cotangent,
        device=case.setting.device,
        given={**case.inputs, **(others or {})},
    )


def _gradient(case: Case, z: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """The output and the gradient, the very tensors."""
    import torch

    (name,) = (i.name for i in case.subject.graph.inputs)
    output = run(case.subject, {name: z})[case.subject.graph.output_name]
    if not output.requires_grad:
        return output, torch.zeros_like(z)
    (found,) = torch.autograd.grad(output, z, v, allow_unused=True)
    return output, torch.zeros_like(z) if found is None else found


def _what_is_left(case: Case, z: Float64Array, v: Float64Array) -> Iterator[str]:
    """What has changed after a call that should not have."""
    tensor = case.setting.tensor
    leaf, seed = tensor(z).requires_grad_(), tensor(v)
    output, gradient = _gradient(case, leaf, seed)
    value, kept = float64(output), float64(gradient)
    yield from _changed("input", z, float64(leaf))
    yield from _changed("cotangent", v, float64(seed))
    # other numbers of the same shape: whoever has one buffer for all writes into it
    _gradient(case, tensor(z[::-1].copy()).requires_grad_(), tensor(2 * v[::-1]))
    yield from _changed("gradient of an earlier call", kept, float64(gradient))
    yield from _changed("output of an earlier call", value, float64(output))


def _changed(
    what: str, before: Float64Array, after: Float64Array, of: tuple[int, ...] | None = None
) -> Iterator[str]:
    """In words. Args: of, the shape as the user has it, if it is an array's and not of points."""
    wrong = np.argwhere(~((before == after) | (np.isnan(before) & np.isnan(after))))
    if len(wrong):
        at = tuple(map(int, wrong[0]))
        old, new = float(before[at]), float(after[at])
        place = f" at {position(as_given(at, of))}" if of else ""
        yield (
            f"comes with a side effect: the {what} was {old!r}{place} and is {new!r} after the call"
        )


def _nan_in_cotangent(
    case: Case, z: Float64Array, v: Float64Array, slopes: Float64Array
) -> Iterator[str]:
    """A NaN in the cotangent is one in the gradient, where the slope is not 0, and there only."""
    spoiled = np.arange(z.size) % 8 == 3
    tensor = case.setting.tensor
    infinite = tensor(np.where(spoiled, np.inf, v))
    beside = float64(_gradient(case, tensor(z).requires_grad_(), infinite)[1])
    lost = np.flatnonzero(spoiled & np.isfinite(beside) & (np.abs(slopes) > _CLEAR))
    if lost.size:
        i = lost[0]
        yield f"is {float(beside[i])!r} at z = {float(z[i])!r} for a cotangent of inf"
    seed = np.where(spoiled, np.nan, v)
    _, found = _gradient(case, tensor(z).requires_grad_(), tensor(seed))
    _, plain = _gradient(case, tensor(z).requires_grad_(), tensor(v))
    got, clean = np.isnan(float64(found)), np.isnan(float64(plain))
    spread = np.flatnonzero(got & ~spoiled & ~clean)
    if spread.size:
        yield f"is NaN at z = {float(z[spread[0]])!r} if a neighbour's cotangent is NaN"
    swallowed = np.flatnonzero(spoiled & ~got & (np.abs(slopes) > _CLEAR))
    if swallowed.size:
        i = swallowed[0]
        number = float(float64(found)[i])
        yield f"is {number!r} at z = {float(z[i])!r} for a cotangent of NaN: the NaN is swallowed"


def _nan_in_input(case: Case, z: Float64Array, v: Float64Array) -> Iterator[str]:
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
    spoiled = np.arange(z.size) % 8 == 5
    tensor = case.setting.tensor
    leaf = tensor(np.where(spoiled, np.nan, z)).requires_grad_()
    output, found = _gradient(case, leaf, tensor(v))
    if not hand_written(output) or not np.isnan(float64(output)[spoiled]).all():
        return
    numbers = np.flatnonzero(spoiled & ~np.isnan(float64(found)))
    if numbers.size:
        number = float(float64(found)[numbers[0]])
        yield f"is {number!r} where the input, and the function, are NaN: the NaN is swallowed"


def _in_batches(case: Case, z: Float64Array, v: Float64Array) -> Iterator[str]:
    """The value, and the gradient through it, under vmap, where a rule for that is written."""
    import torch

    (name,) = (i.name for i in case.subject.graph.inputs)
    rows = z.size // _BATCH
    tensor = case.setting.tensor
    parts = [np.reshape(x[: rows * _BATCH], (rows, _BATCH)) for x in (z, v)]
    leaf, seed = tensor(parts[0]).requires_grad_(), tensor(parts[1])
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
    pairs = ("value", value, together), ("gradient", gradient, through)
    for what, alone, found in pairs:
        one, other = np.ravel(float64(alone)), np.ravel(float64(found))
        near = np.abs(other - one) <= line * np.maximum(np.abs(one), 1)
        apart = np.isfinite(one) & np.logical_not(near)
        if apart.any():
            i = int(np.flatnonzero(apart)[0])
            yield (
                f"has another {what} under torch.func.vmap: {float(other[i])!r} at "
                f"z = {float(np.ravel(parts[0])[i])!r}, and {float(one[i])!r} without"
            )


def _of_nothing(case: Case) -> Iterator[str]:
    """An empty tensor that goes in has an empty gradient."""
    import torch

    (name,) = (i.name for i in case.subject.graph.inputs)
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
        yield f"cannot be had of an empty tensor: {type(error).__name__}: {said}"


def hand_written(output: Any) -> bool:
    """Whether the output comes straight from a user's `autograd.Function`."""
    return hasattr(type(output.grad_fn), "_forward_cls")
