"""Rules of what chooses entries: sort, top k, maximum with index, median, max pooling.

Which entries were chosen is an index that torch returns, a constant; so the value is moved entries.
"""

from __future__ import annotations

import numpy as np

from comparisons.capture.arrays.movement import IntArray, moved
from comparisons.capture.arrays.storage import array_of
from comparisons.capture.calls.call import Call
from comparisons.capture.rules.registry import rule
from symdiff.graph import Node, contraction, elementwise

Chosen = tuple[Node, None]


@rule("sort", "topk", "cummax", "cummin")
def along(call: Call) -> Chosen:
    """The entries at the indices along a dimension, as many as the index says."""
    return _picked(call, _taken(call, array_of(call.results[1])))


@rule("kthvalue", "mode", "max.dim", "min.dim", "median.dim", "nanmedian.dim")
def reduced(call: Call) -> Chosen:
    """The entry at the index along a dimension, which vanishes or stays with length 1."""
    index = array_of(call.results[1])
    shape = call.shape("self")
    if not shape or call["keepdim"]:
        return _picked(call, _taken(call, index))
    (dim,) = call.dims()
    return _picked(call, np.squeeze(_taken(call, np.expand_dims(index, dim)), dim))


@rule(
    "max_pool2d_with_indices",
    "max_pool3d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "fractional_max_pool2d",
    "fractional_max_pool3d",
)
def pooled(call: Call) -> Chosen:
    """The largest under a window; the index is flat over the spatial dimensions."""
    n = 3 if "3d" in call.name else 2
    index, shape = array_of(call.results[1]), call.shape("self")
    ids = np.arange(int(np.prod(shape))).reshape(*shape[:-n], -1)
    flat = index.reshape(*index.shape[:-n], -1)
    return _picked(call, np.take_along_axis(ids, flat, -1).reshape(index.shape))


@rule("median", "nanmedian")
def median(call: Call) -> Node:
    """The middle entry; of several equal to it their mean, as torch shares its gradient out.

    Source: `evenly_distribute_backward` in torch/csrc/autograd/FunctionsManual.cpp.
    """
    flat, value = call.array("self").ravel(), array_of(call.result)
    places = np.flatnonzero(np.isnan(flat) if np.isnan(value) else flat == value)
    if len(places) == 1:
        return moved(call.node("self"), call.shape("self"), np.array(places[0]), chosen=True)
    equal = moved(call.node("self"), call.shape("self"), places, chosen=True)
    return elementwise(lambda total: total / len(places), contraction((equal,), ()))


def _taken(call: Call, index: IntArray) -> IntArray:
    """The flat places of the entries at an index along the dimension."""
    shape = call.shape("self")
    if not shape:
        return np.zeros(index.shape, dtype=np.int64)
    dim = int(call.get("dim", -1))
    return np.take_along_axis(np.arange(int(np.prod(shape))).reshape(shape), index, dim)


def _picked(call: Call, table: IntArray) -> Chosen:
    return moved(call.node("self"), call.shape("self"), table, chosen=True), None
