"""A step of a program that takes whole arrays: a function, and what it is called with.

The functions take arrays of floats and object arrays of other numbers (balls, mpmath's) alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from sympy import Atom, Basic, Expr, Symbol, Tuple

ValueOf = Callable[[Symbol], Any]  # the value computed for a symbol of a program


class Fixed(Atom):
    """A value that SymPy does not look into: a function, a position, a table of numbers."""

    __slots__ = ("value",)

    def __new__(cls, value: Any) -> Self:
        """The atom of a hashable value."""
        atom = Atom.__new__(cls)
        atom.value = value
        return atom

    def _hashable_content(self) -> tuple[Any, ...]:
        return (type(self.value), self.value)


class ArrayOperation(Expr):
    """A step that takes whole arrays; symbols among its arguments are values computed before."""

    @property
    def function(self) -> Callable[..., Any]:
        """What is called."""
        return self.args[0].value

    def arguments(self, value: ValueOf) -> list[Any]:
        """What it is called with, symbols replaced by their `value`."""
        return [_given(argument, value) for argument in self.args[1:]]

    def run(self, value: ValueOf) -> Any:
        """The result on arrays of numbers of any kind."""
        return self.function(*self.arguments(value))


def operation(
    function: Callable[..., Any], *arguments: Any, kind: type[ArrayOperation] = ArrayOperation
) -> ArrayOperation:
    """The step that calls `function`, with symbols for values, tuples of these, and anything else.

    What is neither is hashable, and handed over as it is.
    """
    return kind(Fixed(function), *map(_held, arguments))


def _held(argument: Any) -> Basic:
    if isinstance(argument, Basic):
        return argument
    if isinstance(argument, tuple) and any(isinstance(a, Basic) for a in argument):
        return Tuple(*map(_held, argument))
    return Fixed(argument)


def _given(argument: Basic, value: ValueOf) -> Any:
    if isinstance(argument, Fixed):
        return argument.value
    if isinstance(argument, Tuple):
        return tuple(_given(a, value) for a in argument)
    return value(argument)


def count(length: Any) -> int:
    """The length of an axis, given as a number of any kind."""
    return int(float(length))


def rows(function: Callable[[list[Any]], list[Any]], operand: Any, axis: int) -> Any:
    """Flags along an axis: `function` of each row there, in numbers of the operand's kind."""
    moved = np.moveaxis(operand, axis, -1)
    flags = moved * 0
    for row in np.ndindex(moved.shape[:-1]):
        for i, flag in enumerate(function(list(moved[row]))):
            flags[(*row, i)] += flag
    return np.moveaxis(flags, -1, axis)
