"""Layers in JAX: its own function where it has one, else as its users write it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from comparisons.costs.chain import Call
from comparisons.frameworks.every import FRAMEWORKS
from comparisons.frameworks.libraries.jax import Jax
from comparisons.subjects.subject import Subject

_EPS = 1e-5

LAYERS_IN_JAX: Mapping[str, Callable[[Any, Any], Call]] = MappingProxyType(
    {
        "softmax": lambda jax, _: lambda x: jax.nn.softmax(x, 1),
        "log_softmax": lambda jax, _: lambda x: jax.nn.log_softmax(x, 1),
        "softmin": lambda jax, _: lambda x: jax.nn.softmax(-x, 1),
        "logsumexp": lambda jax, _: lambda x: jax.nn.logsumexp(x, 1),
        "glu": lambda jax, _: lambda x: jax.nn.glu(x.reshape(len(x), -1)),
        "swiglu": lambda jax, _: lambda x, w, v: jax.nn.silu(x @ w) * (x @ v),
        "geglu": lambda jax, _: lambda x, w, v: jax.nn.gelu(x @ w, approximate=False) * (x @ v),
        "reglu": lambda jax, _: lambda x, w, v: jax.nn.relu(x @ w) * (x @ v),
        "bilinear": lambda *_: lambda x, w, v: (x @ w) * (x @ v),
        "maxout": lambda _, jnp: lambda x, w, b: (jnp.einsum("nd,kdh->nkh", x, w) + b).max(1),
        "crelu": lambda jax, jnp: lambda x: jax.nn.relu(jnp.stack((x, -x), 1)),
        "layer_norm": lambda jax, _: (
            lambda x, gamma, beta: jax.nn.standardize(x, 1, epsilon=_EPS) * gamma + beta
        ),
        "rms_norm": lambda jax, _: (
            lambda x, gamma: x * jax.lax.rsqrt((x * x).mean(1, keepdims=True) + _EPS) * gamma
        ),
        "group_norm": lambda jax, _: (
            lambda x, gamma, beta: (
                jax.nn.standardize(x, (2, 3), epsilon=_EPS) * gamma[..., None] + beta[..., None]
            )
        ),
        # jax.nn.dot_product_attention takes its softmax in float32, whatever the inputs are
        "attention": lambda jax, jnp: (
            lambda q, k, v: jax.nn.softmax(q @ k.T / jnp.sqrt(q.shape[1]), 1) @ v
        ),
    }
)


def layer_in_jax(subject: Subject, name: str) -> Call:
    """A layer in JAX, of arrays in the order of its inputs.

    Args: name, of the layer without its options.
    Raises: ValueError, one sentence, if JAX has none.
    """
    if name not in LAYERS_IN_JAX:
        raise ValueError(f"JAX has no layer {name!r}")
    if subject.name != name:
        raise ValueError(f"JAX's {name} is compared at its usual options; leave them out")
    framework = FRAMEWORKS["jax"]
    assert isinstance(framework, Jax)  # noqa: S101 - as registered
    return LAYERS_IN_JAX[name](framework.names["jax"], framework.names["jnp"])
