"""The base of JAX and MLX, which transform functions over a module that is like numpy."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from comparisons.dtypes import FloatType
from comparisons.engines.engine import WIDTH
from comparisons.frameworks.array_framework import ArrayFramework
from comparisons.frameworks.arrays import Array, Function


class Transforms(ArrayFramework):
    """A framework whose `grad` and `jvp` make functions of functions, such as JAX and MLX."""

    module: str  # as its code calls the module that is like numpy

    @abstractmethod
    def grad(self, total: Function, count: int) -> Function:
        """The function that gives the gradients of a scalar in each of so many arrays."""

    @abstractmethod
    def compile(self, function: Function) -> Function:
        """The function compiled."""

    @abstractmethod
    def jvp(self, function: Function, primals: Sequence[Array], tangents: Sequence[Array]) -> Array:
        """The tangent of the function's one result."""

    def reverse(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Sequence[Array | None]:
        """The gradients of the weighted sum."""
        found: Sequence[Array] = self._gradient(function, arrays, cotangent)(*arrays)
        return found

    def compiled(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Sequence[Array | None]:
        """The gradients of the weighted sum, compiled."""
        found: Sequence[Array] = self.compile(self._gradient(function, arrays, cotangent))(*arrays)
        return found

    def forward(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Sequence[Array | None]:
        """The slopes, by a tangent in one input at a time."""
        module, found = self.names[self.module], []
        for i, primal in enumerate(arrays):
            tangents = [module.zeros_like(p) for p in arrays]
            tangents[i] = module.ones_like(primal) if cotangent is None else cotangent
            found.append(self.jvp(function, arrays, tangents))
        return found

    def _gradient(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Function:
        return self.grad(self.weighted(function, cotangent), len(arrays))

    def keywords(self, dtype: FloatType) -> str:
        """The text of `dtype=`."""
        return f"dtype={self.module}.{dtype}"

    def full(self, value: str, keywords: str) -> str:
        """The text of `full`."""
        return f"{self.module}.full(({WIDTH},), {value}, {keywords})"

    def listed(self, entries: str, keywords: str) -> str:
        """The text of `array`."""
        return f"{self.module}.array({entries}, {keywords})"
