"""State what balls are made of and how they are computed with: all that one kind has of its own.

An expression is lowered, and a program run, in the same way whatever the midpoint of a ball is. So
`symdiff.double_doubles` has no lowering and no interpreter: it has an `Arithmetic`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

from symdiff.float_balls.tape import Code, Loop

Constant = tuple[float, ...]  # the parts of one ball


class Balls(Protocol):
    """Arrays of one shape: the parts of the midpoints, and at the end the radii."""

    @property
    def value(self) -> Any:
        """The midpoints as float64, of several parts the leading ones."""

    @property
    def radius(self) -> Any:
        """The radii, infinite where nothing is known."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of every part."""

    @property
    def known(self) -> Any:
        """The mask of entries that hold a finite number."""

    def each(self, move: Callable[[Any], Any]) -> Self:
        """Apply a function that moves data to every part."""

    def __iter__(self) -> Iterator[Any]:
        """The parts, in order."""


B = TypeVar("B", bound=Balls)


@dataclass(frozen=True, eq=False)
class Scalars:
    """How an expression of single balls is computed."""

    loops: Mapping[Code, Loop]  # those that are missing have no operation
    exact: Callable[[float], Constant]  # a float64; NaN says nothing
    rational: Callable[[int, int], Constant]
    named: Callable[[Any], Constant]  # a number that SymPy has a name for, such as π


class Arithmetic(NamedTuple, Generic[B]):
    """How whole arrays of balls are."""

    scalars: Scalars
    made: Callable[..., B]  # of parts
    exactly: Callable[[Any], B]  # of float64 numbers
    summed: Callable[[B, tuple[int, ...]], B]
    matrix_product: Callable[[B, B], B]
    scattered: Callable[[B, Callable[[Any], Any]], B]
    flags_of_largest: Callable[..., B]
