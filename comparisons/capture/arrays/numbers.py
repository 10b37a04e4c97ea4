"""Make nodes of arrays of given numbers, NaN and ±∞ among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from comparisons.capture.arrays.axes import shape_of
from symdiff.graph import Axes, Node, elementwise, literal
from symdiff.graph.arrays.numbers import Numbers
from symdiff.graph.kinds.literal import Literal


def array_node(values: npt.NDArray[Any], axes: Axes) -> Node:
    """The node of an array of numbers; NaN becomes ∞ · 0, which is NaN in any arithmetic.

    Args: values, in the shape of a tensor with these axes.
    """
    given = values.reshape(shape_of(axes))
    none = np.isnan(given)
    if not none.any():
        return literal(given, axes)
    # without axes too a literal: as constants the two would be NaN or 0 at once
    infinite, others = (
        Literal(tuple(axes), (), Numbers(np.where(none, at_none, at_others)))
        for at_none, at_others in ((np.inf, 1.0), (0.0, given))
    )
    return elementwise(lambda a, b: a * b, infinite, others)
