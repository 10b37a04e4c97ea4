"""symdiff: closed-form adjoints from SymPy, evaluated stably, to judge gradients by.

    >>> import symdiff
    >>> print(symdiff.adjoints(symdiff.neuron("tanh")))
    L̄ = 1
    ȳ = y − t
    z̄ = ȳ sech²(z)
    w̄ = z̄ x
    b̄ = z̄
    x̄ = z̄ w
    t̄ = t − y

This package never imports torch; `comparisons` does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symdiff.adjoint import Adjoints, adjoints
    from symdiff.catalogue import activation, loss
    from symdiff.catalogue.activations import activations
    from symdiff.catalogue.array_losses import array_losses, reduced
    from symdiff.catalogue.layers import layers
    from symdiff.catalogue.losses import losses
    from symdiff.catalogue.problems import (
        linear_layer,
        neuron,
        pointwise,
        vector_jacobian_product,
    )
    from symdiff.definition import Definition
    from symdiff.graph import Graph, array, einsum, elementwise, mean, scalars, stop
    from symdiff.notation import latex, text

# name → the module it lives in; imported on first use, since SymPy alone takes 0.3 s
_HOME = {
    "Adjoints": "adjoint",
    "Definition": "definition",
    "Graph": "graph",
    "activation": "catalogue",
    "activations": "catalogue.activations",
    "adjoints": "adjoint",
    "array": "graph",
    "array_losses": "catalogue.array_losses",
    "einsum": "graph",
    "elementwise": "graph",
    "latex": "notation",
    "layers": "catalogue.layers",
    "linear_layer": "catalogue.problems",
    "loss": "catalogue",
    "losses": "catalogue.losses",
    "mean": "graph",
    "neuron": "catalogue.problems",
    "pointwise": "catalogue.problems",
    "reduced": "catalogue.array_losses",
    "scalars": "graph",
    "stop": "graph",
    "text": "notation",
    "vector_jacobian_product": "catalogue.problems",
}

__all__ = [
    "Adjoints",
    "Definition",
    "Graph",
    "activation",
    "activations",
    "adjoints",
    "array",
    "array_losses",
    "einsum",
    "elementwise",
    "latex",
    "layers",
    "linear_layer",
    "loss",
    "losses",
    "mean",
    "neuron",
    "pointwise",
    "reduced",
    "scalars",
    "stop",
    "text",
    "vector_jacobian_product",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'symdiff' has no attribute {name!r}")
    value = getattr(import_module(f"symdiff.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
