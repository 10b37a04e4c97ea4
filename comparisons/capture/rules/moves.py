"""The operators that only move entries: `movement.probed` finds out where each one goes."""

from __future__ import annotations

import numpy as np

from comparisons.capture.arrays.axes import axes_of
from comparisons.capture.arrays.movement import moved
from comparisons.capture.arrays.numbers import array_node
from comparisons.capture.calls.call import Call
from comparisons.capture.calls.probing import probed
from comparisons.capture.refusal import NoRule
from comparisons.capture.rules.registry import Nodes, rule
from comparisons.capture.rules.scattering import index_put_added, put_added
from symdiff.graph import Node, elementwise, stop

_MOVES = """
as_strided_copy as_strided_scatter block_diag cat channel_shuffle constant_pad_nd
diag_embed diagonal_copy diagonal_scatter expand_copy fill
fill_diagonal flip gather im2col index index_fill index_copy index_select
masked_fill masked_scatter masked_select max_unpool2d _pack_padded_sequence max_unpool3d narrow_copy
permute_copy pixel_shuffle pixel_unshuffle reflection_pad1d reflection_pad2d reflection_pad3d
repeat repeat_interleave replication_pad1d replication_pad2d replication_pad3d _reshape_copy roll
rot90 scatter select_copy select_scatter slice_copy slice_scatter split_copy
split_with_sizes_copy squeeze_copy stack t_copy take transpose_copy tril triu unbind_copy
unfold_copy _unsafe_index _unsafe_masked_index _unsafe_view unsqueeze_copy upsample_nearest1d
upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d _upsample_nearest_exact2d
_upsample_nearest_exact3d view_copy linalg_diagonal diag
"""

rule(*_MOVES.split())(probed)


@rule("index_put", "_unsafe_index_put", "_index_put_impl")
def index_put(call: Call) -> Nodes:
    """x with entries replaced, or added to."""
    return index_put_added(call) if call["accumulate"] else probed(call)


@rule("embedding")
def embedding(call: Call) -> Node:
    """Rows of a table; the row of `padding_idx` receives no gradient.

    With `scale_grad_by_freq` a row receives the mean over its uses in place of the sum.
    """
    shape, index, padding = call.shape("weight"), call.array("indices"), call["padding_idx"]
    places = index[..., None] * shape[1] + np.arange(shape[1])
    rows = moved(call.node("weight"), shape, places)
    if call["scale_grad_by_freq"]:
        uses = np.bincount(index.ravel(), minlength=shape[0])[index][..., None]
        share = array_node(np.broadcast_to(1 / uses, places.shape), axes_of(places.shape))
        counted = elementwise(lambda a, s: a * s, rows, share)
        rest = elementwise(lambda a, b: a - b, rows, counted)
        rows = elementwise(lambda a, b: a + b, counted, stop(rest, "scale_grad_by_freq"))
    if padding < 0 or not (index == padding).any():
        return rows
    is_padding = (index == padding)[..., None]
    kept, all_places = places.shape, np.arange(places.size).reshape(places.shape)
    learned = moved(rows, kept, np.where(is_padding, -1, all_places))
    fixed = moved(rows, kept, np.where(is_padding, all_places, -1))
    return elementwise(lambda a, b: a + b, learned, stop(fixed, "padding_idx"))


@rule("put")
def put(call: Call) -> Nodes:
    """x with the entries at flat places replaced, or added to."""
    return put_added(call) if call["accumulate"] else probed(call)


@rule("clone", "contiguous", "lift_fresh", "lift_fresh_copy", "alias_copy", "detach_copy")
def copied(call: Call) -> Node:
    """The same entries elsewhere in memory."""
    return call.read(call.tensors[0])


@rule("_to_copy")
def cast(call: Call) -> Node:
    """The same value: another type or device changes nothing in exact arithmetic."""
    made, given = call.result, call.tensor("self")
    if given.is_floating_point() and not made.is_floating_point():
        raise NoRule
    return call.node("self")
