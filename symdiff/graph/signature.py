"""Check the arrays that a user gives against a graph's inputs, before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Rational

from symdiff.expression.formula import exact
from symdiff.notation.arrays import Axes

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Signature:
    """The inputs of a function, with their axes, and its parameters with their default values."""

    function: str
    inputs: Mapping[str, Axes]
    parameters: Mapping[str, Rational]
    lengths: Mapping[str, int] = field(default_factory=dict)  # of axes, known beforehand

    def __str__(self) -> str:
        return f"{self.function}({', '.join([*self.inputs, *self.parameters])})"

    @property
    def pointwise(self) -> bool:
        """Whether all inputs are scalars: arrays then mean many problems at once."""
        return not any(self.inputs.values()) and not self.lengths

    def bind(
        self, values: Mapping[str, Any], kind: type = np.float64, *, copied: bool = True
    ) -> tuple[dict[str, Array], dict[str, Rational], dict[str, int]]:
        """Check the keywords: the arrays, the parameters and the lengths of axes that they give.

        Args: kind, what the arrays' entries are to be: float64, or object for other numbers;
            copied, whether the arrays are to be others than those given.
        Raises: TypeError if an input is missing, unknown or not real; ValueError if shapes do not
            fit each other or the axes.
        """
        self.require(values)
        arrays = {i: _real_array(i, values[i], kind, copied=copied) for i in self.inputs}
        given = {k: exact(values[k]) for k in self.parameters if k in values}
        parameters = {**self.parameters, **given}
        if self.pointwise:
            self.shape(arrays)
        return arrays, parameters, self._lengths(arrays)

    def require(self, values: Mapping[str, Any]) -> None:
        """Check that every input is given. Raises: TypeError if one is missing or unknown."""
        known = {**self.inputs, **self.parameters}
        for given in values:
            if given not in known:
                raise TypeError(f"{self.function} has no input {given!r}; it takes {self}")
        absent = [i for i in self.inputs if i not in values]
        if absent:
            raise TypeError(f"{self.function} needs {', '.join(absent)}; pass each by keyword")

    def shape(self, arrays: Mapping[str, Array]) -> tuple[int, ...]:
        """The shape that scalar inputs broadcast to."""
        shapes = {a.shape for a in arrays.values()}
        if len(shapes) == 1:
            return shapes.pop()
        try:
            return np.broadcast_shapes(*shapes)
        except ValueError:
            given = ", ".join(f"{i} {a.shape}" for i, a in arrays.items())
            raise ValueError(f"the shapes do not broadcast together: {given}") from None

    def _lengths(self, arrays: Mapping[str, Array]) -> dict[str, int]:
        lengths = {axis: (length, self.function) for axis, length in self.lengths.items()}
        for i, axes in self.inputs.items():
            shape = arrays[i].shape
            if not self.pointwise and len(shape) != len(axes):
                wanted = f"the axes ({', '.join(axes)})" if axes else "a single number"
                raise ValueError(f"{i} has shape {shape}; {self.function} expects {wanted}")
            for axis, length in zip(axes, shape, strict=False):
                first, where = lengths.setdefault(axis, (length, i))
                if first != length:
                    raise ValueError(
                        f"{i} has shape {shape}, so {axis} = {length}, but {where} has "
                        f"{axis} = {first}; the lengths must agree"
                    )
        return {axis: length for axis, (length, _) in lengths.items()}


def _real_array(name: str, value: Any, kind: type, *, copied: bool) -> Array:
    if kind is object:
        return np.asarray(value, dtype=object)
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} has type {array.dtype}; real numbers are expected")
    return array.astype(kind, copy=copied)
