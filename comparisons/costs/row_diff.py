"""SymPy's diff of one row of a layer, and its code for many rows, each a column of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from sympy import Expr

from comparisons.costs.problem import Place, Problem, Written
from comparisons.dtypes import Float64Array
from comparisons.inputs.values import COTANGENT, Inputs

_NARROWEST = 2  # entries of a row that can be halved, as glu's is


def work_ahead(problem: Problem, width: int) -> int:
    """The work of a row's derivative, foreseen from narrower ones: it grows by a power."""
    half, quarter = width // 2, width // 4
    if quarter < _NARROWEST:
        return _work(problem.written(width))
    return _work(problem.written(half)) ** 2 // _work(problem.written(quarter))


def _work(written: Written) -> int:
    return int(sympy.count_ops(written.expression)) * len(written.variables)


class RowDiff:
    """The derivatives of one row of some width by each component of each input."""

    def __init__(self, problem: Problem, width: int) -> None:
        self._graph = problem.graph
        self._written = problem.written(width)
        self.slopes: Sequence[Expr] = [
            sympy.diff(self._written.expression, each) for each in self._written.variables
        ]

    @cached_property
    def operations(self) -> int:
        """How many they have together; nothing is shared, as SymPy's diff shares nothing."""
        return sum(int(sympy.count_ops(slope)) for slope in self.slopes)

    def lambdified(self) -> Callable[[Inputs], Mapping[str, Float64Array]]:
        """The gradients of arrays of many such rows, by `sympy.lambdify` with numpy.

        Each component is a column of all rows. What the rows share is a number, and its gradient
        the sum over them.
        """
        written, of_all = self._written, self._of_all_rows
        slopes = [of_all(place) for place in written.variables.values()]
        given = [*slopes, *(of_all(place) for place in written.weights.values())]
        function: Any = sympy.lambdify(
            [*written.variables, *written.weights], self.slopes, modules=["scipy", "numpy"]
        )
        names = [i.name for i in self._graph.inputs]

        def gradients(inputs: Inputs) -> Mapping[str, Float64Array]:
            found = {name: np.empty_like(inputs[name]) for name in names}
            rows = np.empty(len(inputs[names[0]]))
            columns = function(*(inputs[name][where] for name, where, _ in given))
            for (name, where, shared), column in zip(slopes, columns, strict=True):
                rows[:] = column  # one number where it does not depend on the row
                found[name][where] = rows.sum() if shared else rows
            return found

        return gradients

    def _of_all_rows(self, place: Place) -> tuple[str, tuple[int | slice, ...], bool]:
        """An array, where in it a component of all rows is, and whether the rows share it."""
        name, at = place
        along = self._graph.inputs[0].axes[0]
        axes = {**{i.name: i.axes for i in self._graph.inputs}, COTANGENT: self._graph.output.axes}
        where = tuple(
            slice(None) if axis == along else i for axis, i in zip(axes[name], at, strict=True)
        )
        return name, where, along not in axes[name]
