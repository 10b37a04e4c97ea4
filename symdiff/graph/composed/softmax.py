"""Build softmax, log-softmax and log-sum-exp along an axis, with the adjoints that papers give.

    s = e^x / Σ e^x          x̄ = s ∘ (s̄ − Σ s̄ ∘ s)
    y = log s                x̄ = ȳ − s Σ ȳ
    y = log Σ e^x            x̄ = ȳ s

Computed from x − max x, so that no exponential overflows.
"""

from __future__ import annotations

import sympy

from symdiff.graph.kinds.einsum import total
from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.kinds.shift import shift
from symdiff.graph.kinds.with_rule import WithRule, with_rule
from symdiff.graph.node import Node


def softmax(x: Node, axis: str, weight: Node | None = None) -> Node:
    """The softmax e^x/Σ e^x along an axis; with a `weight` in {0, 1} over those entries alone."""
    e = elementwise(lambda z, m: sympy.exp(z - m), x, shift(x, axis))
    if weight is not None:
        e = elementwise(lambda a, w: a * w, e, weight)
    value = elementwise(lambda a, summed: a / summed, e, total(e, [axis]))
    return with_rule("softmax", (axis,), value, _softmax_adjoint, x)


def log_softmax(x: Node, axis: str) -> Node:
    """x − log Σ e^x along an axis."""
    shifted = elementwise(lambda z, m: z - m, x, shift(x, axis))
    summed = total(elementwise(sympy.exp, shifted), [axis])
    value = elementwise(lambda z, s: z - sympy.log(s), shifted, summed)
    return with_rule("log_softmax", (axis,), value, _log_softmax_adjoint, x)


def logsumexp(x: Node, axis: str) -> Node:
    """log Σ e^x along an axis."""
    m = shift(x, axis)
    summed = total(elementwise(lambda z, a: sympy.exp(z - a), x, m), [axis])
    value = elementwise(lambda s, a: sympy.log(s) + a, summed, m)
    return with_rule("logsumexp", (axis,), value, _logsumexp_adjoint, x)


def _softmax_adjoint(s: WithRule, cotangent: Node) -> tuple[Node, ...]:
    summed = total(elementwise(lambda v, p: v * p, cotangent, s), s.over)
    return (elementwise(lambda p, v, t: p * (v - t), s, cotangent, summed),)


def _log_softmax_adjoint(y: WithRule, cotangent: Node) -> tuple[Node, ...]:
    (x,) = y.operands
    (axis,) = y.over
    s = softmax(x, axis)
    return (elementwise(lambda v, p, t: v - p * t, cotangent, s, total(cotangent, [axis])),)


def _logsumexp_adjoint(y: WithRule, cotangent: Node) -> tuple[Node, ...]:
    (x,) = y.operands
    (axis,) = y.over
    return (elementwise(lambda p, v: v * p, softmax(x, axis), cotangent),)
