"""The inputs of a function: arrays by name, the cotangent among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from symdiff.graph.adjoints.derivation import COTANGENT  # its name in every graph

__all__ = ["COTANGENT", "SEED", "Inputs", "Sample", "seeded"]

Inputs = Mapping[str, Float64Array]
Sample = Callable[[FloatType], Inputs]  # the inputs that something is judged at, in a type

SEED = 20240229  # of every random draw


def seeded() -> np.random.Generator:
    """A generator that draws the same numbers each time."""
    return np.random.default_rng(SEED)


def array_of(name: str, given: object) -> Float64Array:
    """The array or tensor given for an input, as float64; a tensor's gradient is no part of it.

    Raises: TypeError if it holds no real numbers.
    """
    detached = given.detach().cpu().double() if hasattr(given, "detach") else given
    try:
        return np.asarray(detached, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"the input {name!r} takes real numbers, an array or a tensor, not "
            f"{type(given).__name__} {str(given)[:40]!r}"
        ) from None
