"""JAX, on the CPU. Its functions' documentation: docs.jax.dev/en/latest/jax.nn.html."""

from __future__ import annotations

import os
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

_ONE_THREAD = "--xla_cpu_multi_thread_eigen=false"  # as every process here has


class Jax(Transforms):
    """JAX on the CPU, through XLA."""

    name = "jax"
    title = "JAX"
    distribution = "jax"
    dtypes = ("float64", "float32", "bfloat16", "float16")
    ways = ("reverse", "forward", "compiled")
    module = "jnp"
    flushes = ("float64", "float32", "bfloat16")  # see docs/frameworks.md
    imports = "import jax, jax.numpy as jnp; jax.config.update('jax_enable_x64', True)"
    functions = MappingProxyType(
        {
            "relu": own("jax.nn.relu(z)"),
            "relu6": own("jax.nn.relu6(z)"),
            "leaky_relu": own("jax.nn.leaky_relu(z)"),
            "elu": own("jax.nn.elu(z)"),
            "selu": own("jax.nn.selu(z)"),
            "celu": own("jax.nn.celu(z)"),
            "gelu": own("jax.nn.gelu(z, approximate=False)", "approximate=True is the default"),
            "gelu_tanh": own("jax.nn.gelu(z)", "what gelu is by default"),
            "silu": own("jax.nn.silu(z)"),
            "mish": own("jax.nn.mish(z)"),
            "softplus": own("jax.nn.softplus(z)", "without a threshold", threshold="inf"),
            "softsign": own("jax.nn.soft_sign(z)"),
            "hardtanh": own("jax.nn.hard_tanh(z)"),
            "hardsigmoid": own("jax.nn.hard_sigmoid(z)"),
            "hardswish": own("jax.nn.hard_swish(z)"),
            "logsigmoid": own("jax.nn.log_sigmoid(z)"),
            "sigmoid": own("jax.nn.sigmoid(z)"),
            "tanh": own("jnp.tanh(z)"),
            "squareplus": own("jax.nn.squareplus(z)"),
            "sparse_plus": own("jax.nn.sparse_plus(z)"),
            "sparse_sigmoid": own("jax.nn.sparse_sigmoid(z)"),
            "absolute": own("jnp.abs(z)"),
            "exponential": own("jnp.exp(z)"),
            "arctan": own("jnp.arctan(z)"),
            "arcsinh": own("jnp.arcsinh(z)"),
            "sine": own("jnp.sin(z)"),
            "cosine": own("jnp.cos(z)"),
            "erf": own("jax.scipy.special.erf(z)"),
            "normal_cdf": own("jax.scipy.special.ndtr(z)"),
            "normalized_sinc": own("jnp.sinc(z)"),
            "square": own("jnp.square(z)"),
            "log1p": own("jnp.log1p(z)"),
            "expm1": own("jnp.expm1(z)"),
            "sinh": own("jnp.sinh(z)"),
            "cosh": own("jnp.cosh(z)"),
            "erfc": own("jax.scipy.special.erfc(z)"),
            "arctanh": own("jnp.arctanh(z)"),
            "sqrt": own("jnp.sqrt(z)"),
            "reciprocal": own("jnp.reciprocal(z)"),
            "logarithm": own("jnp.log(z)"),
            "tangent": own("jnp.tan(z)"),
        }
    )

    @cached_property
    def names(self) -> Mapping[str, Any]:
        """The modules `jax` and `jnp`."""
        flags = os.environ.get("XLA_FLAGS", "")
        if "xla_cpu_multi_thread_eigen" not in flags:
            os.environ["XLA_FLAGS"] = f"{flags} {_ONE_THREAD}".strip()
        import jax

        jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - jax's signature
        return {"jax": jax, "jnp": jax.numpy}

    def array(self, values: Float64Array, dtype: FloatType) -> Array:
        """A JAX array made through numpy, which has JAX's bfloat16."""
        jnp = self.names["jnp"]
        return jnp.asarray(np.array(values).astype(jnp.dtype(dtype.name)))

    def numbers(self, array: Array) -> Float64Array:
        """The array through numpy, widened to float64."""
        return np.array(array).astype(np.float64)

    def whole(self, numbers: Any) -> Array:
        """A JAX array of indices."""
        return self.names["jnp"].asarray(numbers)

    def grad(self, total: Function, count: int) -> Function:
        """The gradient function by `jax.grad`."""
        gradient: Function = self.names["jax"].grad(total, tuple(range(count)))
        return gradient

    def compile(self, function: Function) -> Function:
        """The function compiled by `jax.jit`."""
        compiled: Function = self.names["jax"].jit(function)
        return compiled

    def jvp(self, function: Function, primals: Sequence[Array], tangents: Sequence[Array]) -> Array:
        """The tangent by `jax.jvp`."""
        return self.names["jax"].jvp(function, tuple(primals), tuple(tangents))[1]

    def full_like(self, name: str, value: str) -> str:
        """The text of `jnp.full_like`."""
        return f"jnp.full_like({name}, {value})"

    def statement(self, way: str, shown: Snippet) -> str:
        """The text of `jax.grad`, of `jax.jit` of it, or of `jax.jvp`."""
        if way == "forward":
            seed = shown.cotangent or f"jnp.ones_like({shown.name})"
            return shown.printed(f"jax.jvp({alone(shown)}, ({shown.name},), ({seed},))[1]")
        gradient = f"jax.grad({summed(shown)})"
        called = f"jax.jit({gradient})" if way == "compiled" else gradient
        return shown.printed(f"{called}({shown.name})")
