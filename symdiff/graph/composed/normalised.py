"""Divide an array by its standard deviation or root mean square over some axes.

    x̂ = (x − μ)/σ, σ² = mean (x − μ)² + ε      x̄ = (x̂̄ − mean x̂̄ − x̂ mean(x̂̄ x̂))/σ
    x̂ = x/σ,       σ² = mean x² + ε            x̄ = (x̂̄ − x̂ mean(x̂̄ x̂))/σ

Both because ∂σ/∂x = x̂/n, whatever ε is.
Source: Ba et al. 2016, arXiv:1607.06450; Zhang and Sennrich 2019, arXiv:1910.07467.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from symdiff.expression.formula import real_symbol
from symdiff.graph.composed.mean import mean
from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.kinds.with_rule import WithRule, with_rule
from symdiff.graph.node import Node

EPS = "eps"  # the parameter's name in the graphs that use these


def centred(x: Node, over: Iterable[str]) -> Node:
    """The deviations x − μ from the mean over some axes."""
    return elementwise(lambda a, mu: a - mu, x, mean(x, over))


def deviation(x: Node, over: Iterable[str]) -> Node:
    """σ = √(mean x² + ε) over some axes; of a centred x it is the standard deviation."""
    square = mean(elementwise(lambda a: a**2, x), over)
    return elementwise(lambda s: sympy.sqrt(s + real_symbol(EPS)), square)


def standardised(x: Node, over: tuple[str, ...]) -> Node:
    """The normalised (x − μ)/σ over some axes."""
    off = centred(x, over)
    value = elementwise(lambda a, s: a / s, off, deviation(off, over))
    return with_rule("", over, value, _standardised_adjoint, x)


def root_mean_squared(x: Node, over: tuple[str, ...]) -> Node:
    """The quotient x/σ, σ the root mean square over some axes."""
    value = elementwise(lambda a, s: a / s, x, deviation(x, over))
    return with_rule("", over, value, _root_mean_squared_adjoint, x)


def _projection(unit: WithRule, cotangent: Node) -> Node:
    """mean(x̂̄ x̂), which both take off along x̂."""
    return mean(elementwise(lambda v, u: v * u, cotangent, unit), unit.over)


def _standardised_adjoint(unit: WithRule, cotangent: Node) -> tuple[Node, ...]:
    (x,) = unit.operands
    over = unit.over
    sigma, middle = deviation(centred(x, over), over), mean(cotangent, over)
    return (
        elementwise(
            lambda u, v, s, m, p: (v - m - u * p) / s,
            *(unit, cotangent, sigma, middle, _projection(unit, cotangent)),
        ),
    )


def _root_mean_squared_adjoint(unit: WithRule, cotangent: Node) -> tuple[Node, ...]:
    (x,) = unit.operands
    sigma = deviation(x, unit.over)
    projection = _projection(unit, cotangent)
    return (elementwise(lambda u, v, s, p: (v - u * p) / s, unit, cotangent, sigma, projection),)
