"""MLX, on the CPU. Documentation: ml-explore.github.io/mlx, python/nn/functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.engines.snippet import Snippet
from comparisons.frameworks.arrays import Array, Function, alone, summed
from comparisons.frameworks.own import own
from comparisons.frameworks.transforms import Transforms


class Mlx(Transforms):
    """MLX on the CPU, which is where it has float64."""

    name = "mlx"
    title = "MLX"
    distribution = "mlx"
    dtypes = ("float64", "float32", "bfloat16", "float16")
    ways = ("reverse", "forward", "compiled")
    module = "mx"
    imports = "import mlx.core as mx, mlx.nn; mx.set_default_device(mx.cpu)"
    functions = MappingProxyType(
        {
            "relu": own("mlx.nn.relu(z)"),
            "relu6": own("mlx.nn.relu6(z)"),
            "leaky_relu": own("mlx.nn.leaky_relu(z)"),
            "elu": own("mlx.nn.elu(z)"),
            "selu": own(
                "mlx.nn.selu(z)",
                "λ = 1.0507 and α = 1.67326 by its documentation; elsewhere they have 16 digits",
                formula="where(z > 0, 1.0507*z, 1.0507*1.67326*(exp(z) - 1))",
            ),
            "celu": own("mlx.nn.celu(z)"),
            "gelu": own("mlx.nn.gelu(z)"),
            "gelu_tanh": own("mlx.nn.gelu_approx(z)"),
            "quick_gelu": own("mlx.nn.gelu_fast_approx(z)"),
            "silu": own("mlx.nn.silu(z)"),
            "mish": own("mlx.nn.mish(z)"),
            "softplus": own("mlx.nn.softplus(z)", "without a threshold", threshold="inf"),
            "softsign": own("mlx.nn.softsign(z)"),
            "softshrink": own("mlx.nn.softshrink(z)"),
            "hardshrink": own("mlx.nn.hard_shrink(z)"),
            "hardtanh": own("mlx.nn.hard_tanh(z)"),
            "hardswish": own("mlx.nn.hardswish(z)"),
            "logsigmoid": own("mlx.nn.log_sigmoid(z)"),
            "sigmoid": own("mlx.nn.sigmoid(z)"),
            "tanh": own("mlx.nn.tanh(z)"),
            "relu_squared": own("mlx.nn.relu2(z)"),
            "absolute": own("mx.abs(z)"),
            "exponential": own("mx.exp(z)"),
            "arctan": own("mx.arctan(z)"),
            "arcsinh": own("mx.arcsinh(z)"),
            "sine": own("mx.sin(z)"),
            "cosine": own("mx.cos(z)"),
            "erf": own("mx.erf(z)"),
            "square": own("mx.square(z)"),
            "log1p": own("mx.log1p(z)"),
            "expm1": own("mx.expm1(z)"),
            "sinh": own("mx.sinh(z)"),
            "cosh": own("mx.cosh(z)"),
            "arctanh": own("mx.arctanh(z)"),
            "sqrt": own("mx.sqrt(z)"),
            "reciprocal": own("mx.reciprocal(z)"),
            "logarithm": own("mx.log(z)"),
            "tangent": own("mx.tan(z)"),
        }
    )

    @cached_property
    def names(self) -> Mapping[str, Any]:
        """The modules `mx` and `mlx`."""
        import mlx
        import mlx.core as mx
        import mlx.nn

        mx.set_default_device(mx.cpu)
        return {"mx": mx, "mlx": mlx}

    def array(self, values: Float64Array, dtype: FloatType) -> Array:
        """An MLX array, by a cast from float64 that rounds no value of the type."""
        mx = self.names["mx"]
        wide = mx.array(np.array(values), dtype=mx.float64)
        return wide.astype(getattr(mx, dtype.name))

    def numbers(self, array: Array) -> Float64Array:
        """The array widened to float64."""
        return np.array(array.astype(self.names["mx"].float64))

    def whole(self, numbers: Any) -> Array:
        """An MLX array of indices."""
        return self.names["mx"].array(numbers)

    def grad(self, total: Function, count: int) -> Function:
        """The gradient function by `mx.grad`, which does not wrap a single gradient in a tuple."""
        gradient = self.names["mx"].grad(total, tuple(range(count)))

        def each(*given: Array) -> Sequence[Array]:
            found = gradient(*given)
            return found if isinstance(found, tuple) else (found,)

        return each

    def compile(self, function: Function) -> Function:
        """The function compiled by `mx.compile`."""
        compiled: Function = self.names["mx"].compile(function)
        return compiled

    def jvp(self, function: Function, primals: Sequence[Array], tangents: Sequence[Array]) -> Array:
        """The tangent by `mx.jvp`."""
        return self.names["mx"].jvp(function, list(primals), list(tangents))[1][0]

    def full_like(self, name: str, value: str) -> str:
        """The text of `mx.full` in the shape of another."""
        return f"mx.full({name}.shape, {value}, dtype={name}.dtype)"

    def statement(self, way: str, shown: Snippet) -> str:
        """The text of `mx.grad`, of `mx.compile` of it, or of `mx.jvp`."""
        if way == "forward":
            seed = shown.cotangent or f"mx.ones_like({shown.name})"
            return shown.printed(f"mx.jvp({alone(shown)}, [{shown.name}], [{seed}])[1][0]")
        gradient = f"mx.grad({summed(shown)})"
        called = f"mx.compile({gradient})" if way == "compiled" else gradient
        return shown.printed(f"{called}({shown.name})")
