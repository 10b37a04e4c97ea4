"""The same numbers in other circumstances: layouts, who requires a gradient, a second pass.

What a call gives bit by bit as the first did is judged already; what it gives otherwise is judged
by the same truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from comparisons.careful.behaviour import finding
from comparisons.careful.running.calls import (
    Calls,
    Found,
    Layout,
    differing,
    sliced,
    spread,
    turned,
)
from comparisons.careful.running.script import Script, call, differentiate, with_leaves, with_seeds
from comparisons.careful.unasked import Unasked
from comparisons.cases.case import Case
from comparisons.engines.engine import Gradients, float64
from comparisons.engines.modes.reverse import Reverse
from comparisons.inputs.position import position
from comparisons.judge.vocabulary import Status, Verdict
from comparisons.results.comparison import Comparison

_MOST_INPUTS = 6  # that are laid out, or asked for, each by itself
# Of the norm: called with one tensor twice, code adds in another order.
_TWICE_THE_SAME, _ROUNDINGS = 2.0**-10, 64
_ABOVE = 0.25  # other numbers, for a call in between: larger, so that a wrong one is seen

Index = tuple[int, ...]


def circumstances(calls: Calls) -> Iterator[Comparison | Unasked]:
    """What differs from one circumstance to another, and is wrong in one."""
    first = calls.gradients(calls.leaves())
    for what, ask, script in _all(calls):
        try:
            found = ask()
        except Exception as error:  # noqa: BLE001 - code that is not made for it may raise anything
            yield Unasked(what, _said(error))
            continue
        yield from judged(calls.case, first, found, what, partial(_entry, calls, script))
    if calls.case.subject.by_memory:
        yield Unasked("other layouts", f"the code {calls.case.subject.by_memory}")
    yield from _values(calls)
    yield from _required_alone(calls, first)
    yield from _left(calls)
    yield from _given_twice(calls)


def judged(
    case: Case, first: Found, found: Found, what: str, shown: Callable[[str, Index], str]
) -> Iterator[Comparison]:
    """Findings where gradients are not those of the first call, and wrong.

    Args: shown, the statements that print an entry of a gradient, by its index.
    """
    other = {
        name: np.reshape(found[name], np.shape(case.inputs[name]))
        for name in differing(found, first)
    }
    if not other:
        return
    result = case.judged(Reverse(), Gradients(other), case.inputs, None)
    for name, adjoint in result.adjoints.items():
        before = np.reshape(first[name], adjoint.computed.shape)
        as_before = np.isnan(before) & np.isnan(adjoint.computed)  # judged already
        adjoint.judgement.excuse(as_before, Status.UNDEFINED)
        if adjoint.verdict is not Verdict.DISAGREES:
            continue
        worst, wrong = adjoint.worst, adjoint.judgement.wrong
        at = f" at {position(worst.index)}" if worst.index else ""
        yield finding(
            case,
            name,
            f"is wrong at {wrong or adjoint.values} of {adjoint.values} points {what}: "
            f"{worst.computed!r} for {worst.truth!r}{at}; in a plain call it "
            f"is {float(before[adjoint.worst_index])!r}",
            shown(name, worst.index or ()),
        )


def _entry(calls: Calls, script: Callable[[], Script], name: str, index: Index) -> str:
    """The statements, and an entry of the gradient by one of the inputs printed."""
    return script().printing(f"§g[{calls.names.index(name)}]", index)


Circumstance = tuple[str, Callable[[], Found], Callable[[], Script]]


def _all(calls: Calls) -> Iterator[Circumstance]:
    """Each circumstance in words, how it is asked, and the statements that ask it."""
    grad = partial(differentiate, calls)

    def plain(*statements: str) -> Script:
        return with_seeds(with_leaves(calls), calls).add(call(calls), *statements)

    yield (
        "in a second call",
        lambda: calls.gradients(calls.leaves()),
        lambda: plain(grad(), call(calls), grad()),
    )
    yield (
        "in the second backward pass through one graph",
        lambda: _retained(calls),
        lambda: plain(grad(options="retain_graph=True"), grad()),
    )
    yield (
        "with create_graph=True",
        lambda: calls.gradients(calls.leaves(), create_graph=True),
        lambda: plain(grad(options="create_graph=True")),
    )
    yield (
        "if another call's forward pass comes in between",
        lambda: _interleaved(calls),
        lambda: plain(_call_of_larger(calls), grad()),
    )
    if not calls.case.subject.by_memory:
        yield from _laid_out(calls)


def _laid_out(calls: Calls) -> Iterator[Circumstance]:
    """The inputs, each of them, and the cotangent in other layouts."""

    def of_inputs(what: str, layouts: Mapping[str, Layout] | Layout) -> Circumstance:
        return (
            what,
            lambda: calls.gradients(calls.leaves(layouts)),
            lambda: with_seeds(with_leaves(calls, layouts), calls).add(
                call(calls), differentiate(calls)
            ),
        )

    def of_cotangent(what: str, layout: Layout) -> Circumstance:
        return (
            what,
            lambda: _seeded(calls, layout),
            lambda: with_seeds(with_leaves(calls), calls, layout).add(
                call(calls), differentiate(calls)
            ),
        )

    yield of_inputs("if its inputs are slices of larger tensors", sliced)
    yield of_inputs("if its inputs' memory is reversed", turned)
    yield of_cotangent("if the cotangent is a slice of a larger tensor", sliced)
    yield of_cotangent("if the cotangent's memory is reversed", turned)
    yield of_cotangent("if the cotangent is every other entry of another", spread)
    for name in calls.names[:_MOST_INPUTS] if len(calls.names) > 1 else ():
        yield of_inputs(f"if {name}'s memory is reversed", {name: turned})
        yield of_inputs(f"if {name} is a slice", {name: sliced})


def _call_of_larger(calls: Calls) -> str:
    larger = f"(§t.detach() * {1 + _ABOVE}).requires_grad_()"
    return f"§f(*[{larger} for §t in ({', '.join(calls.names)},)])"


def _seeded(calls: Calls, layout: Callable[..., object]) -> Found:
    leaves = calls.leaves()
    outputs = calls.outputs(leaves)
    return calls.gradients(leaves, outputs, calls.cotangents(outputs, layout))


def _retained(calls: Calls) -> Found:
    leaves = calls.leaves()
    outputs = calls.outputs(leaves)
    calls.gradients(leaves, outputs, retain_graph=True)
    return calls.gradients(leaves, outputs)


def _interleaved(calls: Calls) -> Found:
    """Code that keeps its numbers in the class, not in the call, is found out."""
    leaves = calls.leaves()
    outputs = calls.outputs(leaves)
    calls.outputs(calls.leaves(given={k: v * (1 + _ABOVE) for k, v in calls.given.items()}))
    return calls.gradients(leaves, outputs)


def _values(calls: Calls) -> Iterator[Comparison | Unasked]:
    """What is returned where no gradient is recorded."""
    import torch

    weights, shapes = calls.bare.weights, calls.case.inputs
    first = calls.values(calls.leaves())
    for mode in (torch.no_grad, torch.inference_mode):
        what = f"under torch.{mode.__name__}()"
        try:
            with mode():
                found = calls.values(calls.leaves(asked=()))
        except Exception as error:  # noqa: BLE001 - code that is not made for it may raise anything
            yield Unasked(what, _said(error))
            continue
        before, now = (
            {w: np.reshape(of[y], np.shape(shapes[w])) for y, w in weights.items()}
            for of in (first, found)
        )

        def shown(weight: str, index: Index, mode: str = mode.__name__) -> str:
            script = with_leaves(calls, asked=()).add(f"§m = torch.{mode}()", "§m.__enter__()")
            output = f"§y[{list(weights.values()).index(weight)}]"
            script.add(call(calls), "§m.__exit__(None, None, None)")
            return script.printing(output, index)

        yield from judged(calls.case, before, now, what, shown)


def _required_alone(calls: Calls, first: Found) -> Iterator[Comparison | Unasked]:
    """Only one input requires a gradient: the others are frozen, or data."""
    if len(calls.names) < 2:
        return
    for name in calls.names[:_MOST_INPUTS]:
        what = f"if only {name} requires a gradient"
        try:
            found = calls.gradients(calls.leaves(asked=[name]))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not raised else
            said = f"cannot be had {what}: {_said(error)}"
            yield finding(calls.case, name, said, _alone(calls, name).ending())
            continue

        def shown(_: str, index: Index, name: str = name) -> str:
            return _alone(calls, name).printing("§g[0]", index)

        yield from judged(calls.case, first, found, what, shown)


def _alone(calls: Calls, name: str) -> Script:
    """The gradient of one input, which alone requires one."""
    script = with_seeds(with_leaves(calls, asked=[name]), calls)
    return script.add(call(calls), differentiate(calls, [name]))


def _left(calls: Calls) -> Iterator[Comparison]:
    """A cotangent, or an output, that the backward pass changes."""
    leaves = calls.leaves()
    outputs = calls.outputs(leaves)
    seeds = calls.cotangents(outputs)
    before = [float64(t) for t in (*seeds.values(), *outputs.values())]
    calls.gradients(leaves, outputs, seeds)
    names = [f"{kind} {name}" for kind in ("cotangent of", "output") for name in outputs]
    places = list(calls.bare.weights)
    texts = [calls.bare.weights[y] for y in seeds] + [f"§y[{places.index(y)}]" for y in outputs]
    for what, text, old, t in zip(
        names, texts, before, (*seeds.values(), *outputs.values()), strict=True
    ):
        new = float64(t)
        wrong = np.argwhere((old != new) & ~(np.isnan(old) & np.isnan(new)))
        if wrong.size:
            at = tuple(map(int, wrong[0]))
            sentence = f"comes with a side effect: the {what}{position(at)} was {float(old[at])!r}"
            yield finding(
                calls.case,
                calls.names[0],
                f"{sentence} and is {float(new[at])!r} after the backward pass",
                with_seeds(with_leaves(calls), calls)
                .add(call(calls), differentiate(calls))
                .printing(text, at),
            )


def _given_twice(calls: Calls) -> Iterator[Comparison | Unasked]:
    """One tensor given for two inputs: its gradient is the sum of theirs."""
    pairs = [
        (a, b)
        for i, a in enumerate(calls.names)
        for b in calls.names[i + 1 :]
        if calls.given[a].shape == calls.given[b].shape
    ]
    for a, b in pairs[:1]:
        what = f"one tensor given for {a} and {b}"
        given = {**calls.given, b: calls.given[a]}
        try:
            apart = calls.gradients(calls.leaves(given=given))
            leaves = calls.leaves(given=given)
            together = calls.gradients({**leaves, b: leaves[a]})[a]
        except Exception as error:  # noqa: BLE001 - code that is not made for it may raise anything
            yield Unasked(what, _said(error))
            return
        size = np.linalg.norm(apart[a]) + np.linalg.norm(apart[b])
        difference = together - (apart[a] + apart[b])
        off = np.linalg.norm(difference)
        line = _TWICE_THE_SAME + _ROUNDINGS * calls.case.dtype.unit_roundoff
        if np.isfinite(size) and not off <= line * size:
            same = replace(calls.case, inputs={**calls.case.inputs, b: calls.case.inputs[a]})
            room = same.tolerance(a, widely=True) + same.tolerance(b, widely=True)
            if (np.abs(difference) <= np.reshape(room, difference.shape)).all():
                return  # their roundings: the gradient of x · x/‖x‖² is 0
            at = np.unravel_index(np.argmax(np.abs(difference)), together.shape)
            place = f" at {position(tuple(map(int, at)))}" if at else ""
            yield finding(
                calls.case,
                a,
                f"is wrong for {what}: {float(together[at])!r}{place}, where two "
                f"tensors of the same numbers have {float(apart[a][at] + apart[b][at])!r} together",
                _once(calls, a, b).printing("§g[0]", tuple(map(int, at))),
            )


def _once(calls: Calls, a: str, b: str) -> Script:
    """The gradient by one tensor that is given twice."""
    others = {name: values for name, values in calls.given.items() if name != b}
    script = with_seeds(with_leaves(calls, given=others).add(f"{b} = {a}"), calls)
    return script.add(call(calls), differentiate(calls, [a]))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
