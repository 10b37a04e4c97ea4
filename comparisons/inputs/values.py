"""What goes into a function: arrays by name, the cotangent among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from comparisons.dtypes import Float64Array, FloatType

Inputs = Mapping[str, Float64Array]
Sample = Callable[[FloatType], Inputs]  # the inputs that something is judged at, in a type

COTANGENT = "v"  # the name that symdiff gives it, the paper's; an input has another
SEED = 20240229  # of every random draw


def seeded() -> np.random.Generator:
    """A generator that draws the same numbers each time."""
    return np.random.default_rng(SEED)
