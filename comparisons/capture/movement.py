"""Data movement: what an operation that only moves entries does, found by running it on ids.

Every entry gets an id of its own, the operation runs on the ids, then on the ids + ¼. What moved
by ¼ came from an input, and from which entry its id says; the rest are constants. So indexing,
padding, stacking, sorting, upsampling to the nearest and many more need no rule of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_unflatten

from comparisons.capture.axes import axes_of, over, shape_of
from comparisons.capture.numbers import array_node
from comparisons.capture.refusal import NoRule
from symdiff.graph import Axes, Node, elementwise, gather, literal, renamed

if TYPE_CHECKING:
    from comparisons.capture.call import Call

IntArray = npt.NDArray[np.int64]
_QUARTER = 0.25


def moved(node: Node, shape: Sequence[int], table: IntArray) -> Node:
    """The array whose entries are those of `node` at the places that `table` says, 0 at −1.

    Args: node, over the axes of a tensor of that `shape` or fewer; table, in the result's shape,
        of places in the tensor's C order.
    """
    axes = axes_of(table.shape)
    if table.size == 0:
        return literal(np.zeros(shape_of(axes)), axes)
    names = _renaming(shape, table)
    if names is not None:
        return renamed(node, tuple(names[a] for a in node.axes))
    return looked_up(node, shape, table, axes)


def looked_up(node: Node, shape: Sequence[int], table: IntArray, axes: Axes) -> Node:
    """`moved` without looking for something simpler; the table over axes of any names."""
    own = axes_of(shape)
    return gather(over(node, own), table.reshape(shape_of(axes)), axes, shape_of(own))


def gathered_as(node: Node, axes: Axes) -> Node:
    """The same entries in the same order, over other axes."""
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


def probed(call: Call) -> tuple[Node | None, ...]:
    """The results of an operation that only moves entries, by running it on ids.

    Raises: NoRule if it turns out to do more.
    """
    leaves, structure = tree_flatten((call.args, call.kwargs))
    places = [i for i, a in enumerate(leaves) if isinstance(a, Tensor) and a.is_floating_point()]
    sizes = [leaves[i].numel() for i in places]
    starts = np.cumsum([1, *sizes])

    def on(shift: float) -> list[npt.NDArray[np.float64]]:
        probe = list(leaves)
        for i, start, n in zip(places, starts, sizes, strict=False):
            ids = torch.arange(start, start + n, dtype=torch.float64) + shift
            probe[i] = ids.reshape(leaves[i].shape)
        args, kwargs = tree_unflatten(probe, structure)
        kwargs = {k: v for k, v in kwargs.items() if k not in ("dtype", "out")}
        found = call.operator(*args, **kwargs)
        several = found if isinstance(found, list | tuple) else (found,)
        return [t.to(torch.float64).numpy().copy() for t in several]

    with torch._C._DisableTorchDispatch(), torch.no_grad():
        ids, shifted = on(0.0), on(_QUARTER)
    sources = [leaves[i] for i in places]
    return tuple(
        _from_ids(call, sources, starts, a, b) if result.is_floating_point() else None
        for result, a, b in zip(call.results, ids, shifted, strict=True)
    )


def _from_ids(
    call: Call,
    sources: Sequence[Tensor],
    starts: IntArray,
    ids: npt.NDArray[np.float64],
    shifted: npt.NDArray[np.float64],
) -> Node:
    has_moved = (shifted != ids) & ~(np.isnan(ids) & np.isnan(shifted))
    came = ids[has_moved]
    if not np.array_equal(came, np.rint(came)) or np.any(shifted[has_moved] - came != _QUARTER):
        raise NoRule
    parts: list[Node] = []
    for tensor, (start, end) in zip(sources, pairwise(starts), strict=True):
        here = has_moved & (ids >= start) & (ids < end)
        if here.any():
            table = np.where(here, ids - start, -1).astype(np.int64)
            parts.append(moved(call.read(tensor), tuple(tensor.shape), table))
    constants = np.where(has_moved, 0.0, ids)
    return with_constants(parts, constants)


def with_constants(parts: Sequence[Node], constants: npt.NDArray[Any]) -> Node:
    """The sum of what moved, 0 where nothing did, and constants, ±∞ among them.

    A sum, since a product with a mask would pass the NaN of 0 · ∞ on.
    """
    if parts and not constants.any():
        return elementwise(lambda *each: sum(each), *parts)
    fixed = array_node(constants, axes_of(constants.shape))
    return elementwise(lambda *each: sum(each), *parts, fixed)
