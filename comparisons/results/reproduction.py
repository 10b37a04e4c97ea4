"""A finding in plain code: one line that prints the gradient, as the engine computed it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comparisons.engines.engine import Engine
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import COTANGENT
from comparisons.results.result import Example, Result
from comparisons.subjects.catalogue.torch_code import mentions

_MOST_ENTRIES = 512  # of all inputs together, in a snippet


def reproduction(result: Result, example: Example | None = None) -> str:
    """One line of the framework's code that prints the worst gradient, or another example.

    What keeps it from running as it stands is a comment above it.

    Of a graph with arrays it holds all of them, where they are small.
    """
    subject, example = result.subject, example or result.example
    names = tuple(i.name for i in subject.graph.inputs)
    code, engine = subject.code, result.engine
    options = engine.options(result.dtype, result.device)
    tensors = None
    if example is not None and set(names) <= example.inputs.keys():
        if subject.pointwise and not subject.captured:
            tensors, index, cotangent = _point(example, names, engine, options)
        else:
            tensors = _arrays(example, names, engine, code, options)
            index = "" if example.index is None else ", ".join(map(str, example.index)) or "()"
            cotangent = COTANGENT if COTANGENT in example.inputs else ""
    begin = "".join(f"{line}{engine.joint}" for line in (engine.imports, subject.imports) if line)
    if subject.obstacle:
        begin = f"# {subject.obstacle}, so no import finds it: define it first\n{begin}"
    if example is None:
        return f"{begin}{code}"
    if tensors is None:
        size = sum(v.size for v in example.inputs.values())
        remark = f"# {', '.join(names)} have {size} entries, too many to be written out here"
        return f"{remark}: see comparison.example.inputs\n{begin}{code}"
    statement = engine.statement(Snippet(code, names, example.name, index, cotangent))
    return f"{begin}{engine.joint.join([*tensors, statement])}"


def _point(
    example: Example, names: Sequence[str], engine: Engine, options: str
) -> tuple[list[str], str, str]:
    """Statements that make the inputs, the index of the entry, and the cotangent."""
    tensors, index = [], ""
    for name in names:
        tensor, index = engine.point(_number(example.inputs[name]), options, example.place)
        tensors.append(f"{name} = {tensor}")
    cotangent = ""
    if COTANGENT in example.inputs:
        cotangent = engine.full_like(example.name, _number(example.inputs[COTANGENT]))
    return tensors, index, cotangent


def _arrays(
    example: Example, names: Sequence[str], engine: Engine, code: str, options: str
) -> list[str] | None:
    """Statements that make the inputs, every entry exact; None if they are not small."""
    wanted = list(example.inputs)  # the cotangent too, and what a finding was made with
    size = sum(example.inputs[n].size for n in wanted)
    if size > _MOST_ENTRIES or not mentions(code, example.name):
        return None
    statements = ["h = float.fromhex"]
    for n in wanted:
        entries = _entries(example.inputs[n].tolist())
        plain = engine.constant(entries, options)
        axes = example.inputs[n].ndim
        tensor = engine.array(entries, options, axes) if n in names else plain
        statements.append(f"{n} = {tensor}")
    return statements


def _entries(values: Any) -> str:
    if isinstance(values, list):
        return f"[{', '.join(map(_entries, values))}]"
    return f"h('{values.hex()}')"


def _number(value: Any) -> str:
    return f"float.fromhex('{float(value).hex()}')"
