"""Choose what else to ask of captured code of arrays, which is judged for a random cotangent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import numpy as np

from comparisons.careful.behaviour import finding, what_is_left
from comparisons.careful.circumstances.forward_mode import forward_mode, modes_should_agree
from comparisons.careful.circumstances.kept_values import WHY, keeps_values
from comparisons.careful.circumstances.of_calls import circumstances
from comparisons.careful.circumstances.transforms import transforms
from comparisons.careful.numbers.in_single import in_single
from comparisons.careful.numbers.nan_in_arrays import nan_in_arrays
from comparisons.careful.numbers.one_output import one_output
from comparisons.careful.numbers.other_cotangents import other_cotangents
from comparisons.careful.numbers.rows_of_arrays import other_rows, rows_of
from comparisons.careful.running.calls import Calls
from comparisons.careful.unasked import Unasked, until_an_error
from comparisons.cases.asked import Asked, case_of
from comparisons.cases.case import Case
from comparisons.engines.call import run
from comparisons.engines.engine import Engine, own_deprecations_ignored
from comparisons.engines.layouts.noncontiguous import NonContiguous
from comparisons.engines.modes.accumulated import Accumulated
from comparisons.engines.modes.reverse import Reverse
from comparisons.engines.undisturbed import calling
from comparisons.results.comparison import Comparison
from comparisons.subjects.own.bare import Bare
from comparisons.subjects.own.of_gradient import of_gradient

_ENGINES: tuple[Engine, ...] = (NonContiguous(), Accumulated())
_SUSPICIOUS = 2.0**-20  # of the norm of a second derivative: beyond it the truth is asked
_SUSPICIOUS_ELSE = 2.0**-8


def of_arrays(
    case: Case, engines: Sequence[Engine] | None = None
) -> Iterator[Comparison | Unasked]:
    """Ask of other layouts, a second call, side effects, other rows, NaN, second derivatives.

    Args: engines, of another framework, which alone are asked then.
    """
    for engine in engines or _ENGINES:
        if engine.refuses(case.subject) is None and engine.unavailable() is None:
            try:
                yield case.answer(engine)
            except Exception as error:
                # torch takes no sparse gradient of what is not contiguous, and kernels assert it
                if engines is not None:
                    raise
                said = str(error).partition("\n")[0] or type(error).__name__
                yield Unasked(str(engine), said)
    if engines is None:
        # a checkpoint with use_reentrant=True takes no autograd.grad
        yield from until_an_error("what a call leaves behind", what_is_left(case), RuntimeError)
        yield from _second(case)
        if case.subject.bare is not None and not case.subject.pointwise:
            yield from _otherwise(case, case.subject.bare)
            yield from _called(Calls(case, case.subject.bare))


def _called(calls: Calls) -> Iterator[Comparison | Unasked]:
    """Every circumstance and cotangent; the transforms of what is written by hand."""
    answers: list[Comparison | Unasked] = []
    with calling(calls.case.subject):
        for questions in (circumstances, other_cotangents, _transformed):
            answers += until_an_error("other calls", _if_any(questions, calls))
    yield from answers


def _if_any(
    questions: Callable[[Calls], Iterator[Comparison | Unasked]], calls: Calls
) -> Iterator[Comparison | Unasked]:
    if calls.names and calls.outputs(calls.leaves()):
        yield from questions(calls)


def _transformed(calls: Calls) -> Iterator[Comparison | Unasked]:
    if calls.bare.written:
        yield from transforms(calls)
    elif modes_should_agree(calls):
        with own_deprecations_ignored():
            answers = until_an_error("forward mode", forward_mode(calls))
        yield from answers


def _otherwise(case: Case, bare: Bare) -> Iterator[Comparison | Unasked]:
    """Other numbers of rows, NaN among finite neighbours, one output alone, float32."""
    with calling(case.subject):
        try:
            rows = rows_of(case, bare)
            for answer in chain(
                other_rows(case, bare, rows),
                nan_in_arrays(case, bare, rows),
                one_output(case, bare),
            ):
                yield answer if isinstance(answer, Unasked) else finding(case, *answer)
        except Exception as error:  # noqa: BLE001 - code may refuse what it is not made for
            yield Unasked("other circumstances", str(error).partition("\n")[0])
        yield from in_single(case, bare)


def _second(case: Case) -> Iterator[Comparison | Unasked]:
    """The gradient of the gradient that a hand-written backward gives, if it looks wrong.

    What torch differentiates itself it differentiates twice as well.
    """
    what = "the second derivative"
    if case.subject.surrogate:
        yield Unasked(what, "a surrogate gradient says nothing of its own gradient")
        return
    with calling(case.subject):
        written = _hand_written(case)
        try:
            differentiable = written and _differentiable(case)
        except RuntimeError as error:  # as above
            yield Unasked(what, str(error).partition("\n")[0])
            return
    if not written:
        yield Unasked(what, "torch differentiates the code itself")
        return
    if not differentiable:
        yield Unasked(what, "its backward is not differentiable")
        return
    try:
        twice = of_gradient(case.subject)
        asked = case_of(Asked(twice, case.dtype, device=case.setting.device, budget=case.budget))
        expected = asked.derived.approximate(asked.inputs)
        found = asked.gradients(Reverse()).values
    except Exception as error:  # noqa: BLE001 - code that is not made for it may raise anything
        yield Unasked(what, str(error).partition("\n")[0])
        return
    line = _SUSPICIOUS if case.dtype.name == "float64" else _SUSPICIOUS_ELSE
    for leaf in case.subject.graph.inputs:
        wanted = expected.get(leaf.name, np.zeros(()))
        got = found.get(leaf.name)
        off = np.linalg.norm(np.ravel((0.0 if got is None else got) - wanted))
        if not off <= line * np.linalg.norm(np.ravel(wanted)) + case.dtype.unit_roundoff * 64:
            yield Unasked(what, WHY) if keeps_values(case) else asked.answer(Reverse())
            return


def _hand_written(case: Case) -> bool:
    """Whether there is an `autograd.Function` of the user's anywhere in the graph."""
    from comparisons.capture.captured import functions_in

    leaves = case.setting.leaves(case.subject, case.inputs)
    output = run(case.subject, leaves)[case.subject.graph.output_name]
    return any(True for _ in functions_in([output]))


def _differentiable(case: Case) -> bool:
    """Whether torch knows the gradient to depend on anything."""
    import torch

    leaves = case.setting.leaves(case.subject, case.inputs)
    output = run(case.subject, leaves)[case.subject.graph.output_name]
    found = torch.autograd.grad(output, list(leaves.values()), create_graph=True, allow_unused=True)
    names = [name for name in leaves if case.subject.label(name).endswith(".grad")]
    known = dict(zip(leaves, found, strict=True))
    return any(known[name] is not None and known[name].requires_grad for name in names)
