"""Write a finding as plain code: one line that prints the gradient, as the engine computed it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from comparisons.engines.engine import Engine
from comparisons.engines.snippet import AmongPoints, Snippet
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.results.code.statements import MOST_ENTRIES, beginning, entries, free, number
from comparisons.results.comparison import Comparison
from comparisons.results.result import Example, Result
from comparisons.subjects.catalogue.torch_code import mentions


def reproduction(result: Result, example: Example | None = None) -> str:
    """One line of the framework's code that prints the worst gradient, or another example.

    What keeps it from running as it stands is a comment above it.

    Of a graph with arrays it holds all of them, where they are small.
    """
    subject, example = result.subject, example or result.example
    begin = beginning(subject, result.engine)
    if example is None:
        return f"{begin}{subject.code}"
    index = ", ".join(map(str, example.index)) or "()"
    statements = _statements(result, example, index)
    if statements is None:
        return f"{_too_many(example.inputs, 'comparison.example.inputs')}\n{begin}{subject.code}"
    return f"{begin}{result.engine.joint.join(statements)}"


def reproduction_of_finding(result: Result) -> str:
    """One line that shows what `wrong_presence` says first: it prints the gradient, or raises."""
    if not isinstance(result, Comparison) or not result.wrong_presence:
        return ""
    subject, engine = result.subject, result.engine
    name = next(iter(result.wrong_presence))
    begin = beginning(subject, engine)
    if result.script:
        return f"{begin}{result.script}"
    names = [i.name for i in subject.graph.inputs]
    given = result.given or {}
    if not set(names) <= given.keys():
        return ""
    leaf = name if name in names else names[0]
    statements = _statements(result, _anywhere(result, leaf, given), "")
    if statements is None:
        return _too_many(given, "comparison.given")
    if "requires_grad" in result.wrong_presence[name]:
        if name not in (subject.graph.output_name, *names):
            return f"# {name} is a value on the way: print it in the code itself"
        of = name if name in names else f"({subject.code})"
        statements[-1] = f"print({of}.requires_grad)"
    return f"{begin}{engine.joint.join(statements)}"


def _anywhere(result: Comparison, name: str, given: Inputs) -> Example:
    """All inputs; of a function of points one point, the first whose numbers are finite."""
    if not result.subject.pointwise or result.subject.captured:
        return Example(name, given, (), AmongPoints(0, 1))
    shape = np.broadcast_shapes(*(v.shape for v in given.values()))
    flat = {k: np.broadcast_to(v, shape).ravel() for k, v in given.items()}
    finite = np.logical_and.reduce([np.isfinite(v) for v in flat.values()])
    i = int(np.argmax(finite))
    return Example(name, {k: v[i] for k, v in flat.items()}, (), AmongPoints(i, finite.size))


def _statements(result: Result, example: Example, index: str) -> list[str] | None:
    """The inputs made, and the gradient printed; None where the inputs are not small.

    Args: index, of the entry of an array that is printed; empty for all of it.
    """
    subject, engine = result.subject, result.engine
    names = tuple(i.name for i in subject.graph.inputs)
    if not set(names) <= example.inputs.keys():
        return None
    options = engine.options(result.dtype, result.device)
    if subject.pointwise and not subject.captured:
        tensors, place, cotangent = _point(example, names, engine, options)
        index = place if index else ""
    else:
        made = _arrays(example, names, engine, subject.code, options)
        if made is None:
            return None
        tensors, cotangent = made, COTANGENT if COTANGENT in example.inputs else ""
    snippet = Snippet(subject.code, names, example.name, index, cotangent)
    return [*tensors, engine.statement(snippet)]


def _too_many(inputs: Inputs, where: str) -> str:
    size = sum(np.size(v) for v in inputs.values())
    names = ", ".join(k for k in inputs)
    return f"# {names} have {size} entries, too many to be written out here: see {where}"


def _point(
    example: Example, names: Sequence[str], engine: Engine, options: str
) -> tuple[list[str], str, str]:
    """Statements that make the inputs, the index of the entry, and the cotangent."""
    tensors, index = [], ""
    for name in names:
        tensor, index = engine.point(number(example.inputs[name]), options, example.place)
        tensors.append(f"{name} = {tensor}")
    cotangent = ""
    if COTANGENT in example.inputs:
        cotangent = engine.full_like(example.name, number(example.inputs[COTANGENT]))
    return tensors, index, cotangent


def _arrays(
    example: Example, names: Sequence[str], engine: Engine, code: str, options: str
) -> list[str] | None:
    """Statements that make the inputs, every entry exact; None if they are not small."""
    wanted = list(example.inputs)  # the cotangent too, and what a finding was made with
    size = sum(example.inputs[n].size for n in wanted)
    if size > MOST_ENTRIES or not mentions(code, example.name):
        return None
    h = free("h", code, *names)
    statements = [f"{h} = float.fromhex"]
    for n in wanted:
        text = entries(example.inputs[n], h)
        plain = engine.constant(text, options)
        array = engine.array(text, options, example.inputs[n].ndim)
        tensor = array if n in names else plain
        statements.append(f"{n} = {tensor}")
    return statements
