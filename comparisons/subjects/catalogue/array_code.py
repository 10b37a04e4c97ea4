"""Pair torch code of whole arrays with the builder of its graph, for layers and losses.

A layer is one `ArrayCode`: the builder, the code, how its inputs are drawn.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from comparisons.dtypes import FloatType
from comparisons.inputs.drawn import INTERVALS, Draw, drawn, normal
from comparisons.inputs.rows import Rows
from comparisons.inputs.values import COTANGENT, Inputs, seeded
from comparisons.subjects.catalogue.torch_code import filled_in
from comparisons.subjects.subject import Subject
from symdiff import Graph

Words = Mapping[str, Any]

_NEAR_AN_END = 2.0**-8
_ROOM = 2.0**10
_ROWS = 60  # on borders, beside those that are drawn, if there is room for as many
_ENTRIES = 500  # of all inputs: a statement that reproduces a finding writes out 512
_MOVED = 12  # rows that are moved to them: of both signs, if the labels are signs


def _no_words(options: Words, graph: Graph) -> Words:  # noqa: ARG001 - any code may have some
    return {}


@dataclass(frozen=True, eq=False)
class ArrayCode:
    """One function of whole arrays in torch: torch's own, or as people write it.

    What is between braces in the code is an option's value; `{dim}`, the position of the axis that
    the option `over` names; or one of `words`.
    """

    builder: Callable[..., Graph]  # its keywords are the options
    code: str
    draws: Mapping[str, Draw] = field(default_factory=dict)  # by input; normal where none is named
    words: Callable[[Words, Graph], Words] = _no_words  # of the options as given
    adapt: Callable[[dict[str, Any], Words], None] | None = None  # changes what was drawn
    rows: str = ""  # the axis of problems of their own, if there is one

    @property
    def name(self) -> str:
        """The function's name, that of its builder."""
        return self.builder.__name__

    def subject(self, **options: Any) -> Subject:
        """The subject of the function at some options.

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
        code = filled_in(self.code.format(**words), tuple(i.name for i in graph.inputs), {})
        given = ", ".join(f"{k}={v!r}" for k, v in options.items())
        label = f"{self.name}({given})" if given else self.name

        def sample(dtype: FloatType) -> Inputs:
            inputs = self._drawn(graph, dtype, words, {})
            return inputs if not self.rows else self._with_rows(graph, inputs, dtype, words)

        return Subject(label, graph, code, code.code, sample=sample, of_torch=code.of_torch)

    def _drawn(
        self, graph: Graph, dtype: FloatType, words: Words, lengths: Mapping[str, int]
    ) -> Inputs:
        inputs = dict(drawn(graph, dtype, self.draws, lengths))
        if self.adapt is not None:
            self.adapt(inputs, words)
        return inputs

    def _with_rows(self, graph: Graph, inputs: Inputs, dtype: FloatType, words: Words) -> Inputs:
        """The inputs with more rows, on the borders of what the graph computes of each."""
        others = dict(self._drawn(graph, dtype, words, {self.rows: _MOVED}))
        others |= {i.name: inputs[i.name] for i in graph.inputs if self.rows not in i.axes}
        draws = {i.name: self.draws.get(i.name, normal) for i in graph.inputs}
        drawn_with_rows = [i.name for i in graph.inputs if self.rows in i.axes]
        moved = {n: INTERVALS[draws[n]] for n in drawn_with_rows if draws[n] in INTERVALS}
        within = np.inf
        if COTANGENT not in inputs:  # a mean makes a number again of what overflows in a row
            moved = {n: _away_from_0_and_1(interval) for n, interval in moved.items()}
            within = dtype.largest / _ROOM
        each = [v.size // len(v) for n, v in inputs.items() if n in (*drawn_with_rows, COTANGENT)]
        room = max(1, (_ENTRIES - sum(v.size for v in inputs.values())) // sum(each))
        count = min(_ROWS, room)
        more = dict(Rows(graph, self.rows, others, moved, within).on_borders(dtype, count))
        if COTANGENT in inputs:
            count = len(next(iter(more.values())))
            shape = count, *inputs[COTANGENT].shape[1:]
            # a smaller one would ask for a gradient where the loss itself overflows
            sizes = seeded().uniform(1, 2, size=shape) * seeded().choice([-1.0, 1.0], size=shape)
            more[COTANGENT] = dtype.round(sizes)
        return {k: np.concatenate([v, more[k]]) if k in more else v for k, v in inputs.items()}


def _away_from_0_and_1(interval: tuple[float, float]) -> tuple[float, float]:
    """The part of an interval that is not close to its finite ends."""
    low, high = interval
    near = low + _NEAR_AN_END, high - _NEAR_AN_END
    return (near[0] if np.isfinite(low) else low), (near[1] if np.isfinite(high) else high)


def by_name(codes: Iterable[ArrayCode]) -> dict[str, ArrayCode]:
    """The codes by the names of their builders."""
    return {code.name: code for code in codes}


def _word(option: Any) -> Any:
    """An option as torch's code has it: numbers as decimals."""
    return option if isinstance(option, str | bool | int) else float(option)
