"""What each framework defines: its arrays, its ways to differentiate, its code as text."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from comparisons.dtypes import Float64Array, FloatType
from comparisons.engines.snippet import Snippet
from comparisons.frameworks.framework import Framework

Array = Any  # of the framework
Function = Callable[..., Array]


class Arrays(Framework):
    """The arrays, derivatives and code of a framework, each a method that its file defines."""

    imports: str  # the statements that its code needs
    joint = "; "  # between statements; a new line where one of them is a `with`

    @cached_property
    @abstractmethod
    def names(self) -> Mapping[str, Any]:
        """The modules that the framework's code refers to, by name, imported."""

    # Arrays

    @abstractmethod
    def array(self, values: Float64Array, dtype: FloatType) -> Array:
        """The framework's array of the given values, exact in the type."""

    @abstractmethod
    def numbers(self, array: Array) -> Float64Array:
        """The values of a framework's array as float64, exactly."""

    def whole(self, numbers: Any) -> Array:
        """The framework's array of a numpy array of indices."""
        return numbers

    def shape(self, array: Array) -> tuple[int, ...]:
        """The shape of a framework's array."""
        return tuple(array.shape)

    def reshaped(self, array: Array, shape: tuple[int, ...]) -> Array:
        """The array's entries in another shape."""
        return array.reshape(shape)

    def total(self, weights: Array, array: Array) -> Array:
        """The weighted sum Σ v ∘ y."""
        return (weights * array).sum()

    def weighted(self, function: Function, cotangent: Array | None) -> Function:
        """The function whose value is Σ v ∘ y, or Σ y where the cotangent is None."""

        def total(*arrays: Array) -> Array:
            y = function(*arrays)
            return (y if cotangent is None else y * cotangent).sum()

        return total

    # Differentiation: of a function of arrays, in each of them; the cotangent is ones where None.

    @abstractmethod
    def reverse(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Sequence[Array | None]:
        """The gradient in each array by reverse mode; None where the framework has none."""

    def forward(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Sequence[Array | None]:
        """The slope in each array by forward mode, of a function applied point by point."""
        raise NotImplementedError(f"{self.title} has no forward mode")

    def compiled(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Sequence[Array | None]:
        """The gradient in each array by reverse mode, function and derivative compiled together."""
        raise NotImplementedError(f"{self.title} has no compiler")

    def value(self, function: Function, arrays: Sequence[Array]) -> Array:
        """The values of the function at the arrays."""
        return function(*arrays)

    # Its code as text

    @abstractmethod
    def keywords(self, dtype: FloatType) -> str:
        """The text of the keywords by which an array is made of a type."""

    @abstractmethod
    def full(self, value: str, keywords: str) -> str:
        """The text of an array of 64 entries of one number, long enough for vector instructions."""

    @abstractmethod
    def full_like(self, name: str, value: str) -> str:
        """The text of an array of one number in the shape and type of another."""

    @abstractmethod
    def listed(self, entries: str, keywords: str) -> str:
        """The text of an array of these entries."""

    @abstractmethod
    def statement(self, way: str, shown: Snippet) -> str:
        """The text that differentiates in this way and prints one entry of the gradient."""


def alone(shown: Snippet) -> str:
    """The function of the one input that is differentiated by, as text."""
    return f"lambda {shown.name}: {shown.code}"


def sum_of(shown: Snippet) -> str:
    """The output, weighted by the cotangent and summed, as text."""
    weighted = f"({shown.code}) * {shown.cotangent}" if shown.cotangent else shown.code
    return f"({weighted}).sum()"


def summed(shown: Snippet) -> str:
    """The function of the one input whose value is `sum_of`, as text."""
    return f"lambda {shown.name}: {sum_of(shown)}"
