"""Compute functions of e^x and log x on balls, each by an identity that holds for every real x.

Which of two identities is used is chosen by the midpoint, so that nothing cancels; either is true
of the whole ball. The operations carry the radius through; where a quantity comes in twice, as t
does in t/(1 + t), that is counted twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, ctx

from symdiff.double_doubles.constants import BITS, ball_of
from symdiff.double_doubles.exponential import exp, expm1
from symdiff.double_doubles.logarithm import log1p
from symdiff.double_doubles.operations import add, divide, multiply
from symdiff.float_balls.elementary import inline


def _density_at_zero() -> tuple[float, ...]:
    with ctx.workprec(BITS):
        return ball_of(1 / (2 * arb.pi()).sqrt())


_AT_ZERO = _density_at_zero()


@inline
def sigmoid(x: Any, lx: Any, ex: Any) -> Any:
    """1/(1 + e^−x) = e^x/(1 + e^x)."""
    sign = 1.0 if x < 0.0 else -1.0
    t, lt, et = exp(sign * x, sign * lx, ex)
    h, l, e = add(1.0, 0.0, 0.0, t, lt, et)
    below = x < 0.0
    return divide((t if below else 1.0), (lt if below else 0.0), (et if below else 0.0), h, l, e)


@inline
def tanh(x: Any, lx: Any, ex: Any) -> Any:
    """−t/(2 + t) with t = e^−2x − 1, and the negative of that at −x."""
    sign = 1.0 if x < 0.0 else -1.0
    t, lt, et = expm1(2.0 * sign * x, 2.0 * sign * lx, 2.0 * ex)
    h, l, e = add(2.0, 0.0, 0.0, t, lt, et)
    return divide(sign * t, sign * lt, et, h, l, e)


@inline
def sech(x: Any, lx: Any, ex: Any) -> Any:
    """2t/(1 + t²) with t = e^−x, and the same at −x."""
    sign = 1.0 if x < 0.0 else -1.0
    t, lt, et = exp(sign * x, sign * lx, ex)
    h, l, e = multiply(t, lt, et, t, lt, et)
    h, l, e = add(1.0, 0.0, 0.0, h, l, e)
    return divide(2.0 * t, 2.0 * lt, 2.0 * et, h, l, e)


@inline
def softplus(x: Any, lx: Any, ex: Any) -> Any:
    """log(1 + e^x) = x + log(1 + e^−x)."""
    sign = 1.0 if x < 0.0 else -1.0
    t, lt, et = exp(sign * x, sign * lx, ex)
    h, l, e = log1p(t, lt, et)
    below = x < 0.0
    h, l, e = add((0.0 if below else x), (0.0 if below else lx), (0.0 if below else ex), h, l, e)
    number = abs(x) < np.inf
    return (h if number else np.nan), (l if number else 0.0), (e if number else np.inf)


@inline
def phi(x: Any, lx: Any, ex: Any) -> Any:
    """e^(−x²/2)/√(2π)."""
    h, l, e = multiply(x, lx, ex, x, lx, ex)
    h, l, e = exp(-0.5 * h, -0.5 * l, 0.5 * e)
    return multiply(h, l, e, _AT_ZERO[0], _AT_ZERO[1], _AT_ZERO[2])
