"""Write a finding as statements of plain torch that show it, with the call as it was made.

Each prints the number in the sentence, or raises what the sentence quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from comparisons.careful.running.calls import Calls, Layout, contiguous, sliced, spread, turned
from comparisons.careful.running.plain_run import Arrays
from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array
from comparisons.engines.modes.reverse import Reverse
from comparisons.results.code.statements import MOST_ENTRIES, entries, free
from comparisons.subjects.own.bare import Bare

if TYPE_CHECKING:
    from torch import Tensor

JOINT = Reverse.joint
_OWN_NAME = re.compile(r"§(\w+)")
Told = tuple[
    str, str, str
]  # an input, what is wrong of its gradient, and the statements that show it


class Script:
    """Statements one after another, and the count of numbers that they hold.

    `§f` in a statement is a name that neither the inputs nor the code have, `f` where that is free:
    `§f` is the code as a function, `§y` what it returns, `§g` the gradients.
    """

    def __init__(self, case: Case) -> None:
        subject, bare = case.subject, case.subject.bare
        texts = () if bare is None else (bare.text, bare.text_on_the_very)
        self.taken = (
            subject.code,
            subject.origin.imports,
            *texts,
            *(i.name for i in subject.graph.inputs),
        )
        self.options = Reverse().options(case.dtype, case.setting.device)
        self.statements: list[str] = []
        self.size = 0

    def add(self, *statements: str) -> Script:
        """The script with these statements added."""
        self.statements += statements
        return self

    def tensor(self, values: Float64Array) -> str:
        """The text of a tensor of these numbers, which are counted."""
        self.size += np.size(values)
        return f"torch.tensor({entries(np.asarray(values), '§h')}, {self.options})"

    def leaf(self, name: str, values: Float64Array, layout: Layout = contiguous) -> Script:
        """Add an input that requires a gradient."""
        return self.add(f"{name} = {self._laid(values, layout)}.requires_grad_()")

    def plain(self, name: str, values: Float64Array, layout: Layout = contiguous) -> Script:
        """Add a tensor that requires no gradient."""
        return self.add(f"{name} = {self._laid(values, layout)}")

    def _laid(self, values: Float64Array, layout: Layout) -> str:
        return _LAID[layout](self.tensor(values), np.shape(values), self.options)

    def printing(self, what: str, index: Sequence[int] = ()) -> str:
        """The whole text, its last statement printing an entry; empty where it is too long."""
        place = ", ".join(map(str, index)) or "()"
        return self.ending(f"print({what}[{place}].item())")

    def ending(self, *last: str) -> str:
        """The whole text with these statements at the end."""
        if self.size > MOST_ENTRIES:
            return ""
        whole = JOINT.join(("§h = float.fromhex", *self.statements, *last))
        return _OWN_NAME.sub(lambda found: free(found[1], *self.taken), whole)


def of_calls(calls: Calls) -> Script:
    """A script that begins with `§f`: a list of the code's outputs, of its inputs."""
    by_copies = calls.returned == calls.bare.call
    text = calls.bare.text if by_copies else calls.bare.text_on_the_very
    return Script(calls.case).add(f"§f = lambda {', '.join(calls.names)}: {text}")


def with_leaves(
    calls: Calls,
    layouts: Mapping[str, Layout] | Layout = contiguous,
    *,
    asked: Iterable[str] | None = None,
    given: Mapping[str, Float64Array] | None = None,
    begun: Script | None = None,
) -> Script:
    """The script of `of_calls` with the inputs as `Calls.leaves` makes them."""
    script = of_calls(calls) if begun is None else begun
    chosen = set(calls.names if asked is None else asked)
    for name, values in (given or calls.given).items():
        layout = layouts if callable(layouts) else layouts.get(name, contiguous)
        (script.leaf if name in chosen else script.plain)(name, values, layout)
    return script


