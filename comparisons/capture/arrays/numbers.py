"""Arrays of given numbers as nodes, NaN and ±∞ among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from comparisons.capture.arrays.axes import shape_of
from symdiff.graph import Axes, Node, elementwise, literal


def array_node(values: npt.NDArray[Any], axes: Axes) -> Node:
    """An array of given numbers; where one is NaN, ∞ · 0 stands, which is NaN in any arithmetic.

    Args: values, in the shape of a tensor with these axes.
    """
    given = values.reshape(shape_of(axes))
    none = np.isnan(given)
    if not none.any():
        return literal(given, axes)
    infinite = literal(np.where(none, np.inf, 1.0), axes)
    return elementwise(lambda a, b: a * b, infinite, literal(np.where(none, 0.0, given), axes))
