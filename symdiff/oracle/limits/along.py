"""Prove the limit of an expression in several variables as one of them tends to ±∞.

The others stay at numbers, each known as a ball about its own: so the limit is proven for all that
are near. y (t − 1) has none at y = ∞ and t = 1, where −∞, 0 and ∞ are near; and σ(y) − t has, 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from flint import arb
from sympy import Expr, Symbol

from symdiff.array_types import Float64Array
from symdiff.oracle import deadline
from symdiff.oracle.enclosures.enclosure import Enclosure, Why, uncertain
from symdiff.oracle.limits.constants import number
from symdiff.oracle.limits.germ import Germ, OutsideDomain, constant, variable
from symdiff.oracle.limits.growth import OutOfEffort
from symdiff.oracle.limits.infinity import asked, bounds_of, limit_of
from symdiff.trees.walks import symbols

_NEAR = arb(2) ** -1200  # of a number that stays: nothing that float64 shows
_BESIDE = 2.0**-40


def limits_along(
    expression: Expr, columns: Mapping[str, Float64Array], restricting: Sequence[Expr] = ()
) -> Enclosure:
    """The limits at points with one variable at ±∞ and the others finite.

    Where two are infinite nothing is known: which grows faster is not said.

    Args: columns, one-dimensional, by the variable; restricting, expressions without whose value
        there is none of this.
    """
    names = sorted({s.name for s in symbols(expression, *restricting)} & columns.keys())
    used = np.stack([columns[name] for name in names])
    result = uncertain(used.shape[1:], Why.NO_LIMIT)
    one = (np.isinf(used).sum(axis=0) == 1) & ~np.isnan(used).any(axis=0)
    for i in np.flatnonzero(one).tolist():
        if deadline.spent():
            result.why[i] = Why.OUT_OF_BUDGET
            continue
        point = tuple(zip(names, used[:, i].tolist(), strict=True))
        result.put(slice(i, i + 1), _limit(expression, point, tuple(restricting)))
    return result


@lru_cache(maxsize=4096)
def _limit(
    expression: Expr, point: tuple[tuple[str, float], ...], restricting: tuple[Expr, ...]
) -> Enclosure:
    values = dict(point)
    germs = {s: _germ(values[s.name]) for s in symbols(expression, *restricting)}
    for other in restricting:
        known = _exists(other, germs)
        if known is not True:
            return uncertain((1,), Why.UNDEFINED if known is False else Why.NO_LIMIT)
    found = limit_of(expression, germs)
    if not found.certified.all():
        about = bounds_of(expression, germs)
        if about.certified.all() and all(_has_limit_beside(expression, values, d) for d in (1, -1)):
            return about  # 1 − t, at a t that is 1 as far as is known
    return found


def _germ(value: float) -> Germ:
    if math.isinf(value):
        return variable(1 if value > 0 else -1)
    return constant(number(arb(value, _NEAR)))


def _has_limit_beside(expression: Expr, values: Mapping[str, float], side: int) -> bool:
    """Whether it has one a little to a side: t cos y has at t = 0 alone, and is not asked there."""
    step = side * _BESIDE
    beside = {n: v if math.isinf(v) else v + step * max(1.0, abs(v)) for n, v in values.items()}
    germs = {s: _germ(beside[s.name]) for s in symbols(expression)}
    return bool(limit_of(expression, germs).certified.all())


def _exists(expression: Expr, germs: Mapping[Symbol, Germ]) -> bool | None:
    try:
        return asked(expression, germs, lambda _: True) is not None or None
    except OutsideDomain:
        return False
    except OutOfEffort:
        return None
