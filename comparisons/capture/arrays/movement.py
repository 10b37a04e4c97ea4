"""Move entries by a table of places: by renaming axes where that serves, else by a gather."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from comparisons.capture.arrays.axes import axes_of, over, shape_of
from comparisons.capture.arrays.numbers import array_node
from symdiff.graph import Axes, Node, elementwise, gather, literal, renamed
from symdiff.graph.arrays.box import box

IntArray = npt.NDArray[np.int64]


def moved(node: Node, shape: Sequence[int], table: IntArray, *, chosen: bool = False) -> Node:
    """The array with `node`'s entries at the places that `table` says, 0 where it says −1.

    Args: node, over the axes of a tensor of that `shape` or fewer; table, in the result's shape,
        of places in the tensor's C order; chosen, whether they are so by comparing its entries.
    """
    axes = axes_of(table.shape)
    if table.size == 0:
        return literal(np.zeros(shape_of(axes)), axes)
    names = _renaming(shape, table)
    if names is not None:
        return renamed(node, tuple(names[a] for a in node.axes))
    order = _as_the_source_has_them(shape, table)
    turned = table.reshape(shape_of(axes)).transpose(order)
    return looked_up(node, shape, turned, tuple(axes[i] for i in order), chosen=chosen)


def _as_the_source_has_them(shape: Sequence[int], table: IntArray) -> tuple[int, ...]:
    """The result's axes in the order in which they go through a slice of the source.

    A transposed slice is then read as x[1:, ::2]: axes have names, so their order is free.
    """
    squeezed = table.reshape([n for n in table.shape if n != 1])
    plain = tuple(range(squeezed.ndim))
    origin = int(squeezed[(0,) * squeezed.ndim])
    steps = [int(squeezed[tuple(int(a == axis) for a in plain)]) - origin for axis in plain]
    order = tuple(sorted(plain, key=lambda axis: -abs(steps[axis])))
    own = [n for n in shape if n != 1]
    return order if order != plain and box(squeezed.transpose(order), own) is not None else plain


def looked_up(
    node: Node, shape: Sequence[int], table: IntArray, axes: Axes, *, chosen: bool = False
) -> Node:
    """The same as `moved`, always by a gather; the table is over axes of any names."""
    own = axes_of(shape)
    places = table.reshape(shape_of(axes))
    return gather(over(node, own), places, axes, shape_of(own), chosen=chosen)


def gathered_as(node: Node, axes: Axes) -> Node:
    """The node's entries in the same order over other axes."""
    table = np.arange(prod(shape_of(axes))).reshape(shape_of(axes))
    return gather(node, table, axes, shape_of(node.axes))


def _renaming(shape: Sequence[int], table: IntArray) -> dict[str, str] | None:
    """The new names of the axes, where the table only permutes and repeats them."""
    lengths = [n for n in shape if n != 1]
    own, axes = axes_of(shape), axes_of(table.shape)
    steps = {prod(lengths[i + 1 :]): (own[i], n) for i, n in enumerate(lengths)}
    squeezed = table.reshape(shape_of(axes))
    if squeezed.flat[0] != 0:
        return None
    names: dict[str, str] = {}
    rebuilt = np.zeros((1,) * squeezed.ndim, dtype=np.int64)
    for dim, (name, length) in enumerate(zip(axes, squeezed.shape, strict=True)):
        step = int(squeezed[tuple(int(d == dim) for d in range(squeezed.ndim))])
        if step == 0:
            continue
        source, expected = steps.pop(step, ("", 0))
        if expected != length:
            return None
        names[source] = name
        along = [length if d == dim else 1 for d in range(squeezed.ndim)]
        rebuilt = rebuilt + (np.arange(length) * step).reshape(along)
    if steps or not np.array_equal(np.broadcast_to(rebuilt, squeezed.shape), squeezed):
        return None
    return names


def with_constants(parts: Sequence[Node], constants: npt.NDArray[Any]) -> Node:
    """The sum of moved parts, each 0 where it moved nothing, and of constants, ±∞ among them.

    A sum, since a product with a mask would pass the NaN of 0 · ∞ on.
    """
    if parts and not constants.any():
        return elementwise(lambda *each: sum(each), *parts)
    fixed = array_node(constants, axes_of(constants.shape))
    return elementwise(lambda *each: sum(each), *parts, fixed)
