"""HIPS autograd, which differentiates numpy. Documentation: docs/tutorial.md of HIPS/autograd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.engines.engine import WIDTH
from comparisons.engines.snippet import Snippet
from comparisons.frameworks.array_framework import ArrayFramework
from comparisons.frameworks.arrays import Array, Function, alone, summed
from comparisons.frameworks.own import own


class Autograd(ArrayFramework):
    """HIPS autograd on numpy's arrays; it has no bfloat16."""

    name = "autograd"
    title = "HIPS autograd"
    distribution = "autograd"
    dtypes = ("float64", "float32", "float16")
    ways = ("reverse", "forward")
    imports = "import autograd, autograd.numpy as np, autograd.scipy.special"
    functions = MappingProxyType(
        {
            "tanh": own("np.tanh(z)"),
            "sigmoid": own("autograd.scipy.special.expit(z)"),
            "absolute": own("np.abs(z)"),
            "exponential": own("np.exp(z)"),
            "arctan": own("np.arctan(z)"),
            "arcsinh": own("np.arcsinh(z)"),
            "sine": own("np.sin(z)"),
            "cosine": own("np.cos(z)"),
            "erf": own("autograd.scipy.special.erf(z)"),
            "normalized_sinc": own("np.sinc(z)"),
            "square": own("np.square(z)"),
            "log1p": own("np.log1p(z)"),
            "expm1": own("np.expm1(z)"),
            "sinh": own("np.sinh(z)"),
            "cosh": own("np.cosh(z)"),
            "erfc": own("autograd.scipy.special.erfc(z)"),
            "arctanh": own("np.arctanh(z)"),
            "sqrt": own("np.sqrt(z)"),
            "reciprocal": own("np.reciprocal(z)"),
            "logarithm": own("np.log(z)"),
            "tangent": own("np.tan(z)"),
        }
    )

    @cached_property
    def names(self) -> Mapping[str, Any]:
        """The modules `autograd` and its `np`."""
        import autograd
        import autograd.numpy
        import autograd.scipy.special

        return {"autograd": autograd, "np": autograd.numpy}

    def array(self, values: Float64Array, dtype: FloatType) -> Array:
        """A numpy array of the type."""
        return np.array(values).astype(dtype.name)

    def numbers(self, array: Array) -> Float64Array:
        """The array widened to float64."""
        return np.asarray(array).astype(np.float64)

    def reverse(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Sequence[Array | None]:
        """The gradients by `autograd.grad` of the sum."""
        summed = self.weighted(function, cotangent)
        gradient = self.names["autograd"].grad(summed, tuple(range(len(arrays))))
        found: Sequence[Array] = gradient(*arrays)
        return found

    def forward(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Sequence[Array | None]:
        """The slopes by `autograd.make_jvp`, a tangent in one input at a time."""
        make, found = self.names["autograd"].make_jvp, []
        for i, primal in enumerate(arrays):
            tangent = np.ones_like(primal) if cotangent is None else cotangent
            found.append(make(function, i)(*arrays)(tangent)[1])
        return found

    def keywords(self, dtype: FloatType) -> str:
        """The text of `dtype=`."""
        return f"dtype=np.{dtype}"

    def full(self, value: str, keywords: str) -> str:
        """The text of `np.full`."""
        return f"np.full(({WIDTH},), {value}, {keywords})"

    def full_like(self, name: str, value: str) -> str:
        """The text of `np.full_like`."""
        return f"np.full_like({name}, {value})"

    def listed(self, entries: str, keywords: str) -> str:
        """The text of `np.array`."""
        return f"np.array({entries}, {keywords})"

    def statement(self, way: str, shown: Snippet) -> str:
        """The text of `autograd.grad`, or of `autograd.make_jvp`."""
        if way == "forward":
            seed = shown.cotangent or f"np.ones_like({shown.name})"
            return shown.printed(f"autograd.make_jvp({alone(shown)})({shown.name})({seed})[1]")
        return shown.printed(f"autograd.grad({summed(shown)})({shown.name})")
