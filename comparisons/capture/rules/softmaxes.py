"""Rules of softmax, log-softmax and log-sum-exp."""

from __future__ import annotations

import numpy as np
import sympy

from comparisons.capture.arrays.axes import axes_of, axis_at, over
from comparisons.capture.arrays.movement import moved
from comparisons.capture.calls.call import Call
from comparisons.capture.refusal import NoRule
from comparisons.capture.rules.reductions import kept, landed
from comparisons.capture.rules.registry import rule
from symdiff.graph import Node, contraction, elementwise
from symdiff.graph.composed.softmax import log_softmax, logsumexp, softmax
from symdiff.graph.kinds.shift import shift


@rule("_softmax")
def softmax_(call: Call) -> Node:
    """e^x/Σ e^x."""
    x, axis = call.whole("self"), _axis(call)
    if axis is None:  # of one entry
        return elementwise(lambda a: sympy.exp(a - a), x)
    return softmax(x, axis)


@rule("_safe_softmax")
def safe_softmax(call: Call) -> Node:
    """The softmax; 0 in rows that are all −∞, which no entry changes."""
    x, axis, given = call.full("self"), _axis(call), call.array("self")
    if axis is None:
        raise NoRule
    hidden = np.isneginf(given).all(axis=call["dim"], keepdims=True)
    shape = call.shape("self")
    seen = np.where(hidden, -1, np.arange(given.size).reshape(shape))
    if not hidden.any():
        return softmax(x, axis)
    rows = softmax(over(moved(x, shape, seen), axes_of(shape)), axis)
    return moved(rows, shape, seen)


@rule("_log_softmax")
def log_softmax_(call: Call) -> Node:
    """x − log Σ e^x."""
    x, axis = call.whole("self"), _axis(call)
    if axis is None:
        return elementwise(lambda a: a - a, x)
    return log_softmax(x, axis)


@rule("logsumexp")
def logsumexp_(call: Call) -> Node:
    """log Σ e^x over one dimension or several."""
    shape, dims, x = call.shape("self"), call.dims(), call.whole("self")
    stays, result = kept(shape, dims), tuple(call.result.shape)
    gone = [a for a in x.axes if a not in stays]
    if len(gone) == 1:
        return landed(logsumexp(x, gone[0]), stays, result)
    top = x
    for one in gone:
        top = shift(top, one)
    e = elementwise(lambda a, m: sympy.exp(a - m), x, top)
    summed = elementwise(lambda s, m: sympy.log(s) + m, contraction((e,), stays), top)
    return landed(summed, stays, result)


def _axis(call: Call) -> str | None:
    """The axis gone over; None if it has length 1."""
    (dim,) = call.dims() or (0,)
    shape = call.shape("self")
    axis = axis_at(shape, dim) if shape else ""
    return axis if axis in axes_of(shape) else None
