"""Rules of running sums and products along a dimension."""

from __future__ import annotations

from math import prod

import numpy as np
import sympy

from comparisons.capture.arrays.axes import axes_of, axis, axis_at, over, shape_of
from comparisons.capture.arrays.movement import looked_up
from comparisons.capture.calls.call import Call
from comparisons.capture.rules.registry import rule
from symdiff.graph import Node, elementwise, literal, product
from symdiff.graph.kinds.running import running_sum
from symdiff.graph.kinds.shift import shift


def _scanned(call: Call) -> tuple[str, int] | None:
    """The axis gone along and its length; None for one entry."""
    shape = call.shape("self")
    if not shape:
        return None
    (dim,) = call.dims()
    return (axis_at(shape, dim), shape[dim]) if shape[dim] != 1 else None


@rule("cumsum")
def cumsum(call: Call) -> Node:
    """The running sum."""
    scanned = _scanned(call)
    return call.whole("self") if scanned is None else running_sum(call.whole("self"), scanned[0])


@rule("logcumsumexp")
def logcumsumexp(call: Call) -> Node:
    """The logarithm of the running sum of exponentials."""
    x, scanned = call.whole("self"), _scanned(call)
    if scanned is None:
        return x
    top = over(shift(x, scanned[0]), tuple(a for a in x.axes if a != scanned[0]))
    e = elementwise(lambda a, m: sympy.exp(a - m), x, top)
    return elementwise(lambda s, m: sympy.log(s) + m, running_sum(e, scanned[0]), top)


@rule("cumprod")
def cumprod(call: Call) -> Node:
    """The running product: of the entries up to each one, and ones."""
    x, scanned = call.whole("self"), _scanned(call)
    if scanned is None:
        return x
    shape, (_, length) = call.shape("self"), scanned
    (dim,) = call.dims()
    ids = np.moveaxis(np.arange(prod(shape)).reshape(shape), dim, -1)
    lower = np.tril(np.ones((length, length), dtype=bool))
    table = np.where(lower, ids[..., None, :], -1)  # …, up to, factor
    table = np.moveaxis(table, -2, dim)
    axes = (*axes_of(shape), axis("p", length))
    factors = looked_up(x, shape, table, axes)
    beyond = literal((table < 0).astype(np.float64).reshape(shape_of(axes)), axes)
    return product(elementwise(lambda a, b: a + b, factors, beyond), axes[-1])
