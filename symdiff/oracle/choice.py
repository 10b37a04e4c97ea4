"""Enclose the truth at points, by the table or by the ball: the one way to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np
from sympy import Expr

from symdiff.array_types import Float64Array
from symdiff.oracle import deadline
from symdiff.oracle.enclosures.enclosure import SMALLEST, Enclosure, Why, format_named, uncertain
from symdiff.oracle.limits.along import limits_along
from symdiff.oracle.limits.infinity import at_infinities, exists
from symdiff.oracle.points.ball import enclose_ball
from symdiff.oracle.points.primal import Primal
from symdiff.oracle.tables import cache
from symdiff.oracle.tables.table import Table
from symdiff.trees.walks import symbols

# Building a table takes as long as the ball takes for about this many points.
_MANY = {"float64": 500_000}
_MANY_ELSE = 50_000
_PROBES = 8  # points by which the ball's cost is told before a table is made
_LEAST_BUILD = 8.0  # seconds for a table, whatever the ball would cost: it is kept on disk

_MOST_TABLES = 64  # kept in memory
_tables: dict[tuple[Expr, str, tuple[Expr, ...]], Table] = {}


def table(expression: Expr, target: str = "float32", restricting: tuple[Expr, ...] = ()) -> Table:
    """Get the table of an expression in one variable from memory, from the disk, or build it.

    Args: target, the format; restricting, expressions without whose value there is none of this,
        nor where they may jump.
    Raises: CannotCertify for a function without ball arithmetic; ValueError for another number of
        variables than one, or an unknown format.
    """
    key = (expression, "float64" if target == "float64" else "float32", restricting)
    found = _tables.pop(key, None)
    # One that was left when the time was spent serves until there is more time than then.
    if found is None or (not found.complete and deadline.left() > 2 * found.seconds):
        found = cache.table(*key)
    _tables[key] = found  # the latest last
    while len(_tables) > _MOST_TABLES:
        del _tables[next(iter(_tables))]
    return found


def table_for(
    expression: Expr,
    points: Mapping[str, Float64Array],
    *,
    of: Primal | None = None,
    target: str = "float32",
) -> Table:
    """Get the table for so many points, made in no more time than the ball would take."""
    ((name, values),) = points.items()

    def by_ball(some: Mapping[str, Float64Array]) -> Enclosure:
        return enclose_ball(expression, some, of=of)

    with deadline.allowed(_cost(by_ball, name, values)):
        return table(expression, target, (*of.restricting, *of.jumping) if of else ())


def enclose(
    expression: Expr,
    points: Mapping[str, Float64Array],
    *,
    of: Primal | None = None,
    target: str = "float64",
    relative: float | None = None,
    rounding: bool = False,
    tell: Callable[[int], object] | None = None,
) -> Enclosure:
    """Enclose the expression's true value at each point, with a proven bound.

    For many points in one variable a table is evaluated (built at its first use, then kept on
    disk), and the points that it leaves open go to the ball; else all points do.

    Args:
        expression: a real SymPy expression with its parameters' values put in.
        points: variable → float64 values, of shapes that broadcast. −0 is taken as 0. Where
            one is ±∞ the expression has its limit, if it has one, the same wherever the others
            are nearby; else, and at NaN, nothing is known: NaN ± ∞, not certified.
        of: what the expression is the derivative of. Without it the expression stands for itself:
            log' at −1 is −1.
        target: the format to be judged, "float64", "float32", "bfloat16" or "float16". It sets
            what counts as certified.
        relative: a point is certified if its bound is at most this times the value, by default
            2⁻⁶⁴ for float64 (2⁻¹¹ ulp) and 2⁻⁴⁰ for the others (2⁻¹⁶ ulp or less); or, in any
            case, if the bound is at most 2⁻⁴⁰ of the target's smallest number (for float64: that
            number itself).
        rounding: ask, beyond that, for a decided rounding to the target. An exact tie that is
            not seen to be exact stays uncertified.
        tell: called with how many of the points the ball had to give.

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
        return enclose_ball(
            expression, some, of=of, relative=asked, absolute=absolute, rounding=decide
        )

    shape = np.broadcast_shapes(*(np.shape(values) for values in points.values()))
    restricting = (*of.restricting, *of.jumping) if of else ()
    variables = {s.name for s in symbols(expression, *restricting)}
    given = count = int(np.prod(shape))
    with deadline.unless_set(deadline.patience(count)):
        if len(variables) != 1 or not variables <= points.keys():
            result = by_ball(points)
            _put_limits(result, expression, points, shape, restricting)
        else:
            (name,) = variables
            values = np.broadcast_to(np.asarray(points[name], dtype=np.float64), shape)
            tabled = symbols(expression) and asked >= usual
            if count < _MANY.get(target, _MANY_ELSE) or not tabled:
                result = by_ball(points)
            else:
                rows = table_for(expression, {name: values}, of=of, target=target)
                result = rows.enclose(values, relative=asked)
                given = _complete(result, values, decide, lambda some: by_ball({name: some}))
            infinite = np.isinf(values)
            if infinite.any():
                result.put(infinite, _at_infinities(expression, values[infinite], of))
    if tell is not None:
        tell(given)
    return result


def _put_limits(
    result: Enclosure,
    expression: Expr,
    points: Mapping[str, Float64Array],
    shape: tuple[int, ...],
    restricting: tuple[Expr, ...],
) -> None:
    """Put the limits where one of several variables is infinite."""
    variables = {s.name for s in symbols(expression, *restricting)} & points.keys()
    columns = {name: np.broadcast_to(points[name], shape) for name in variables}
    infinite = np.logical_or.reduce([np.zeros(shape, bool), *map(np.isinf, columns.values())])
    infinite &= ~np.logical_or.reduce([infinite & False, *map(np.isnan, columns.values())])
    if infinite.any():
        there = {name: values[infinite] for name, values in columns.items()}
        result.put(infinite, limits_along(expression, there, restricting))


def _complete(
    result: Enclosure,
    values: Float64Array,
    rounding: str | None,
    by_ball: Callable[[Float64Array], Enclosure],
) -> int:
    """Puts the ball's enclosures where the table left a point open; how many there were."""
    settled = result.certified
    if rounding is not None:
        settled = settled & result.rounded(rounding)[1]
    left = ~settled & np.isfinite(values)
    if left.any():
        result.put(left, by_ball(values[left]))
    result.why[np.isnan(values)] = Why.NOT_A_NUMBER
    return int(left.sum())


def _cost(
    by_ball: Callable[[Mapping[str, Float64Array]], Enclosure], name: str, values: Float64Array
) -> float:
    """Seconds that the ball would take for all the values, which is what a table may take."""
    some = values.ravel()[:: max(1, values.size // _PROBES)]
    start = time.process_time()
    by_ball({name: some})
    return max(_LEAST_BUILD, (time.process_time() - start) / some.size * values.size)


def _at_infinities(expression: Expr, values: Float64Array, of: Primal | None) -> Enclosure:
    """The limits of the derivative; none unless its function is proven to have values there."""
    if symbols(expression):
        result = at_infinities(expression, values)
    else:  # a constant is its own limit
        result = enclose_ball(expression, {"": values})
    for restricting in of.restricting if of else ():
        for sign in (-1, 1):
            there = np.sign(values) == sign
            if there.any() and (known := exists(restricting, sign)) is not True:
                why = Why.UNDEFINED if known is False else Why.NO_LIMIT
                result.put(there, uncertain((int(there.sum()),), why))
    return result
