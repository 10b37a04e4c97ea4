"""Rules of convolution and average pooling: entries under each window, contracted.

Which entry lies under which place of the window is a table, −1 where that is padding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from comparisons.capture.arrays.axes import axes_of, axis, axis_at, labelled, shape_of
from comparisons.capture.arrays.movement import IntArray, gathered_as, looked_up
from comparisons.capture.calls.call import Call
from comparisons.capture.refusal import NoRule
from comparisons.capture.rules.registry import rule
from symdiff.graph import Node, contraction, elementwise, literal, renamed


@dataclass(frozen=True)
class Window:
    """A window moved along one spatial dimension of an input.

    Args: length, of the input; out, of the result; size, of the window.
    """

    length: int
    out: int
    size: int
    stride: int
    padding: int
    dilation: int = 1

    def under(self) -> IntArray:
        """For every place of the result and of the window the input's place, −1 outside."""
        result, window = np.arange(self.out)[:, None], np.arange(self.size)[None]
        place = result * self.stride + window * self.dilation - self.padding
        return np.where((place >= 0) & (place < self.length), place, -1)

    def under_transposed(self) -> IntArray:
        """The input's place for a transposed convolution, which spreads an input by its stride."""
        result, window = np.arange(self.out)[:, None], np.arange(self.size)[None]
        spread = result + self.padding - window * self.dilation
        place = spread // self.stride
        inside = (spread % self.stride == 0) & (place >= 0) & (place < self.length)
        return np.where(inside, place, -1)


def joined(tables: Sequence[IntArray], lengths: Sequence[int]) -> IntArray:
    """A table of flat places: first all dimensions of the result, then all of the window."""
    n = len(tables)
    place = np.zeros((1,) * (2 * n), dtype=np.int64)
    inside = np.ones((1,) * (2 * n), dtype=bool)
    for dim, (table, length) in enumerate(zip(tables, lengths, strict=True)):
        shape = [1] * (2 * n)
        shape[dim], shape[n + dim] = table.shape
        spread = table.reshape(shape)
        place = place * length + np.maximum(spread, 0)
        inside = inside & (spread >= 0)
    return np.where(inside, place, -1)


def each(value: Sequence[int], n: int) -> tuple[int, ...]:
    """One number for each dimension, where one may be given for all."""
    return tuple(value) * n if len(value) == 1 else tuple(value)