def with_seeds(script: Script, calls: Calls, layout: Layout = contiguous) -> Script:
    """The script of `with_leaves` with the cotangents of the outputs that have a gradient."""
    for y in _differentiable(calls):
        weight = calls.bare.weights[y]
        values = np.reshape(calls.case.inputs[weight], calls.bare.shapes[y])
        script.plain(weight, values, layout)
    return script


def call(calls: Calls) -> str:
    """Add the statement that calls the code."""
    return f"§y = §f({', '.join(calls.names)})"


def differentiate(calls: Calls, asked: Iterable[str] | None = None, options: str = "") -> str:
    """Add the statement that computes the gradients of some inputs; zeros for None."""
    outputs = calls.outputs(calls.leaves())
    return gradient(calls.case, calls.bare, asked or calls.names, outputs, options)


def gradient(
    case: Case, bare: Bare, asked: Iterable[str], outputs: Mapping[str, Tensor], options: str = ""
) -> str:
    """The statement that differentiates some weighted outputs by some inputs."""
    places = {y: f"§y[{list(bare.weights).index(y)}]" for y in outputs}
    seeds = [
        bare.weights[y]
        if t.dtype == case.dtype.torch
        else f"{bare.weights[y]}.to({places[y]}.dtype)"
        for y, t in outputs.items()
    ]
    of = f"[{', '.join(places.values())}], [{', '.join(asked)}], [{', '.join(seeds)}]"
    keywords = f"{options}, " if options else ""
    return f"§g = torch.autograd.grad({of}, {keywords}materialize_grads=True)"


def _differentiable(calls: Calls) -> list[str]:
    return list(calls.outputs(calls.leaves()))


def of_plain_run(
    case: Case,
    bare: Bare,
    inputs: Arrays,
    cotangents: Arrays,
    rows: tuple[str, set[str]] = ("", set()),
) -> Script:
    """A script that ends with the gradients `§g` as `plain_run` computes them.

    Args: inputs and cotangents, by the names of inputs and outputs; rows, an index in text, and the
        names of what is taken by it.
    """
    script = Script(case).add(f"§f = lambda {', '.join(inputs)}: {bare.text}")
    index, taken = rows
    for name, values in inputs.items():
        part = f"{index}.clone()" if name in taken else ""
        script.add(f"{name} = {script.tensor(values)}{part}.requires_grad_()")
    for y, values in cotangents.items():
        script.add(f"{bare.weights[y]} = {script.tensor(values)}{index if y in taken else ''}")
    tensors = {name: case.setting.tensor(v).requires_grad_() for name, v in inputs.items()}
    found = bare.call(tensors)
    outputs = {y: found[y] for y in cotangents if found[y].requires_grad}
    script.add(f"§y = §f({', '.join(inputs)})")
    return script.add(gradient(case, bare, inputs, outputs)) if outputs else script


def _sliced(tensor: str, shape: Sequence[int], options: str) -> str:
    if not shape:
        return tensor
    larger = f"torch.full({tuple(n + 2 for n in shape)}, 0.25, {options})"
    return f"{larger}[{', '.join(f'1:{n + 1}' for n in shape)}].copy_({tensor})"


def _spread(tensor: str, shape: Sequence[int], options: str) -> str:
    if not shape:
        return tensor
    larger = f"torch.full({(*shape[:-1], 2 * shape[-1])}, 0.25, {options})"
    return f"{larger}[..., ::2].copy_({tensor})"


def _turned(tensor: str, shape: Sequence[int], options: str) -> str:
    if len(shape) < 2:
        return _sliced(tensor, shape, options)
    order = tuple(range(len(shape)))[::-1]
    return f"{tensor}.permute{order}.contiguous().permute{order}"


def _contiguous(tensor: str, shape: Sequence[int], options: str) -> str:  # noqa: ARG001 - as the others
    return tensor


_LAID: Mapping[Layout, Callable[[str, Sequence[int], str], str]] = {
    contiguous: _contiguous,
    sliced: _sliced,
    spread: _spread,
    turned: _turned,
}
