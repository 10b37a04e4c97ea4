"""Find out where an operator moves entries by running it on their numbers.

Every entry gets an id of its own, the operation runs on the ids, then on the ids + ¼. What moved
by ¼ came from an input, and from which entry its id says; the rest are constants. So indexing,
padding, stacking, sorting, upsampling to the nearest and many more need no rule of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_unflatten

from comparisons.capture.arrays.movement import IntArray, moved, with_constants
from comparisons.capture.calls.call import Call
from comparisons.capture.refusal import NoRule
from symdiff.graph import Node

_QUARTER = 0.25


def probed(call: Call) -> tuple[Node | None, ...]:
    """The results of an operator that only moves entries, found by running it on their indices.

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
