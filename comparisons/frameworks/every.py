"""List every framework by its name; each is imported when it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from comparisons.frameworks.framework import Framework
from comparisons.frameworks.libraries.autograd import Autograd
from comparisons.frameworks.libraries.jax import Jax
from comparisons.frameworks.libraries.mlx import Mlx
from comparisons.frameworks.libraries.paddle import Paddle
from comparisons.frameworks.libraries.tensorflow import TensorFlow
from comparisons.frameworks.libraries.tinygrad import Tinygrad
from comparisons.frameworks.libraries.torch import Torch
from symdiff.suggestion import looked_up

_ALL: tuple[Framework, ...] = (
    Torch(),
    Jax(),
    TensorFlow(),
    Paddle(),
    Mlx(),
    Tinygrad(),
    Autograd(),
)

FRAMEWORKS: Mapping[str, Framework] = MappingProxyType({f.name: f for f in _ALL})


def framework_named(framework: str | Framework) -> Framework:
    """The framework of that name, or the one given.

    Raises: ValueError, naming those known, if there is none.
    """
    return (
        framework
        if isinstance(framework, Framework)
        else looked_up(framework, FRAMEWORKS, "framework")
    )
