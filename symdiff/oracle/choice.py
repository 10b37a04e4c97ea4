"""The one way to the truth: chooses between the table and the ball."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from sympy import Expr

from symdiff.oracle import cache
from symdiff.oracle.ball import enclose_ball
from symdiff.oracle.enclosure import SMALLEST, Enclosure, Float64Array, format_named
from symdiff.oracle.infinity import at_infinities
from symdiff.oracle.table import Table

# Building a table takes as long as the ball takes for about this many points.
_MANY = {"float64": 500_000}
_MANY_ELSE = 50_000

_table = lru_cache(maxsize=64)(cache.table)


def table(expression: Expr, target: str = "float32") -> Table:
    """The table of an expression in one variable, from memory, from the disk, or built."""
    return _table(expression, "float64" if target == "float64" else "float32")


def enclose(
    expression: Expr,
    points: Mapping[str, Float64Array],
    *,
    target: str = "float64",
    relative: float | None = None,
    rounding: bool = False,
) -> Enclosure:
    """The true value of the expression at each point, with a proven bound.

    For many points in one variable a table is evaluated (built at its first use, then kept on
    disk), and the points that it leaves open go to the ball; else all points do.

    Args:
        expression: a real SymPy expression with its parameters' values put in.
        points: variable → float64 values, of shapes that broadcast. −0 is taken as 0. At ±∞ an
            expression in one variable has its limit, if it has one; else, and at NaN, nothing is
            known: NaN ± ∞, not certified.
        target: the format to be judged, "float64", "float32", "bfloat16" or "float16". It sets
            what counts as certified.
        relative: a point is certified if its bound is at most this times the value, by default
            2⁻⁶⁴ for float64 (2⁻¹¹ ulp) and 2⁻⁴⁰ for the others (2⁻¹⁶ ulp or less); or, in any
            case, if the bound is at most 2⁻⁴⁰ of the target's smallest number (for float64: that
            number itself).
        rounding: ask, beyond that, for a decided rounding to the target. An exact tie that is
            not seen to be exact stays uncertified.

    Raises: CannotCertify if the expression holds a function without ball arithmetic; ValueError
        if the target is unknown, a variable has no values or `relative` is out of range.
    """
    form = format_named(target)
    wide = target == "float64"
    usual = 2.0**-64 if wide else 2.0**-40
    absolute = SMALLEST if wide else form.smallest * 2.0**-40
    asked = usual if relative is None else relative
    decide = target if rounding else None

    def by_ball(some: Mapping[str, Float64Array]) -> Enclosure:
        return enclose_ball(expression, some, relative=asked, absolute=absolute, rounding=decide)

    shape = np.broadcast_shapes(*(np.shape(values) for values in points.values()))
    variables = [s.name for s in expression.free_symbols]
    if len(variables) != 1 or variables[0] not in points:
        return by_ball(points)
    (name,) = variables
    values = np.broadcast_to(np.asarray(points[name], dtype=np.float64), shape)
    if np.prod(shape) < _MANY.get(target, _MANY_ELSE) or asked < usual:
        result = by_ball(points)
    else:
        result = table(expression, target).enclose(values, relative=asked)
        settled = result.certified
        if rounding:
            settled = settled & result.rounded(target)[1]
        left = ~settled & np.isfinite(values)
        if left.any():
            result.put(left, by_ball({name: values[left]}))
    infinite = np.isinf(values)
    if infinite.any():
        result.put(infinite, at_infinities(expression, values[infinite]))
    return result
