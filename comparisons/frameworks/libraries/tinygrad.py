"""tinygrad, on the CPU. Documentation: docs.tinygrad.org/tensor/elementwise."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.engines.engine import WIDTH
from comparisons.engines.snippet import Snippet
from comparisons.frameworks.array_framework import ArrayFramework
from comparisons.frameworks.arrays import Array, Function, sum_of
from comparisons.frameworks.own import own


class Tinygrad(ArrayFramework):
    """tinygrad on the CPU, whose kernels it writes as C and gives to clang."""

    name = "tinygrad"
    title = "tinygrad"
    distribution = "tinygrad"
    dtypes = ("float64", "float32", "bfloat16", "float16")
    ways = ("reverse",)
    imports = "import numpy as np; from tinygrad import Tensor"
    functions = MappingProxyType(
        {
            "relu": own("z.relu()"),
            "relu6": own("z.relu6()"),
            "leaky_relu": own("z.leaky_relu()"),
            "elu": own("z.elu()"),
            "selu": own("z.selu()"),
            "celu": own("z.celu()"),
            "gelu": own("z.gelu(approximate='none')", "approximate='tanh' is the default"),
            "gelu_tanh": own("z.gelu()", "what gelu is by default"),
            "quick_gelu": own("z.quick_gelu()"),
            "silu": own("z.silu()"),
            "mish": own("z.mish()"),
            "softplus": own("z.softplus()", "without a threshold", threshold="inf"),
            "softsign": own("z.softsign()"),
            "hardtanh": own("z.hardtanh()"),
            "hardsigmoid": own("z.hardsigmoid()"),
            "hardswish": own("z.hardswish()"),
            "logsigmoid": own("z.logsigmoid()"),
            "sigmoid": own("z.sigmoid()"),
            "tanh": own("z.tanh()"),
            "absolute": own("z.abs()"),
            "exponential": own("z.exp()"),
            "arctan": own("z.atan()"),
            "arcsinh": own("z.asinh()"),
            "sine": own("z.sin()"),
            "cosine": own("z.cos()"),
            "erf": own("z.erf()"),
            "square": own("z.square()"),
            "sinh": own("z.sinh()"),
            "cosh": own("z.cosh()"),
            "arctanh": own("z.atanh()"),
            "sqrt": own("z.sqrt()"),
            "reciprocal": own("z.reciprocal()"),
            "logarithm": own("z.log()"),
            "tangent": own("z.tan()"),
        }
    )

    def missing(self) -> str | None:
        """In words that tinygrad, or its compiler, is not installed; None if both are."""
        reason = super().missing()
        if reason is None and not shutil.which(_compiler()):
            return "tinygrad needs clang on a CPU; apt-get install clang"
        return reason

    def compilers(self) -> Mapping[str, str]:
        """The version of the C compiler, by the first line that it prints."""
        command = [_compiler(), "--version"]
        told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - as tinygrad runs it
        return {"clang": told.stdout.partition("\n")[0].rpartition("version ")[2]}

    @cached_property
    def names(self) -> Mapping[str, Any]:
        """The class `Tensor`, and `np`."""
        from tinygrad import Tensor

        return {"np": np, "Tensor": Tensor}

    def array(self, values: Float64Array, dtype: FloatType) -> Array:
        """A tensor, by a cast from float64 that rounds no value of the type."""
        tensor = self.names["Tensor"](np.array(values), dtype="float64")
        return tensor.cast(dtype.name).realize()

    def numbers(self, array: Array) -> Float64Array:
        """The realized tensor cast to float64: a cast in the same kernel would skip a rounding."""
        return np.array(array.realize().cast("float64").numpy())

    def whole(self, numbers: Any) -> Array:
        """A tensor of indices."""
        return self.names["Tensor"](numbers)

    def reverse(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Sequence[Array | None]:
        """The gradients by `Tensor.gradient` of the sum."""
        summed = self.weighted(function, cotangent)(*arrays)
        gradients: Sequence[Array] = summed.gradient(*arrays)
        return gradients

    def keywords(self, dtype: FloatType) -> str:
        """The text of `dtype=`."""
        return f"dtype='{dtype}'"

    def full(self, value: str, keywords: str) -> str:
        """The text of a tensor of one number repeated, through numpy's float64."""
        return self.listed(f"np.full(({WIDTH},), {value})", keywords)

    def full_like(self, name: str, value: str) -> str:
        """The text of `full_like`."""
        return f"{name}.full_like({value})"

    def listed(self, entries: str, keywords: str) -> str:
        """The text of a tensor of entries, cast to the type."""
        kind = keywords.removeprefix("dtype=")
        return f"Tensor({entries}, dtype='float64').cast({kind}).realize()"

    def statement(self, way: str, shown: Snippet) -> str:  # noqa: ARG002 - the one it has
        """The text of `Tensor.gradient` of the sum."""
        gradient = f"{sum_of(shown)}.gradient({shown.name})[0]"
        return f"print(float({gradient}.realize().cast('float64').numpy()[{shown.index}]))"


def _compiler() -> str:
    """The C compiler that tinygrad itself would find.

    Seen: clang 14 does not compile its bfloat16, 19 does.
    """
    return os.environ.get("CC", "clang")
