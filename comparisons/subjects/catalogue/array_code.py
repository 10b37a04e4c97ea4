"""Torch code of whole arrays beside the builder of its graph: what a layer or a loss is made of.

A layer is one `ArrayCode`: the builder, the code, how its inputs are drawn.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from comparisons.dtypes import FloatType
from comparisons.inputs.drawn import Draw, drawn
from comparisons.inputs.values import Inputs
from comparisons.subjects.catalogue.torch_code import written
from comparisons.subjects.subject import Subject
from symdiff import Graph

Words = Mapping[str, Any]


def _no_words(options: Words, graph: Graph) -> Words:  # noqa: ARG001 - any code may have some
    return {}


@dataclass(frozen=True, eq=False)
class ArrayCode:
    """One function of whole arrays: torch's own, or as people write it.

    What is between braces in the code is an option's value; `{dim}`, the position of the axis that
    the option `over` names; or one of `words`.
    """

    builder: Callable[..., Graph]  # its keywords are the options
    code: str
    draws: Mapping[str, Draw] = field(default_factory=dict)  # by input; normal where none is named
    words: Callable[[Words, Graph], Words] = _no_words  # of the options as given
    adapt: Callable[[dict[str, Any], Words], None] | None = None  # changes what was drawn

    @property
    def name(self) -> str:
        """What it is called: as its builder."""
        return self.builder.__name__

    def subject(self, **options: Any) -> Subject:
        """The function at some options, beside its graph.

        Raises: ValueError if an option is not one it takes.
        """
        parameters = inspect.signature(self.builder).parameters.values()
        defaults = {p.name: p.default for p in parameters}
        for option in options:
            if option not in defaults:
                known = ", ".join(defaults) or "none"
                raise ValueError(f"{self.name} has no option {option!r}; it has {known}")
        graph = self.builder(**options)
        chosen = {**defaults, **options}
        words = {k: _word(v) for k, v in chosen.items()} | {**self.words(chosen, graph)}
        if "over" in chosen:
            words["dim"] = chosen["axes"].split().index(chosen["over"])
        code = written(self.code.format(**words), tuple(i.name for i in graph.inputs), {})
        given = ", ".join(f"{k}={v!r}" for k, v in options.items())
        label = f"{self.name}({given})" if given else self.name

        def sample(dtype: FloatType) -> Inputs:
            inputs = dict(drawn(graph, dtype, self.draws))
            if self.adapt is not None:
                self.adapt(inputs, words)
            return inputs

        return Subject(label, graph, code, code.code, sample=sample)


def by_name(codes: Iterable[ArrayCode]) -> dict[str, ArrayCode]:
    """The codes by the names of their builders."""
    return {code.name: code for code in codes}


def code_named(name: str, known: Mapping[str, ArrayCode]) -> ArrayCode:
    """The code so called. Raises: ValueError, naming those known, if there is none."""
    if name not in known:
        raise ValueError(f"unknown name {name!r}; known are {', '.join(known)}")
    return known[name]


def _word(option: Any) -> Any:
    """An option as torch's code has it: numbers as decimals."""
    return option if isinstance(option, str | bool | int) else float(option)
