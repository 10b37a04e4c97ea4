"""Compute each quantity exactly, and how far rounding the inputs once would move it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from comparisons.diagnosis.exact import Balls, ball_of_number, balls_of, relative
from comparisons.dtypes import Float64Array
from comparisons.inputs.values import Inputs, seeded
from comparisons.judge.truth import Truth
from symdiff.bridge.interpret import interpret
from symdiff.graph import Node
from symdiff.graph.adjoints.reverse import sweep_from
from symdiff.oracle.programs.array_balls import compile_entry
from symdiff.programs.program import Program, program

_DRAWS = 4


class Truths:
    """The exact adjoints of a graph at inputs, in balls at the precision in force."""

    def __init__(self, truth: Truth, inputs: Inputs) -> None:
        adjoints = self.adjoints = truth.adjoints
        self.inputs = inputs
        arrays, parameters, lengths = adjoints.signature.bind(inputs)
        names = [i.name for i in adjoints.graph.inputs]
        names += [n for n in adjoints.nodes if n not in names and n in arrays]
        self.names = tuple(n for n in names if n in adjoints.nodes)
        self._program: Program = program({n: adjoints.nodes[n] for n in self.names})
        self._fixed = {n: ball_of_number(v) for n, v in {**parameters, **lengths}.items()}
        self._arrays = {n: balls_of(a) for n, a in arrays.items()}
        self._shape = (
            np.broadcast_shapes(*map(np.shape, arrays.values()))
            if adjoints.signature.pointwise
            else None
        )
        self.values = self.at(self._arrays)

    def at(self, arrays: Mapping[str, Balls]) -> dict[str, Balls]:
        """Every input's adjoint at other values. Raises: OutOfTimeError, as balls do."""
        return self._run(self._program, arrays)

    def _run(self, steps: Program, arrays: Mapping[str, Balls]) -> dict[str, Balls]:
        found = interpret(steps, {**self._fixed, **arrays}, compile_entry)
        if self._shape is None:
            return found
        return {
            n: np.broadcast_to(v, np.broadcast_shapes(v.shape, self._shape))
            for n, v in found.items()
        }

    def with_input(self, name: str, values: Float64Array) -> dict[str, Balls]:
        """The truths with one input replaced."""
        return self.at({**self._arrays, name: balls_of(values)})

    def where(self, passes: Callable[[Node, Node], bool], name: str) -> Balls | None:
        """One adjoint if some nodes pass nothing back to some operands; None if there is none.

        Args: passes, of a node and its operand, whether anything does.
        """
        graph = self.adjoints.graph
        cotangents = self.adjoints.cotangents
        seeds = [(graph.lines[y], v) for y, v in cotangents.items()]
        found = sweep_from(seeds, passes=passes).adjoints.get(graph.nodes[name])
        if found is None:
            return None
        return self._run(program({name: found}), self._arrays)[name]

    def explained(self, unit: float) -> dict[str, Float64Array]:
        """The relative change of each entry when every input is off by one rounding.

        The largest of some draws of signs.
        """
        draw = seeded()
        moved = {n: np.zeros(v.shape) for n, v in self.values.items()}
        for _ in range(_DRAWS):
            rounded = {
                n: np.asarray(
                    v * balls_of(1 + unit * draw.choice([-1.0, 1.0], size=v.shape)), object
                )
                for n, v in self._arrays.items()
            }
            for name, values in self.at(rounded).items():
                moved[name] = np.maximum(moved[name], errors(values, self.values[name]))
        return moved


def errors(values: Balls, exact: Balls) -> Float64Array:
    """The relative error of each entry; infinite where a value is NaN or infinite."""
    return np.asarray(np.frompyfunc(relative, 2, 1)(values, exact), dtype=np.float64)


def largest_error(values: Balls, exact: Balls, smallest: float) -> float:
    """The largest relative error where the exact value is a normal number; 0 if none is.

    Args: smallest, the smallest normal number; the largest is about its reciprocal.
    """
    pairs = zip(values.ravel(), exact.ravel(), strict=True)
    normal = (relative(a, b) for a, b in pairs if smallest <= abs(b) <= 1 / smallest)
    return max(normal, default=0.0)
