"""Search float64's range for the kinks of a function of one variable."""

from __future__ import annotations

import math
from functools import lru_cache

from flint import arb, ctx
from sympy import Expr, Symbol

from symdiff.kinks.branches import has_cases
from symdiff.kinks.kink import Kinks, Unresolved
from symdiff.kinks.number import number
from symdiff.kinks.partition import Partition, partition
from symdiff.kinks.roots import PRECISION, RANGE
from symdiff.kinks.segment import Segment, opened, separated
from symdiff.kinks.sides import kink_at, value_at
from symdiff.kinks.work import Work


@lru_cache(maxsize=256)
def cut(expression: Expr, z: Symbol) -> Partition:
    """Cut all of float64's range into the expression's pieces."""
    with ctx.workprec(PRECISION):
        return partition(expression, z, Work())


def found_breakpoints(expression: Expr, z: Symbol) -> tuple[Expr, ...]:
    """The breakpoints that were isolated, in order."""
    if not has_cases(expression):
        return ()
    found = cut(expression, z).breakpoints
    return tuple(number(m.low, m.high) if m.at is None else m.at for m in found)


def search(function: Expr, derivative: Expr, z: Symbol) -> Kinks:
    """The kinks of `function`, and the intervals that may hold others."""
    if not has_cases(function):
        return Kinks()
    cuts = cut(function, z)
    with ctx.workprec(PRECISION):
        work, found, unresolved = Work(), [], list(cuts.unresolved)
        for mark in cuts.breakpoints:
            if work.late:
                unresolved.append(opened(mark.low, mark.high, "too much work: f' beside it"))
            else:
                room, smooth = _room(cuts, mark), _smooth(cuts, mark)
                found.append(kink_at(derivative, z, mark, room, smooth))
        said = (_said(s, derivative, z) for s in separated(unresolved))
        return Kinks(tuple(found), tuple(said))


def _room(cuts: Partition, mark: Segment) -> tuple[arb, arb]:
    """The widths of the pieces below and above."""
    below = [p.high - p.low for p in cuts.pieces if p.high == mark.low]
    above = [p.high - p.low for p in cuts.pieces if p.low == mark.high]
    return tuple((w[0].mid() if w else arb(1)) for w in (below, above))  # type: ignore[return-value]


def _smooth(cuts: Partition, mark: Segment) -> tuple[Expr | None, Expr | None]:
    """The smooth expressions on the pieces below and above."""
    below = next((p.smooth for p in cuts.pieces if p.high == mark.low), None)
    return below, next((p.smooth for p in cuts.pieces if p.low == mark.high), None)


def _said(s: Segment, derivative: Expr, z: Symbol) -> Unresolved:
    low, high = _outwards(s.low, -math.inf), _outwards(s.high, math.inf)
    left, right = (value_at(derivative, z, end) for end in (low, high))
    return Unresolved(low, high, s.reason, left, right)


def _outwards(x: arb, towards: float) -> float:
    """The float64 at x, or the next one in that direction."""
    if abs(x) >= RANGE:
        return math.inf if x > 0 else -math.inf
    nearest = float(x)
    if math.isinf(nearest):
        return nearest if (nearest > 0) == (towards > 0) else math.nextafter(nearest, towards)
    exact = arb(nearest)
    beyond = exact >= x if towards > 0 else exact <= x
    return nearest if beyond else math.nextafter(nearest, towards)
