"""TensorFlow, Keras's activations included, on the CPU.

Documentation: tensorflow.org/api_docs, keras.io.
"""

from __future__ import annotations

import os
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


class TensorFlow(ArrayFramework):
    """TensorFlow on the CPU."""

    name = "tensorflow"
    title = "TensorFlow"
    distribution = "tensorflow-cpu"
    dtypes = ("float64", "float32", "bfloat16", "float16")
    ways = ("reverse", "forward", "compiled")
    flushes = ("float64", "float32", "bfloat16")  # see docs/frameworks.md
    imports = "import tensorflow as tf"
    joint = "\n"  # a tape is a `with`
    functions = MappingProxyType(
        {
            "relu": own("tf.nn.relu(z)"),
            "relu6": own("tf.nn.relu6(z)"),
            "leaky_relu": own(
                "tf.nn.leaky_relu(z)", "alpha = 0.2; elsewhere it is 0.01", negative_slope="0.2"
            ),
            "elu": own("tf.nn.elu(z)"),
            "selu": own("tf.nn.selu(z)"),
            "celu": own("tf.keras.activations.celu(z)"),
            "gelu": own("tf.nn.gelu(z)"),
            "gelu_tanh": own("tf.nn.gelu(z, approximate=True)"),
            "silu": own("tf.nn.silu(z)"),
            "mish": own("tf.keras.activations.mish(z)"),
            "softplus": own("tf.nn.softplus(z)", "without a threshold", threshold="inf"),
            "softsign": own("tf.nn.softsign(z)"),
            "softshrink": own("tf.keras.activations.soft_shrink(z)"),
            "hardshrink": own("tf.keras.activations.hard_shrink(z)"),
            "hardtanh": own("tf.keras.activations.hard_tanh(z)"),
            "hardsigmoid": own("tf.keras.activations.hard_sigmoid(z)"),
            "hardswish": own("tf.keras.activations.hard_swish(z)"),
            "logsigmoid": own("tf.math.log_sigmoid(z)"),
            "sigmoid": own("tf.nn.sigmoid(z)"),
            "tanh": own("tf.nn.tanh(z)"),
            "tanhshrink": own("tf.keras.activations.tanh_shrink(z)"),
            "squareplus": own("tf.keras.activations.squareplus(z)"),
            "sparse_plus": own("tf.keras.activations.sparse_plus(z)"),
            "sparse_sigmoid": own("tf.keras.activations.sparse_sigmoid(z)"),
            "absolute": own("tf.abs(z)"),
            "exponential": own("tf.exp(z)"),
            "arctan": own("tf.atan(z)"),
            "arcsinh": own("tf.asinh(z)"),
            "sine": own("tf.sin(z)"),
            "cosine": own("tf.cos(z)"),
            "erf": own("tf.math.erf(z)"),
            "square": own("tf.square(z)"),
            "log1p": own("tf.math.log1p(z)"),
            "expm1": own("tf.math.expm1(z)"),
            "sinh": own("tf.sinh(z)"),
            "cosh": own("tf.cosh(z)"),
            "erfc": own("tf.math.erfc(z)"),
            "arctanh": own("tf.atanh(z)"),
            "sqrt": own("tf.sqrt(z)"),
            "reciprocal": own("tf.math.reciprocal(z)"),
            "logarithm": own("tf.math.log(z)"),
            "tangent": own("tf.tan(z)"),
        }
    )

    @cached_property
    def names(self) -> Mapping[str, Any]:
        """The module `tf`, set to one thread an operation."""
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        return {"tf": tf}

    def array(self, values: Float64Array, dtype: FloatType) -> Array:
        """A tensor made through numpy, which has TensorFlow's bfloat16."""
        tf = self.names["tf"]
        kind = tf.dtypes.as_dtype(dtype.name)
        return tf.constant(np.array(values).astype(kind.as_numpy_dtype))

    def numbers(self, array: Array) -> Float64Array:
        """The tensor through numpy, widened to float64."""
        return np.array(array.numpy()).astype(np.float64)

    def whole(self, numbers: Any) -> Array:
        """A tensor of indices."""
        return self.names["tf"].constant(numbers)

    def shape(self, array: Array) -> tuple[int, ...]:
        """The tensor's shape as numbers."""
        return tuple(array.shape.as_list())

    def reshaped(self, array: Array, shape: tuple[int, ...]) -> Array:
        """The tensor by `tf.reshape`."""
        return self.names["tf"].reshape(array, shape)

    def total(self, weights: Array, array: Array) -> Array:
        """The weighted sum by `tf.reduce_sum`."""
        return self.names["tf"].reduce_sum(weights * array)

    def reverse(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Sequence[Array | None]:
        """The gradients by a `tf.GradientTape`."""
        with self.names["tf"].GradientTape() as tape:
            for array in arrays:
                tape.watch(array)
            found = function(*arrays)
        gradients: Sequence[Array | None] = tape.gradient(found, list(arrays), cotangent)
        return gradients

    def compiled(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Sequence[Array | None]:
        """The gradients by a tape in a `tf.function` that XLA compiles."""

        def gradients(*given: Array) -> Sequence[Array | None]:
            return self.reverse(function, given, cotangent)

        called = self.names["tf"].function(gradients, jit_compile=True, autograph=False)
        found: Sequence[Array | None] = called(*arrays)
        return found

    def forward(
        self, function: Function, arrays: Sequence[Array], cotangent: Array | None
    ) -> Sequence[Array | None]:
        """The slopes by a `tf.autodiff.ForwardAccumulator` for each input."""
        tf, found = self.names["tf"], []
        for primal in arrays:
            tangent = tf.ones_like(primal) if cotangent is None else cotangent
            with tf.autodiff.ForwardAccumulator(primal, tangent) as accumulator:
                value = function(*arrays)
            found.append(accumulator.jvp(value))
        return found

    def keywords(self, dtype: FloatType) -> str:
        """The text of `dtype=`."""
        return f"dtype=tf.{dtype}"

    def full(self, value: str, keywords: str) -> str:
        """The text of `tf.constant` of a shape."""
        return f"tf.constant({value}, shape=({WIDTH},), {keywords})"

    def full_like(self, name: str, value: str) -> str:
        """The text of `tf.constant` in the shape and type of another."""
        return f"tf.constant({value}, shape={name}.shape, dtype={name}.dtype)"

    def listed(self, entries: str, keywords: str) -> str:
        """The text of `tf.constant`."""
        return f"tf.constant({entries}, {keywords})"

    def statement(self, way: str, shown: Snippet) -> str:
        """The text of a tape, or of an accumulator."""
        z = shown.name
        if way == "forward":
            seed = shown.cotangent or f"tf.ones_like({z})"
            return (
                f"with tf.autodiff.ForwardAccumulator({z}, {seed}) as accumulator:\n"
                f"    y = {shown.code}\n"
                f"print(float(accumulator.jvp(y)[{shown.index}]))"
            )
        seed = f", {shown.cotangent}" if shown.cotangent else ""
        tape = f"with tf.GradientTape() as tape:\n    tape.watch({z})\n    y = {shown.code}\n"
        if way == "reverse":
            return f"{tape}print(float(tape.gradient(y, {z}{seed})[{shown.index}]))"
        inside = tape.replace("\n", "\n    ")
        return (
            f"@tf.function(jit_compile=True)\ndef gradient({z}):\n    {inside}"
            f"return tape.gradient(y, {z}{seed})\n"
            f"print(float(gradient({z})[{shown.index}]))"
        )
