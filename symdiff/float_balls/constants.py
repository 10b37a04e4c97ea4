"""Take numbers as float balls."""

from __future__ import annotations

import math
from typing import Any

from symdiff.float_balls.arithmetic import Constant, Scalars
from symdiff.float_balls.tape import LOOPS


def exact(value: float) -> Constant:
    """The ball of radius 0 around a number; NaN says nothing."""
    return value, (math.inf if math.isnan(value) else 0.0)


def rational(p: int, q: int) -> Constant:
    """The ball of p/q, of radius 0 if it is a float64.

    Python divides integers with one rounding.
    """
    try:
        value = p / q
    except OverflowError:
        return math.nan, math.inf
    n, d = value.as_integer_ratio()
    if n * q == p * d:
        return value, 0.0
    return value, max(abs(value) * 2.0**-52, 2.0**-1074)


def named(e: Any) -> Constant:
    """The ball of a number that SymPy has a name for."""
    value = float(e.evalf(25))  # SymPy's 25 digits are right, and so is a float64 of them
    return value, abs(value) * 2.0**-52


SCALARS = Scalars(LOOPS, exact, rational, named)
