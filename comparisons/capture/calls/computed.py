"""Find the constants that an operator computes itself, such as the weights of interpolation.

They come from a position in pixels, whose rounding is one of the position and not of the share that
is computed from it: of 44.3 in float32 it is 4e-6, and so may the share be off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

import numpy as np

from comparisons.capture.calls.call import Call
from comparisons.capture.calls.positions import samples
from comparisons.dtypes import Float64Array
from symdiff.graph import Node, topological
from symdiff.graph.arrays.steps import Roundings
from symdiff.graph.kinds.literal import Literal


def computed_in(call: Call, nodes: Iterable[Node | None]) -> Mapping[Node, Roundings]:
    """The weights that an interpolating call computes, each with its rounding in units of 1.

    Args: nodes, the call's results.
    """
    name = call.name.strip("_")
    if not name.startswith("upsample_") and not samples(name):
        return {}
    given = set(topological([call.value(t) for t in call.tensors]))
    image = call.args[0].shape
    longest = float(max(image[2:], default=1))
    found: dict[Node, Roundings] = {}
    for node in topological([n for n in nodes if n is not None]):
        if node in given or not isinstance(node, Literal):
            continue
        shares = node.values.array
        is_matrix = shares.shape == (prod(image[2:]), prod(call.result.shape[2:]))
        units = longest * _beside(shares, image[2:]) if is_matrix else longest
        # positions between 16-bit pixels are in float32; those of a grid are in its type
        in_type = samples(name)
        found[node] = Roundings(units) if in_type else Roundings(0.0, units)
    return found


def _beside(matrix: Float64Array, inside: tuple[int, ...]) -> Float64Array:
    """The mask of pixels that a matrix of weights uses, or that lie beside a used one."""
    takes = (matrix != 0).reshape(*inside, -1)
    for axis in range(len(inside)):
        wider = np.pad(takes, [(1, 1) if a == axis else (0, 0) for a in range(takes.ndim)])
        n = takes.shape[axis]
        takes = np.logical_or.reduce([wider.take(range(k, k + n), axis) for k in range(3)])
    return np.asarray(takes.reshape(matrix.shape), dtype=np.float64)
