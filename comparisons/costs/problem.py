"""State what every method differentiates: one graph, the same in each language, its inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Symbol

from comparisons.costs.chain import Call
from comparisons.dtypes import Float64Array
from comparisons.inputs.values import COTANGENT, Inputs
from symdiff import Graph

Place = tuple[str, tuple[int, ...]]  # an array's name, and where in it an entry is


@dataclass(frozen=True)
class Written:
    """The output in plain SymPy, weighted by the cotangent and summed, and what it depends on."""

    expression: Expr
    variables: Mapping[Symbol, Place]  # the entries of the inputs
    weights: Mapping[Symbol, Place]  # those of the cotangent; none of a function


@dataclass(frozen=True)
class Problem:
    """A function or a layer, put into itself, of which all inputs' gradients are asked for."""

    name: str
    depth: int
    graph: Graph
    torch: Call  # of tensors in the order of the graph's inputs
    jax: Callable[[], Call]  # the same in JAX; raises a ValueError of one sentence if there is none
    inputs: Callable[[int], Inputs]  # of about so many entries of the first input
    judged_at: Inputs  # where the error is measured
    written: Callable[[int], Written]  # in SymPy, of a row of that width
    rows: Callable[[int, int], Inputs]  # inputs of so many rows of a width; of a function, numbers
    width: int = 1  # entries of a row
    counted_at: int = 1  # entries of the row whose operations are counted

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs in order, without the cotangent."""
        return tuple(i.name for i in self.graph.inputs)

    @property
    def pointwise(self) -> bool:
        """Whether it is a function of numbers, each value a problem of its own."""
        return not any(i.axes for i in self.graph.inputs)

    def at_width(self, width: int) -> Problem:
        """The same layer with rows of another width, counted at that width."""

        def inputs(size: int) -> Inputs:
            return self.rows(max(1, round(size / width)), width)

        judged_at = inputs(self.entries(self.judged_at))
        return replace(self, inputs=inputs, judged_at=judged_at, width=width, counted_at=width)

    def entries(self, inputs: Inputs) -> int:
        """How many entries the first input has, which times and bytes are divided by."""
        return inputs[self.names[0]].size

    def split(self, inputs: Inputs, made: Callable[[Float64Array], Any]) -> tuple[list[Any], Any]:
        """The inputs in order and the cotangent, None for ones, each made into something."""
        cotangent = made(inputs[COTANGENT]) if COTANGENT in inputs else None
        return [made(inputs[name]) for name in self.names], cotangent
