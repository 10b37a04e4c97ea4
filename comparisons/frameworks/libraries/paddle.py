"""PaddlePaddle, on the CPU.

Documentation: paddlepaddle.org.cn/documentation, api/paddle/nn/functional.
"""

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
from comparisons.frameworks.arrays import Array, Function
from comparisons.frameworks.own import own


class Paddle(ArrayFramework):
    """PaddlePaddle on the CPU, eagerly; many of its kernels are of float32 and float64 only."""

    name = "paddle"
    title = "PaddlePaddle"
    distribution = "paddlepaddle"
    dtypes = ("float64", "float32", "bfloat16", "float16")
    ways = ("reverse",)
    imports = "import paddle"
    functions = MappingProxyType(
        {
            "relu": own("paddle.nn.functional.relu(z)"),
            "relu6": own("paddle.nn.functional.relu6(z)"),
            "leaky_relu": own("paddle.nn.functional.leaky_relu(z)"),
            "elu": own("paddle.nn.functional.elu(z)"),
            "selu": own("paddle.nn.functional.selu(z)"),
            "celu": own("paddle.nn.functional.celu(z)"),
            "gelu": own("paddle.nn.functional.gelu(z)"),
            "gelu_tanh": own("paddle.nn.functional.gelu(z, approximate=True)"),
            "silu": own("paddle.nn.functional.silu(z)"),
            "mish": own("paddle.nn.functional.mish(z)"),
            "softplus": own("paddle.nn.functional.softplus(z)"),
            "softsign": own("paddle.nn.functional.softsign(z)"),
            "softshrink": own("paddle.nn.functional.softshrink(z)"),
            "hardshrink": own("paddle.nn.functional.hardshrink(z)"),
            "hardtanh": own("paddle.nn.functional.hardtanh(z)"),
            "hardsigmoid": own(
                "paddle.nn.functional.hardsigmoid(z)",
                "slope = 0.1666667 by its documentation; elsewhere it is 1/6",
                formula="where(0.1666667*z + 0.5 <= 0, 0, where(0.1666667*z + 0.5 >= 1, 1, "
                "0.1666667*z + 0.5))",
            ),
            "hardswish": own("paddle.nn.functional.hardswish(z)"),
            "logsigmoid": own("paddle.nn.functional.log_sigmoid(z)"),
            "sigmoid": own("paddle.nn.functional.sigmoid(z)"),
            "tanh": own("paddle.nn.functional.tanh(z)"),
            "tanhshrink": own("paddle.nn.functional.tanhshrink(z)"),
            "absolute": own("paddle.abs(z)"),
            "exponential": own("paddle.exp(z)"),
            "arctan": own("paddle.atan(z)"),
            "arcsinh": own("paddle.asinh(z)"),
            "sine": own("paddle.sin(z)"),
            "cosine": own("paddle.cos(z)"),
            "erf": own("paddle.erf(z)"),
            "normalized_sinc": own("paddle.sinc(z)"),
            "square": own("paddle.square(z)"),
            "log1p": own("paddle.log1p(z)"),
            "expm1": own("paddle.expm1(z)"),
            "sinh": own("paddle.sinh(z)"),
            "cosh": own("paddle.cosh(z)"),
            "arctanh": own("paddle.atanh(z)"),
            "sqrt": own("paddle.sqrt(z)"),
            "reciprocal": own("paddle.reciprocal(z)"),
            "logarithm": own("paddle.log(z)"),
            "tangent": own("paddle.tan(z)"),
        }
    )

    @cached_property
    def names(self) -> Mapping[str, Any]:
        """The module `paddle`, set to the CPU."""
        import paddle

        paddle.set_device("cpu")
        return {"paddle": paddle}

    def array(self, values: Float64Array, dtype: FloatType) -> Array:
        """A leaf tensor, by a cast from float64 that rounds no value of the type."""
        tensor = self.names["paddle"].to_tensor(np.array(values), dtype=dtype.name)
        tensor.stop_gradient = False
        return tensor

    def numbers(self, array: Array) -> Float64Array:
        """The tensor widened to float64."""
        return np.array(array.detach().astype("float64").numpy())

    def whole(self, numbers: Any) -> Array:
        """A paddle tensor of indices."""
        return self.names["paddle"].to_tensor(numbers)

    def reverse(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Sequence[Array | None]:
        """The gradients by `paddle.grad`."""
        found: Sequence[Array | None] = self.names["paddle"].grad(
            [function(*arrays)], list(arrays), [cotangent], allow_unused=True
        )
        return found

    def keywords(self, dtype: FloatType) -> str:
        """The text of `dtype=`."""
        return f"dtype='{dtype}'"

    def full(self, value: str, keywords: str) -> str:
        """The text of `paddle.to_tensor`, a leaf of one number repeated."""
        return self.listed(f"[{value}] * {WIDTH}", keywords)

    def full_like(self, name: str, value: str) -> str:
        """The text of `paddle.full_like`."""
        return f"paddle.full_like({name}, {value})"

    def listed(self, entries: str, keywords: str) -> str:
        """The text of `paddle.to_tensor`, a leaf."""
        return f"paddle.to_tensor({entries}, {keywords}, stop_gradient=False)"

    def statement(self, way: str, shown: Snippet) -> str:  # noqa: ARG002 - the one it has
        """The text of `paddle.grad`."""
        seed = f", [{shown.cotangent}]" if shown.cotangent else ""
        gradient = f"paddle.grad([{shown.code}], [{shown.name}]{seed})[0]"
        return f"print(float({gradient}[{shown.index}]))"
