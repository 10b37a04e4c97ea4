"""Where a formula changes its way to compute: roots, thresholds, over- and underflow, saturation.

An implementation is built of the same parts as its formula, and goes wrong where one of them
leaves the type: where e^z overflows, where z² is subnormal, where 1 + e^−z is 1, where two terms
are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import sympy
from sympy import Expr, Symbol
from sympy.core.relational import Relational

from comparisons.dtypes import Float64Array, FloatType
from symdiff import Definition, elementwise, scalars
from symdiff.bridge.evaluator import Evaluator
from symdiff.expression.rewriting import put
from symdiff.graph.signature import Signature
from symdiff.oracle.enclosure import BoolArray
from symdiff.trees.subexpressions import subexpressions

_MOST_PARTS = 40  # of a formula and its derivative, the smallest first
_MOST = 256  # landmarks
_MOST_EACH = 64  # of one quantity, the nearest to 0: sin has a root in every binade
_STEPS = 56  # of a bisection: from a factor of √2 to a unit in the last place
# Beside a landmark, relatively: an implementation may change over a little before or behind it.
_BESIDE = np.array([sign * 2.0**-k for k in (1, 2, 3, 4, 6, 9, 13, 18, 24) for sign in (-1, 1)])

_Values = Sequence[Float64Array]  # of each part
_Quantity = Callable[[_Values], Float64Array]  # what changes its sign at a landmark


def around(landmarks: Sequence[float]) -> Float64Array:
    """Numbers a little before and behind each landmark."""
    centres = np.asarray(landmarks, dtype=np.float64)[:, np.newaxis]
    return np.asarray(centres * (1 + _BESIDE)).ravel()


def landmarks(definition: Definition, dtype: FloatType) -> list[float]:
    """Numbers near which a part of f or f' is 0, leaves the type, or is lost in a sum.

    Args: definition, of a function of one variable. Returns: at most 256, in order.
    """
    (z,) = definition.symbols
    forms = [definition.valued(definition.formula), definition.valued(definition.derivative())]
    parts = _parts(forms, z)
    evaluate = _evaluator(parts, definition.variables[0], z)
    quantities = _quantities(parts, dtype)
    if evaluate is None or not quantities:
        return []
    with np.errstate(all="ignore"):
        found = np.unique(_crossings(_grid(dtype), evaluate, quantities))
    found = found[np.abs(found) <= dtype.largest]
    if found.size > _MOST:
        found = found[np.linspace(0, found.size - 1, _MOST).astype(int)]
    return [float(at) for at in found]


def _grid(dtype: FloatType) -> Float64Array:
    """Numbers of both signs: every half binade, and every quarter up to 64."""
    low, high = dtype.e_min - dtype.precision + 1, dtype.e_max + 1
    sizes = np.exp2(np.arange(2 * low, 2 * high) / 2)
    near = np.arange(0.25, 64, 0.25) + 2.0**-12  # off the round numbers, where roots are
    above = np.union1d(sizes, near)
    return np.concatenate([-above[::-1], above])


def _parts(forms: Sequence[Expr], z: Symbol) -> list[Expr]:
    """The parts of the formulas that vary with z, the smallest first, and sides of conditions."""
    found: dict[Expr, None] = {}
    for form in forms:
        for part in subexpressions(form):
            if isinstance(part, Relational):
                found[part.lhs - part.rhs] = None
            elif isinstance(part, Expr):
                found[part] = None
    varying = [p for p in found if p.free_symbols == {z} and p != z]
    return sorted(varying, key=lambda e: (e.count_ops(), str(e)))[:_MOST_PARTS]


def _quantities(parts: Sequence[Expr], dtype: FloatType) -> list[_Quantity]:
    """Each part, its size beside the ends of the type, and the terms of a sum beside each other."""
    place = {part: i for i, part in enumerate(parts)}
    edges = (dtype.largest, dtype.smallest_normal, dtype.smallest_subnormal / 2)
    found: list[_Quantity] = []
    for i, part in enumerate(parts):
        found.append(_part(i))
        found += [partial(_beyond, _part(i), edge) for edge in edges]
        if isinstance(part, sympy.Add) and len(part.args) == 2:
            one, other = (_term(e, place) for e in part.args)
            if one is not None and other is not None:
                found.append(partial(_lost, one, other, dtype.unit_roundoff))
                found.append(partial(_lost, other, one, dtype.unit_roundoff))
    return found


def _beyond(of: _Quantity, edge: float, values: _Values) -> Float64Array:
    return np.abs(of(values)) - edge


def _lost(one: _Quantity, other: _Quantity, unit: float, values: _Values) -> Float64Array:
    """Negative where the one is rounded away beside the other."""
    return np.abs(one(values)) - unit * np.abs(other(values))


def _part(i: int) -> _Quantity:
    return lambda values: values[i]


def _term(e: Expr, place: Mapping[Expr, int]) -> _Quantity | None:
    """The value of a term of a sum, if it is a part or a number."""
    if e in place:
        return _part(place[e])
    if not e.free_symbols:
        value = np.float64(float(e))
        return lambda _: np.asarray(value)
    return None


def _evaluator(
    parts: Sequence[Expr], name: str, z: Symbol
) -> Callable[[Float64Array], _Values] | None:
    """The parts' values in plain float64; None if there is no float64 arithmetic for one."""
    (leaf,) = scalars(name)
    nodes = {
        f"p{i}": elementwise(lambda x, part=part: put(part, {z: x}), leaf)
        for i, part in enumerate(parts)
    }
    try:
        evaluate = Evaluator(Signature("parts", {name: ()}, {}), nodes)
        evaluate.estimates(**{name: np.ones(1)})
    except (TypeError, ValueError):
        return None

    def values(points: Float64Array) -> _Values:
        found = evaluate.estimates(**{name: points})
        return [found[key][0] for key in nodes]

    return values


def _crossings(
    grid: Float64Array,
    evaluate: Callable[[Float64Array], _Values],
    quantities: Sequence[_Quantity],
) -> Float64Array:
    """Where quantities change their sign between neighbours on the grid, by bisection."""
    values = evaluate(grid)
    turned, which = [], []
    for k, quantity in enumerate(quantities):
        below = np.broadcast_to(quantity(values) < 0, grid.shape)
        at = np.flatnonzero(below[:-1] != below[1:])
        at = at[np.argsort(np.abs(grid[at]), kind="stable")][:_MOST_EACH]
        turned.append(at)
        which.append(np.full(at.size, k))
    at, of = np.concatenate(turned), np.concatenate(which)
    low, high = grid[at], grid[at + 1]

    def below_at(points: Float64Array) -> BoolArray:
        values, below = evaluate(points), np.zeros(points.shape, dtype=bool)
        for k in np.unique(of):
            mine = of == k
            below[mine] = np.broadcast_to(quantities[k]([v[mine] for v in values]) < 0, mine.sum())
        return below

    rising = below_at(low)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        same = below_at(middle) == rising
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return low
