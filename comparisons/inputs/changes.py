"""What changes its sign where an implementation of a formula may go wrong, in each of its parts.

An implementation is built of the same parts as its formula, and goes wrong where one of them
leaves the type: where e^z overflows, where z² is subnormal, where 1 + e^−z is 1, where two terms
are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import sympy
from sympy import Expr, Symbol
from sympy.core.relational import Relational

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import seeded
from symdiff import Definition, elementwise, scalars
from symdiff.bridge.evaluator import Evaluator
from symdiff.graph import Node
from symdiff.graph.signature import Signature
from symdiff.oracle.enclosure import BoolArray
from symdiff.trees.subexpressions import subexpressions

_MOST_PARTS = 40  # of a formula and its derivatives, the smallest first
_STEPS = 56  # of a bisection: from a factor of √2 to a unit in the last place

Indices = npt.NDArray[np.intp]
Values = Sequence[Float64Array]  # of each part, and of each variable
Quantity = Callable[[Values], Float64Array]  # what changes its sign where something changes
Points = Mapping[str, Float64Array]  # of each variable, of one shape


def parts_of(definition: Definition) -> list[Expr]:
    """The parts of f and its derivatives that vary, the smallest first, and sides of conditions."""
    forms = [definition.formula, *(definition.derivative(v) for v in definition.variables)]
    found: dict[Expr, None] = {}
    for form in map(definition.valued, forms):
        for part in subexpressions(form):
            if isinstance(part, Relational):
                found[part.lhs - part.rhs] = None
            elif isinstance(part, Expr):
                found[part] = None
    varying = [p for p in found if p.free_symbols and not isinstance(p, Symbol)]
    varying = [p for p in varying if p.free_symbols <= set(definition.symbols)]
    return sorted(varying, key=lambda e: (e.count_ops(), str(e)))[:_MOST_PARTS]


def quantities_of(
    parts: Sequence[Expr], variables: Mapping[str, Symbol], dtype: FloatType
) -> list[Quantity]:
    """Each part, its size beside the ends of the type, and the terms of a sum beside each other."""
    place = {part: i for i, part in enumerate([*parts, *variables.values()])}
    edges = (dtype.largest, dtype.smallest_normal, dtype.smallest_subnormal / 2)
    found: list[Quantity] = []
    for i, part in enumerate(parts):
        found.append(value_of(i))
        found += [partial(beyond, value_of(i), edge) for edge in edges]
        if isinstance(part, sympy.Add) and len(part.args) == 2:
            one, other = (_term(e, place) for e in part.args)
            if one is not None and other is not None:
                found.append(partial(_lost, one, other, dtype.unit_roundoff))
                found.append(partial(_lost, other, one, dtype.unit_roundoff))
    return found


def beyond(of: Quantity, edge: float, values: Values) -> Float64Array:
    """Negative where the size is below an edge."""
    return np.abs(of(values)) - edge


def _lost(one: Quantity, other: Quantity, unit: float, values: Values) -> Float64Array:
    """Negative where the one is rounded away beside the other."""
    return np.abs(one(values)) - unit * np.abs(other(values))


def value_of(i: int) -> Quantity:
    """The value of a part."""
    return lambda values: values[i]


def _term(e: Expr, place: Mapping[Expr, int]) -> Quantity | None:
    """The value of a term of a sum, if it is a part or a number."""
    if e in place:
        return value_of(place[e])
    if not e.free_symbols:
        value = np.float64(float(e))
        return lambda _: np.asarray(value)
    return None


def evaluator_of(
    parts: Sequence[Expr], variables: Mapping[str, Symbol]
) -> Callable[[Points], Values] | None:
    """The parts' values in plain float64, and the variables'.

    Returns: None if there is no float64 arithmetic for a part.
    """
    leaves = scalars(" ".join(variables))

    def node(part: Expr) -> Node:
        def written(*operands: Symbol) -> Expr:
            return part.xreplace(dict(zip(variables.values(), operands, strict=True)))

        return elementwise(written, *leaves)

    nodes = {f"p{i}": node(part) for i, part in enumerate(parts)}
    try:
        evaluate = Evaluator(Signature("parts", dict.fromkeys(variables, ()), {}), nodes)
        evaluate.estimates(**dict.fromkeys(variables, np.ones(1)))
    except (TypeError, ValueError):
        return None

    def values(points: Points) -> Values:
        found = evaluate.estimates(**points)
        return [*(found[key][0] for key in nodes), *(points[name] for name in variables)]

    return values


def crossings(
    variable: str,
    lines: Points,
    evaluate: Callable[[Points], Values],
    quantities: Sequence[Quantity],
    most: int,
    altogether: int | None = None,
    steps: int = _STEPS,
) -> dict[str, Float64Array]:
    """Where quantities change their sign as one variable grows along lines, by bisection.

    Args: lines, of two axes: along the second the variable grows, and the others stay; most, of one
        quantity on a line, the nearest to 0: sin has a root in every binade; altogether, of all,
        by default any number: then one of each quantity, the first quantities first, a second;
        steps, of the bisection.
    Returns: the points, by default with the variable a unit in the last place or so below.
    """
    shape = lines[variable].shape
    values = evaluate({k: v.ravel() for k, v in lines.items()})
    rows, columns, of = [], [], []
    for k, quantity in enumerate(quantities):
        below = np.broadcast_to(quantity(values) < 0, shape[0] * shape[1]).reshape(shape)
        row, column = np.nonzero(below[:, :-1] != below[:, 1:])
        near = _nearest(row, np.abs(lines[variable][row, column]), most)
        rows.append(row[near])
        columns.append(column[near])
        of.append(np.full(near.size, k))
    row, column, which = map(np.concatenate, (rows, columns, of))
    if altogether is not None:
        some = _in_turns(which)[:altogether]
        row, column, which = row[some], column[some], which[some]
    at = {k: v[row, column] for k, v in lines.items()}
    low, high = at[variable], lines[variable][row, column + 1]
    if not row.size:
        return at

    def below_at(points: Float64Array) -> BoolArray:
        values, below = evaluate({**at, variable: points}), np.zeros(points.shape, dtype=bool)
        for k in np.unique(which):
            mine = which == k
            below[mine] = np.broadcast_to(quantities[k]([v[mine] for v in values]) < 0, mine.sum())
        return below

    rising = below_at(low)
    for _ in range(steps):
        middle = low + (high - low) / 2
        same = below_at(middle) == rising
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return {**at, variable: low}


def _in_turns(which: Indices) -> Indices:
    """The positions of equal numbers in any order, the first of each, then the second of each."""
    mixed = seeded().permutation(which.size)
    order = mixed[np.argsort(which[mixed], kind="stable")]
    turn = np.arange(order.size) - np.searchsorted(which[order], which[order])
    return np.asarray(order[np.argsort(turn, kind="stable")])


def _nearest(row: Indices, size: Float64Array, most: int) -> Indices:
    """Which are among the so many smallest of their row."""
    order = np.lexsort((size, row))
    first = np.searchsorted(row[order], row[order])
    return order[np.arange(order.size) - first < most]
