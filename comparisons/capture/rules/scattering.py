"""Rules of operators that add entries at places: the transposes of moves."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import torch

from comparisons.capture.arrays.axes import axes_of, axis, over, shape_of
from comparisons.capture.arrays.movement import IntArray, looked_up
from comparisons.capture.calls.call import Call, number
from comparisons.capture.rules.registry import rule
from symdiff.graph import Node, contraction, elementwise, literal, product, scatter


def added_at(call: Call, source: Node, shape: tuple[int, ...], places: IntArray) -> Node:
    """The zeros of the result's shape with every entry of `source` added at its place.

    Args: source, over the axes of a tensor of that `shape` or fewer; places, in that shape, flat
        in the result, −1 where an entry is not used.
    """
    own, axes = axes_of(shape), axes_of(call.result.shape)
    table = places.reshape(shape_of(own)).astype(np.int64)
    return scatter(over(source, own), table, axes, shape_of(axes))


def _along(call: Call) -> IntArray:
    """For every entry of `src` its place in the result, along `dim` as `index` says."""
    shape, index = call.shape("self"), call.array("index")
    if not shape:
        return np.zeros(call.shape("src"), dtype=np.int64)
    index = index.reshape(index.shape or (1,))  # torch takes a number for a row of one
    grid = list(np.indices(index.shape))
    grid[call["dim"] % len(shape)] = index
    places = np.full(call.shape("src") or (1,), -1, dtype=np.int64)
    inside = tuple(slice(0, n) for n in index.shape)
    places[inside] = np.arange(prod(shape)).reshape(shape)[tuple(grid)]
    return places


@rule("scatter_add")
def scatter_add(call: Call) -> Node:
    """x plus the entries of `src`, each at its place."""
    made = added_at(call, call.node("src"), call.shape("src"), _along(call))
    return elementwise(lambda a, b: a + b, call.node("self"), made)


@rule("scatter_reduce.two")
def scatter_reduce(call: Call) -> Node:
    """x's entries combined with those of `src` that are sent to their places."""
    places = _along(call)
    return _combined(call, places, call.node("src"), call.shape("src"))


@rule("index_reduce")
def index_reduce(call: Call) -> Node:
    """x's slices combined with those of `source` that are given their index."""
    shape = call.shape("self")
    ids = np.arange(prod(shape)).reshape(shape or (1,))
    places = np.take(ids, call.array("index").ravel(), call["dim"] % max(1, len(shape)))
    return _combined(call, places, call.node("source"), call.shape("source"))


def _combined(call: Call, places: IntArray, source: Node, shape: tuple[int, ...]) -> Node:
    """The sum, mean, product, largest or smallest of what comes to each place.

    Each place's entries are looked up in a row, of x and the source one behind the other.
    """
    result, own = call.shape("self"), prod(call.shape("self"))
    flat = places.ravel()
    hit = np.flatnonzero(flat >= 0)
    rows: list[list[int]] = [[i] if call["include_self"] else [] for i in range(own)]
    for i in hit:
        rows[flat[i]].append(own + int(i))
    rows = [row or [i] for i, row in enumerate(rows)]  # a place that nothing comes to stays
    reduce = call["reduce"]
    if reduce in ("amax", "amin"):
        values = np.concatenate([call.array("self").ravel(), _values(call).ravel()])
        best = np.max if reduce == "amax" else np.min
        rows = [[i for i in row if values[i] == best(values[row])] for row in rows]
    longest = max(map(len, rows))
    table = np.array([row + [-1] * (longest - len(row)) for row in rows]).reshape(*result, longest)
    axes, along = axes_of(result), axis("t", longest)
    everywhere = (*axes, along) if longest != 1 else axes
    of_self, of_source = np.where(table < own, table, -1), np.where(table >= own, table - own, -1)
    entries = elementwise(
        lambda a, b: a + b,
        looked_up(call.node("self"), result, of_self, everywhere),
        looked_up(source, shape, of_source, everywhere),
    )
    if longest == 1:
        return entries
    if reduce == "prod":
        ones = literal((table < 0).astype(np.float64).reshape(shape_of(everywhere)), everywhere)
        return product(elementwise(lambda a, b: a + b, entries, ones), along)
    total = contraction((entries,), axes)
    if reduce == "sum":
        return total
    counts = np.array([len(row) for row in rows], dtype=np.float64).reshape(shape_of(axes))
    return elementwise(lambda s, n: s / n, total, literal(counts, axes))


def _values(call: Call) -> Any:
    return call.array("src" if "src" in call.bound else "source")


@rule("index_add")
def index_add(call: Call) -> Node:
    """x plus α times slices, each at the index given for it."""
    alpha, shape = number(call["alpha"]), call.shape("self")
    if not shape:
        return elementwise(lambda a, b: a + alpha * b, call.node("self"), call.node("source"))
    ids = np.arange(prod(shape)).reshape(shape)
    places = np.take(ids, call.array("index").ravel(), call["dim"] % len(shape))
    made = added_at(call, call.node("source"), call.shape("source"), places)
    return elementwise(lambda a, b: a + alpha * b, call.node("self"), made)


def index_put_added(call: Call) -> Node:
    """x plus values, each at the place that the indices give."""
    shape = call.shape("self")
    with torch._C._DisableTorchDispatch():
        ids = torch.arange(prod(shape)).reshape(shape)
        index = tuple(slice(None) if i is None else i for i in call["indices"])
        places = ids[index].numpy()
    values = over(call.node("values"), axes_of(places.shape))
    made = added_at(call, values, places.shape, places)
    return elementwise(lambda a, b: a + b, call.node("self"), made)


def put_added(call: Call) -> Node:
    """x plus the source's entries, each at its flat place."""
    places = call.array("index") % max(1, prod(call.shape("self")))
    made = added_at(call, call.node("source"), call.shape("source"), places)
    return elementwise(lambda a, b: a + b, call.node("self"), made)


@rule("col2im")
def col2im(call: Call) -> Node:
    """The transpose of im2col: overlapping blocks added up."""
    shape = tuple(call.result.shape)
    with torch._C._DisableTorchDispatch():
        ids = torch.arange(1, prod(shape) + 1, dtype=torch.float64).reshape(shape)
        arguments = (call["kernel_size"], call["dilation"], call["padding"], call["stride"])
        places = torch.ops.aten.im2col(ids, *arguments).numpy().astype(np.int64) - 1
    return added_at(call, call.node("self"), call.shape("self"), places)
