"""Hold an array of given exact numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy
from sympy import Expr, IndexedBase, Symbol

from symdiff.graph.arrays.numbers import Numbers
from symdiff.graph.arrays.steps import operation
from symdiff.graph.kinds.elementwise import constant
from symdiff.graph.node import Entries, Indices, Node, Steps, Write
from symdiff.notation.arrays import Axes, SideBySide, applied, size
from symdiff.notation.names import ArraySymbol

_SHOWN = 6  # numbers of one axis that are written out


class Literal(Node):
    """An array of numbers, as exact as float64 and int64 hold them."""

    __slots__ = ("values",)
    values: Numbers

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:  # noqa: ARG002 - no operands
        """Nothing: a literal has no operands."""
        return ()

    def lowered(self, steps: Steps) -> Symbol:
        """The step that converts the numbers to the program's arithmetic."""
        return steps.assign(operation(given, self.values, steps.assign(sympy.S.One)))

    def whole(self, write: Write) -> Expr:  # noqa: ARG002 - no operands
        """The text [1, 2, 3] of few numbers, else a name made of the contents."""
        array = self.values.array
        if array.ndim == 1 and len(array) <= _SHOWN:
            return applied("", self.axes, self.axes, map(exactly, array.tolist()), SideBySide)
        return ArraySymbol(f"c_{self.values.name}", real=True)

    def entry(self, indices: Indices, entries: Entries) -> Expr:  # noqa: ARG002 - no operands
        """The number at a known index, or the array's name with its indices."""
        where = tuple(indices[a] for a in self.axes)
        if all(i.is_Integer for i in where):
            return exactly(self.values.array[tuple(map(int, where))].item())
        base = IndexedBase(f"c_{self.values.name}", shape=tuple(map(size, self.axes)), real=True)
        return base[where]

    @property
    def lengths(self) -> Mapping[str, int]:
        """The lengths of all its axes."""
        return dict(zip(self.axes, self.values.shape, strict=True))


def given(values: Numbers, one: Any) -> Any:
    """The numbers as the kind of `one` has them: balls, mpmath's numbers or float64."""
    one = np.asarray(one)
    return values.array.astype(one.dtype) * one


def literal(values: npt.ArrayLike, axes: Axes) -> Node:
    """The node of an array of exact numbers; one number without axes is a constant.

    Args: values, real, of as many axes as `axes` names; NaN is none, ±∞ is allowed.
    Raises: TypeError or ValueError if the values are not such.
    """
    axes = tuple(axes)
    numbers = Numbers(values)
    if numbers.array.ndim != len(axes):
        raise ValueError(
            f"the values have shape {numbers.shape}; one length for each of the axes "
            f"({', '.join(axes)}) is expected"
        )
    if not axes:
        return constant(exactly(numbers.array.item()))
    return Literal(axes, (), numbers)


def exactly(number: float) -> Expr:
    """A float64 or an integer as the exact number it is."""
    if isinstance(number, float) and np.isinf(number):
        return sympy.oo if number > 0 else -sympy.oo
    return sympy.Rational(number)
