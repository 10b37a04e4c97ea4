"""A step of a program that takes whole arrays: a function and its arguments.

The functions take arrays of floats and object arrays of other numbers (balls, mpmath's) alike. A
step also says how its result moves when what it is called with moves, and what it rounds: both are
asked in float64, of tangents that lie side by side along a first axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from sympy import Atom, Basic, Expr, Symbol, Tuple

ValueOf = Callable[[Symbol], Any]  # the value computed for a symbol of a program
Tangents = Mapping[Symbol, Any]  # of the symbols that move, along a first axis


class Roundings(NamedTuple):
    """The most that an operation's roundings may change each entry of its result.

    In units: `stored` of the type that the result is stored in, `summed` of that which its sums are
    carried in, which is the same or, in 16-bit kernels, float32.
    """

    stored: Any = 0.0
    summed: Any = 0.0


EXACT = Roundings()


class Fixed(Atom):
    """A value opaque to SymPy: a function, a position, a table of numbers."""

    __slots__ = ("value",)

    def __new__(cls, value: Any) -> Self:
        """Make the SymPy atom of a hashable value."""
        atom = Atom.__new__(cls)
        atom.value = value
        return atom

    def _hashable_content(self) -> tuple[Any, ...]:
        return (type(self.value), self.value)


class ArrayOperation(Expr):
    """A step that takes whole arrays; symbols among its arguments are values computed before."""

    @property
    def function(self) -> Callable[..., Any]:
        """The function that is called."""
        return self.args[0].value

    def arguments(self, value: ValueOf) -> list[Any]:
        """The arguments of the call, symbols replaced by their `value`."""
        return [_given(argument, value) for argument in self.args[1:]]

    def run(self, value: ValueOf) -> Any:
        """Compute the result on arrays of numbers of any kind."""
        return self.function(*self.arguments(value))

    def moved(self, value: ValueOf, made: Any, tangents: Tangents) -> Any:  # noqa: ARG002 - linear
        """The tangents of the result, whose value is `made`; None if it does not move.

        By default it moves data or adds: it is linear in the values that move.
        """

        def one(k: int) -> Any:
            return self.run(lambda s: tangents[s][k] if s in tangents else value(s))

        count = len(next(iter(tangents.values())))
        return np.stack([one(k) for k in range(count)])

    def roundings(self, value: ValueOf, made: Any) -> Roundings:  # noqa: ARG002 - as above
        """The rounding errors of the step on values in float64.

        By default nothing: it moves data.
        """
        return EXACT


class Unmoved(ArrayOperation):
    """A step whose result stays when its values move a little: flags, and what cancels."""

    def moved(self, value: ValueOf, made: Any, tangents: Tangents) -> Any:  # noqa: ARG002 - it stays
        """None: the result stays."""
        return None


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
    """The length of an axis as a Python int, from a number of any kind."""
    return int(float(length))


def rows(function: Callable[[list[Any]], list[Any]], operand: Any, axis: int) -> Any:
    """Flags along an axis: `function` of each row there, in numbers of the operand's kind."""
    moved = np.moveaxis(operand, axis, -1)
    flags = np.empty_like(moved)
    for row in np.ndindex(moved.shape[:-1]):
        entries = list(moved[row])
        for i, flag in enumerate(function(entries)):
            flags[(*row, i)] = _zero(entries[i]) + flag
    return np.moveaxis(flags, -1, axis)


def _zero(number: Any) -> Any:
    """0 as a number of the same kind: a multiple of it, but of ±∞ that is none."""
    zero = number * 0
    known = number.is_finite() if hasattr(number, "is_finite") else bool(zero == zero)  # noqa: PLR0124 - NaN is not
    return zero if known else type(number)(0)
