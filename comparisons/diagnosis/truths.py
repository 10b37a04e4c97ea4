"""The exact value of each quantity, and how far rounding the inputs once would move it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from comparisons.diagnosis.exact import Balls, ball_of_number, balls_of, relative
from comparisons.inputs.values import Inputs, seeded
from comparisons.judge.truth import Truth
from symdiff.bridge.interpret import interpret
from symdiff.bridge.program import Program, program
from symdiff.oracle.arrays import compile_entry

Array = npt.NDArray[np.float64]

_DRAWS = 4


class Truths:
    """The adjoints of a graph at inputs, in balls at the precision in force."""

    def __init__(self, truth: Truth, inputs: Inputs) -> None:
        adjoints = truth.adjoints
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
        """Every adjoint of an input at other values. Raises: OutOfTimeError, as balls do."""
        found = interpret(self._program, {**self._fixed, **arrays}, compile_entry)
        if self._shape is None:
            return found
        return {
            n: np.broadcast_to(v, np.broadcast_shapes(v.shape, self._shape))
            for n, v in found.items()
        }

    def with_input(self, name: str, values: Array) -> dict[str, Balls]:
        """The same with one input replaced."""
        return self.at({**self._arrays, name: balls_of(values)})

    def explained(self, unit: float) -> dict[str, Array]:
        """How far each entry moves, relatively, when every input is off by one rounding.

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


def errors(values: Balls, exact: Balls) -> Array:
    """The relative error of each entry; infinite where a value is no number."""
    return np.asarray(np.frompyfunc(relative, 2, 1)(values, exact), dtype=np.float64)
