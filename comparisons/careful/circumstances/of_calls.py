"""Ask for the same gradient under other layouts, other `requires_grad`, and in a second pass.

What a call gives bit by bit as the first did is judged already; what it gives otherwise is judged
by the same truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from comparisons.careful.circumstances.beside_first_call import Index, judged, said
from comparisons.careful.circumstances.changed_by_backward import changed_by_backward
from comparisons.careful.circumstances.one_input import given_twice, required_alone
from comparisons.careful.circumstances.unrecorded import unrecorded
from comparisons.careful.running.calls import Calls, Found, Layout, sliced, spread, turned
from comparisons.careful.running.script import Script, call, differentiate, with_leaves, with_seeds
from comparisons.careful.unasked import Unasked
from comparisons.results.comparison import Comparison

_MOST_INPUTS = 6  # that are laid out each by itself
_ABOVE = 0.25  # other numbers, for a call in between: larger, so that a wrong one is seen


def circumstances(calls: Calls) -> Iterator[Comparison | Unasked]:
    """The findings where a gradient differs from the first call's, and is wrong."""
    first = calls.gradients(calls.leaves())
    for what, ask, script in _all(calls):
        try:
            found = ask()
        except Exception as error:  # noqa: BLE001 - code that is not made for it may raise anything
            yield Unasked(what, said(error))
            continue
        yield from judged(calls.case, first, found, what, partial(_entry, calls, script))
    if calls.case.subject.by_memory:
        yield Unasked("other layouts", f"the code {calls.case.subject.by_memory}")
    yield from unrecorded(calls)
    yield from required_alone(calls, first)
    yield from changed_by_backward(calls)
    yield from given_twice(calls)


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
