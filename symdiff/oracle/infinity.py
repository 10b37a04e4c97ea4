"""The limit of an expression at ±∞, read off the ball oracle far out.

What is sampled are the binades up to the end of float64. An expression of exponentials, logarithms
and powers is monotone from some point on (Hardy 1910, Orders of Infinity), so values that agree
to the last bit over hundreds of binades have their limit; the tests hold the limits of the whole
catalogue against SymPy's Gruntz algorithm. One that oscillates, or has not settled by 2¹⁰²³ as
1/log z has not, is not given a limit.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from sympy import Expr

from symdiff.oracle.ball import enclose_ball
from symdiff.oracle.enclosure import Enclosure, Float64Array, uncertain

# Four in each of nine binades, rising: what oscillates does not rise or fall through all of them.
_FAR = np.array([m * 2.0**e for e in range(510, 1020, 60) for m in (257, 291, 333, 401)])
_SETTLED = 2.0**-95  # relative: all agree to far below any ulp, and a double-double shows it
_VANISHED = 2.0**-250  # 1/√z at the nearest of them
_DIVERGED = 2.0**64


@lru_cache(maxsize=4096)
def limits(expression: Expr) -> Enclosure:
    """The limits at −∞ and at +∞ of an expression in one variable.

    Returns: two enclosures; unknown (NaN ± ∞) where there is no limit, or none was found, and ±∞
        with bound 0 where the expression grows beyond all bounds.
    Raises: CannotCertify if the expression holds a function without ball arithmetic.
    """
    (variable,) = expression.free_symbols
    result = uncertain((2,))
    for side, sign in enumerate((-1.0, 1.0)):
        far = enclose_ball(expression, {variable.name: sign * _FAR}, relative=2.0**-100)
        found = _limit(far)
        if found is not None:
            result.put(slice(side, side + 1), found)
    return result


def at_infinities(expression: Expr, values: Float64Array) -> Enclosure:
    """The limits for values that are all ±∞."""
    return limits(expression)[(values > 0).astype(np.intp)]


def _limit(far: Enclosure) -> Enclosure | None:
    size = np.abs(far.high)
    if not np.isfinite(far.bound).all():
        return None
    if (size <= _VANISHED).all():
        return _certain(0.0)
    if (size >= _DIVERGED).all() and (np.diff(size[np.isfinite(size)]) > 0).all():
        same_sign = (np.sign(far.high) == np.sign(far.high[0])).all()
        return _certain(float(np.copysign(np.inf, far.high[0]))) if same_sign else None
    last = far[-1:]
    with np.errstate(invalid="ignore"):
        moved = np.abs((far.high - last.high) + (far.low - last.low)) + far.bound
    if not (moved <= _SETTLED * size[-1]).all():
        return None
    doubt = _SETTLED * size[-1:] if moved.any() else 0.0  # a constant is its own limit
    return Enclosure(last.high, last.low, last.bound + doubt, last.certified)


def _certain(value: float) -> Enclosure:
    return Enclosure(np.array([value]), np.zeros(1), np.zeros(1), np.ones(1, dtype=bool))