@rule("convolution")
def convolution(call: Call) -> Node:
    """y[n, g o, q] = Σ x[n, g c, under q and k] w[g o, c, k] + b, over groups g."""
    (batch, channels, *spatial) = call.shape("input")
    (_, _, *sizes) = call.shape("weight")
    (_, outputs, *outs) = call.result.shape
    n, groups, transposed = len(spatial), call["groups"], call["transposed"]
    windows = [
        Window(*numbers)
        for numbers in zip(
            spatial,
            outs,
            sizes,
            each(call["stride"], n),
            each(call["padding"], n),
            each(call["dilation"], n),
            strict=True,
        )
    ]
    tables = [w.under_transposed() if transposed else w.under() for w in windows]
    under = joined(tables, spatial)
    starts = (np.arange(batch * channels) * prod(spatial)).reshape(
        (batch, groups, channels // groups) + (1,) * (2 * n)
    )
    places = np.where(under >= 0, starts + under, -1)
    q, k = [f"q{i}_" for i in range(n)], [f"k{i}_" for i in range(n)]
    x = looked_up(
        call.node("input"),
        call.shape("input"),
        places,
        labelled(["n", "g", "c", *q, *k], places.shape),
    )
    own, share = outputs // groups, channels // groups
    order = ["g", "c", "o"] if transposed else ["g", "o", "c"]
    lengths = {"g": groups, "c": share, "o": own}
    weight_shape = [*(lengths[letter] for letter in order), *sizes]
    count = prod(weight_shape)
    w = looked_up(
        call.node("weight"),
        call.shape("weight"),
        np.arange(count).reshape(weight_shape),
        labelled([*order, *k], weight_shape),
    )
    split = (batch, groups, own, *outs)
    y = contraction((x, w), labelled(["n", "g", "o", *q], split))
    axes = axes_of(call.result.shape)
    # with groups these and their channels become one axis
    y = renamed(y, axes) if len(y.axes) == len(axes) else gathered_as(y, axes)
    if call["bias"] is None:
        return y
    along = () if outputs == 1 else (axis_at((batch, outputs, *outs), 1),)
    return elementwise(lambda a, b: a + b, y, renamed(call.node("bias"), along))


def _average(call: Call, n: int) -> Node:
    """The mean over a window, padding counted or not."""
    shape, result = call.shape("self"), tuple(call.result.shape)
    sizes = each(call["kernel_size"], n)
    strides = each(call["stride"], n) if call["stride"] else sizes
    paddings = each(call["padding"], n)
    if 0 in result:
        raise NoRule
    spatial, outs = shape[-n:], result[-n:]
    windows = [
        Window(*numbers) for numbers in zip(spatial, outs, sizes, strides, paddings, strict=True)
    ]
    under = joined([w.under() for w in windows], spatial)
    lead = prod(shape[:-n])
    starts = (np.arange(lead) * prod(spatial)).reshape((lead,) + (1,) * (2 * n))
    places = np.where(under >= 0, starts + under, -1)
    axes = axes_of(result)
    inner = tuple(axis(f"k{i}", size) for i, size in enumerate(sizes) if size != 1)
    x = looked_up(call.node("self"), shape, places, (*axes, *inner))
    total = contraction((x,), axes)
    divisors = np.ones(outs)
    for dim, w in enumerate(windows):
        along = [1] * n
        along[dim] = w.out
        divisors = divisors * _counted(w, padding=call["count_include_pad"]).reshape(along)
    if call["divisor_override"]:
        divisors = np.full(outs, float(call["divisor_override"]))
    own = axes_of(outs)
    return elementwise(lambda s, d: s / d, total, literal(divisors.reshape(shape_of(own)), own))


def _counted(window: Window, *, padding: bool) -> IntArray:
    """The number of entries that count in each window, those beyond the padding left out."""
    start = np.arange(window.out) * window.stride - window.padding
    end = np.minimum(start + window.size, window.length + window.padding)
    if padding:
        return end - start
    return np.minimum(end, window.length) - np.maximum(start, 0)


def _averages(n: int) -> Callable[[Call], Node]:
    return lambda call: _average(call, n)


rule("avg_pool1d")(_averages(1))
rule("avg_pool2d")(_averages(2))
rule("avg_pool3d")(_averages(3))


def _adaptive(call: Call, n: int) -> Node:
    """The mean over windows ⌊i L/m⌋ … ⌈(i + 1) L/m⌉ of an axis of length L, at m places."""
    shape, result = call.shape("self"), tuple(call.result.shape)
    node, factors = call.full("self"), []
    inner = {}
    for dim in range(len(shape) - n, len(shape)):
        length, out = shape[dim], result[dim]
        start = np.arange(out) * length // out
        end = -(-(np.arange(out) + 1) * length // out)
        places = np.arange(length)[None]
        share = ((places >= start[:, None]) & (places < end[:, None])) / (end - start)[:, None]
        if length != 1:
            inner[axis_at(shape, dim)] = axis(f"k{dim}", length)
        outer = () if out == 1 else (axis_at(result, dim),)
        own = (*outer, *(() if length == 1 else (axis(f"k{dim}", length),)))
        factors.append(literal(share.reshape(shape_of(own)), own))
    x = renamed(node, tuple(inner.get(a, a) for a in node.axes))
    return contraction((x, *factors), axes_of(result))


def _adaptives(n: int) -> Callable[[Call], Node]:
    return lambda call: _adaptive(call, n)


rule("_adaptive_avg_pool2d")(_adaptives(2))
rule("_adaptive_avg_pool3d")(_adaptives(3))
