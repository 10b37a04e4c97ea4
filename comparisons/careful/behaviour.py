"""Find side effects of array code on its inputs and on earlier gradients, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from comparisons.careful.running.script import Script
from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array
from comparisons.engines.backward import backward_statement
from comparisons.engines.call import run
from comparisons.engines.engine import (
    Engine,
    Gradients,
    Setting,
    float64,
)
from comparisons.engines.snippet import Snippet
from comparisons.engines.undisturbed import calling
from comparisons.inputs.position import as_given, position
from comparisons.inputs.values import Inputs
from comparisons.results.comparison import Comparison
from comparisons.subjects.subject import Subject

if TYPE_CHECKING:
    from torch import Tensor

Finding = tuple[str, str]  # a sentence, and the statements that show it


class Behaviour(Engine):
    """The engine under whose name side effects are reported; it computes no gradient."""

    name = "behaviour"
    summary = "Inputs, cotangents and earlier gradients after a call; NaN in a cotangent."

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """No gradients: a finding has been computed already."""
        raise NotImplementedError

    def statement(self, shown: Snippet) -> str:
        """The statement that prints the plain call's gradient; findings have their own."""
        return backward_statement(shown)


def what_is_left(case: Case) -> Iterator[Comparison]:
    """Each input that a call changes, and each gradient that a second call changes."""
    import torch

    with calling(case.subject):
        first = case.setting.leaves(case.subject, case.inputs)
        output = run(case.subject, first)[case.subject.graph.output_name]
        asked = [t for t in first.values() if t.requires_grad]
        found = torch.autograd.grad(output, asked, allow_unused=True)
        kept = [None if g is None else float64(g) for g in found]
        factor = _call_elsewhere(case, first)
        written = dict(_written_into(case))
    for name, gradient, before in zip(first, found, kept, strict=True):
        if name in written:
            yield finding(case, name, *written[name])
        if gradient is None or before is None:
            continue
        what, shape = "gradient of an earlier call", case.subject.shapes.get(name)
        for sentence, at in changed(what, before, float64(gradient), of=shape):
            yield finding(case, name, sentence, _earlier(case, factor, list(first).index(name), at))


def _earlier(case: Case, factor: float, which: int, at: tuple[int, ...]) -> str:
    """The statements that print an entry of a gradient after a call at numbers times a factor."""
    names = [i.name for i in case.subject.graph.inputs]
    script = Script(case).add(f"§f = lambda {', '.join(names)}: {case.subject.code}")
    for name in names:
        script.leaf(name, case.inputs[name])
    of = f"[{', '.join(names)}]"
    script.add(f"§g = torch.autograd.grad(§f(*{of}), {of}, allow_unused=True)")
    script.add(f"§w = [(§t.detach() * {factor}).requires_grad_() for §t in {of}]")
    script.add("_ = torch.autograd.grad(§f(*§w), §w, allow_unused=True)")
    return script.printing(f"§g[{which}]", at)


def _written_into(case: Case) -> Iterator[tuple[str, Finding]]:
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
        for sentence, at in changed("input", given[name], float64(leaf), of=bare.shapes[name]):
            script = Script(case).add(f"§f = lambda {', '.join(own)}: {bare.text_on_the_very}")
            for other, values in given.items():
                script.leaf(other, values)
            yield name, (sentence, script.add(f"_ = §f({', '.join(own)})").printing(name, at))


def _call_elsewhere(case: Case, leaves: Mapping[str, Tensor]) -> float:
    """The code and its gradient at other numbers, these times the factor that is returned.

    A little beside the first ones if the code cannot take larger ones: x[x.abs() > 1] has more
    entries there than its cotangent.
    """
    import torch

    for factor in (1.25, 1 + 2.0**-10):
        again = {k: (t.detach() * factor).requires_grad_() for k, t in leaves.items()}
        with suppress(Exception):
            other = run(case.subject, again)[case.subject.graph.output_name]
            torch.autograd.grad(other, list(again.values()), allow_unused=True)
            return factor
    return 1.0


def finding(case: Case, name: str, sentence: str, script: str) -> Comparison:
    """A comparison that disagrees, for the reason that a sentence gives of one input's gradient.

    Args: script, statements that show it; empty where its numbers are too many to be written out.
    """
    return Comparison(
        subject=case.subject,
        derived=case.derived.adjoints,
        dtype=case.dtype,
        engine=Behaviour(),
        budget=case.budget,
        adjoints={},
        absent={},
        wrong_presence={name: sentence},
        cotangent=case.cotangent,
        device=case.setting.device,
        script=script,
    )


def changed(
    what: str, before: Float64Array, after: Float64Array, of: tuple[int, ...] | None = None
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """In words the first number that differs, and where it is.

    Args: of, the shape as the user has it, if it is an array's and not of points.
    """
    wrong = np.argwhere(~((before == after) | (np.isnan(before) & np.isnan(after))))
    if len(wrong):
        at = tuple(map(int, wrong[0]))
        old, new = float(before[at]), float(after[at])
        place = f" at {position(as_given(at, of))}" if of else ""
        said = f"the {what} was {old!r}{place} and is {new!r} after the call"
        yield f"comes with a side effect: {said}", at
