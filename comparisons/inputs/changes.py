"""Find quantities that change sign where an implementation of a formula may go wrong.

An implementation is built of the same parts as its formula, and goes wrong where one of them
leaves the type: where e^z overflows, where z² is subnormal, where 1 + e^−z is 1, where two terms
are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import sympy
from sympy import Expr, Symbol
from sympy.core.relational import Relational

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import seeded
from symdiff import Definition, elementwise, scalars
from symdiff.array_types import BoolArray, IndexArray
from symdiff.bridge.float_steps import FloatSteps
from symdiff.bridge.running_error import Number
from symdiff.graph import Node
from symdiff.programs.program import program
from symdiff.trees.walks import subexpressions

_MOST_PARTS = 40  # of a formula and its derivatives, the smallest first
_HALVED = 56  # times: from a factor of √2 to a unit in the last place
_FEW = 512  # brackets that are cut into 16 at once, since a call costs more than their numbers
_MOST_AT_ONCE = 2**17  # quantities times points: they fit the cache

Values = Sequence[Float64Array]  # of each part, and of each variable
Points = Mapping[str, Float64Array]  # of each variable, of one shape


def parts_of(definition: Definition) -> list[Expr]:
    """The varying parts of f and its derivatives, the smallest first, and conditions' sides."""
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


class Quantity(NamedTuple):
    """A number whose sign changes where something changes: a part, or its size less a limit.

    Or beside another part: a term of a sum is rounded away beside a larger one.
    """

    of: int  # the place of the part
    edge: float | None = None  # that its size is compared with; None: its own sign counts
    beside: int | None = None  # the place of a part whose size, times the edge, is the edge
    above: bool = False  # whether it counts as negative above the edge, not below


def quantities_of(
    parts: Sequence[Expr], variables: Mapping[str, Symbol], dtype: FloatType
) -> list[Quantity]:
    """Each part, its size beside the ends of the type, and the terms of a sum beside each other."""
    place = {part: i for i, part in enumerate([*parts, *variables.values()])}
    found: list[Quantity] = []
    for i, part in enumerate(parts):
        found += [Quantity(i), *beside_ends(i, dtype), Quantity(i, dtype.smallest_subnormal / 2)]
        if isinstance(part, sympy.Add) and len(part.args) == 2:
            for one, other in (part.args, part.args[::-1]):
                found += _lost(one, other, place, dtype.unit_roundoff)
    return found


def beside_ends(i: int, dtype: FloatType) -> list[Quantity]:
    """The size of a part less the largest and less the smallest normal number."""
    return [Quantity(i, dtype.largest), Quantity(i, dtype.smallest_normal)]


def _lost(one: Expr, other: Expr, place: Mapping[Expr, int], unit: float) -> list[Quantity]:
    """Negative where the one term is rounded away beside the other; none of what is no part."""
    if one in place and other in place:
        return [Quantity(place[one], unit, place[other])]
    if one in place and not other.free_symbols:
        return [Quantity(place[one], unit * abs(float(other)))]
    if other in place and not one.free_symbols:
        return [Quantity(place[other], abs(float(one)) / unit, above=True)]
    return []


def evaluator_of(
    parts: Sequence[Expr], variables: Mapping[str, Symbol]
) -> Callable[[Points], Values] | None:
    """The function that evaluates parts in plain float64, and the names of its variables.

    Returns: None if there is no float64 arithmetic for a part.
    """
    leaves = scalars(" ".join(variables))

    def node(part: Expr) -> Node:
        def written(*operands: Symbol) -> Expr:
            return part.xreplace(dict(zip(variables.values(), operands, strict=True)))

        return elementwise(written, *leaves)

    nodes = {f"p{i}": node(part) for i, part in enumerate(parts)}
    try:
        steps = FloatSteps(program(nodes))
    except TypeError:
        return None

    def values(points: Points) -> Values:
        numbers = {name: Number(points[name]) for name in variables}
        found = steps.run(numbers, errors=False)
        return [*(found[key].value for key in nodes), *(points[name] for name in variables)]

    return values


def crossings(
    lines: Mapping[str, Points],
    evaluate: Callable[[Points], Values],
    quantities: Sequence[Quantity],
    most: int,
    altogether: int | None = None,
    halved: int = _HALVED,
) -> dict[str, dict[str, Float64Array]]:
    """The places where quantities change sign as a variable grows along lines, by sections.

    Args: lines, by the variable, of two axes: along the second it grows, and the others stay; most,
        of one quantity on a line, the nearest to 0: sin has a root in every binade; altogether, of
        all as a variable grows, by default any number: then one of each quantity, the first
        quantities first, a second; halved, how often a bracket is.
    Returns: the points by the variable, by default with it a unit in the last place or so below.
    """
    asked = _Asked(quantities)
    found = {name: _brackets(name, of, evaluate, asked, most) for name, of in lines.items()}
    if altogether is not None:
        found = {n: b.some(_in_turns(b.which)[:altogether]) for n, b in found.items()}
    ends = np.cumsum([b.which.size for b in found.values()])
    if not ends.size or not ends[-1]:
        return {name: b.at for name, b in found.items()}
    which = np.concatenate([b.which for b in found.values()])
    at = {k: np.concatenate([b.at[k] for b in found.values()]) for k in next(iter(lines.values()))}
    moving = {n: slice(e - b.which.size, e) for e, (n, b) in zip(ends, found.items(), strict=True)}
    low = np.concatenate([b.at[name] for name, b in found.items()])
    high = np.concatenate([b.high for b in found.values()])

    def below(points: Float64Array) -> BoolArray:
        """Of so many points of each bracket, along the second axis."""
        count = points.shape[1]
        there = {k: np.repeat(v[:, np.newaxis], count, axis=1) for k, v in at.items()}
        for name, part in moving.items():
            there[name][part] = points[part]
        values = _matrix(evaluate({k: v.ravel() for k, v in there.items()}), points.size)
        of = np.repeat(which, count)
        return asked.below_each(values, of).reshape(points.shape)

    start, here = below(low[:, np.newaxis]), np.arange(low.size)
    bits = 4 if low.size <= _FEW else 1
    parts = np.arange(1, 2**bits) / 2**bits
    for _ in range(-(-halved // bits)):
        inner = low[:, np.newaxis] + (high - low)[:, np.newaxis] * parts
        other = below(inner) != start
        first = np.where(other.any(axis=1), np.argmax(other, axis=1), parts.size)
        cut = np.concatenate([low[:, np.newaxis], inner, high[:, np.newaxis]], axis=1)
        low, high = cut[here, first], cut[here, first + 1]
    return {
        name: {**{k: v[part] for k, v in at.items()}, name: low[part]}
        for name, part in moving.items()
    }


@dataclass(frozen=True)
class _Brackets:
    """Pairs of neighbours on lines between which a quantity changes its sign."""

    at: dict[str, Float64Array]
    high: Float64Array  # where the variable that grows is at the second
    which: IndexArray  # of the quantities it is

    def some(self, chosen: IndexArray) -> _Brackets:
        """Those that are chosen."""
        at = {k: v[chosen] for k, v in self.at.items()}
        return _Brackets(at, self.high[chosen], self.which[chosen])


class _Asked:
    """Quantities, column by column."""

    def __init__(self, quantities: Sequence[Quantity]) -> None:
        self.count = len(quantities)
        self._of = np.array([q.of for q in quantities], dtype=np.intp)
        self._sized = np.array([q.edge is not None for q in quantities], dtype=bool)
        self._edge = np.array([q.edge or 0.0 for q in quantities])
        self._beside = np.array([-1 if q.beside is None else q.beside for q in quantities])
        self._above = np.array([q.above for q in quantities], dtype=bool)

    def below(self, values: Float64Array, some: slice) -> BoolArray:
        """Where each of some quantities is negative, a row each."""
        of, beside = self._of[some], self._beside[some]
        return self._negative(values[of], values[beside], np.arange(self.count)[some, np.newaxis])

    def below_each(self, values: Float64Array, which: IndexArray) -> BoolArray:
        """Where the quantity of each point is negative."""
        here = np.arange(which.size)
        return self._negative(
            values[self._of[which], here], values[self._beside[which], here], which
        )

    def _negative(self, value: Float64Array, beside: Float64Array, of: IndexArray) -> BoolArray:
        size = np.where(self._sized[of], np.abs(value), value)
        edge = self._edge[of]
        if self._beside.max(initial=-1) >= 0:
            edge = edge * np.where(self._beside[of] >= 0, np.abs(beside), 1.0)
        below = size < edge
        if self._above.any():
            below = np.where(self._above[of], size > edge, below)
        return np.asarray(below)


def _brackets(
    variable: str,
    lines: Points,
    evaluate: Callable[[Points], Values],
    asked: _Asked,
    most: int,
) -> _Brackets:
    """The places where quantities change sign, at most so many for each on a line."""
    shape = lines[variable].shape
    values = _matrix(evaluate({k: v.ravel() for k, v in lines.items()}), shape[0] * shape[1])
    found: list[tuple[IndexArray, ...]] = []
    at_once = max(1, _MOST_AT_ONCE // max(1, values.shape[1]))
    for start in range(0, asked.count, at_once):
        below = asked.below(values, slice(start, start + at_once)).reshape(-1, *shape)
        of, row, column = np.nonzero(below[:, :, :-1] != below[:, :, 1:])
        found.append((of + start, row, column))
    which, row, column = (np.concatenate(part) for part in zip(*found, strict=True))
    near = _nearest(which * shape[0] + row, np.abs(lines[variable][row, column]), most)
    which, row, column = which[near], row[near], column[near]
    at = {k: v[row, column] for k, v in lines.items()}
    return _Brackets(at, lines[variable][row, column + 1], which)


def _matrix(values: Values, count: int) -> Float64Array:
    """The values of each part, a row each."""
    return np.stack([np.broadcast_to(v, (count,)) for v in values])


def _in_turns(which: IndexArray) -> IndexArray:
    """The positions of equal numbers in any order, the first of each, then the second of each."""
    mixed = seeded().permutation(which.size)
    order = mixed[np.argsort(which[mixed], kind="stable")]
    turn = np.arange(order.size) - np.searchsorted(which[order], which[order])
    return np.asarray(order[np.argsort(turn, kind="stable")])


def _nearest(row: IndexArray, size: Float64Array, most: int) -> IndexArray:
    """The mask of the so many smallest of each row."""
    order = np.lexsort((size, row))
    first = np.searchsorted(row[order], row[order])
    return order[np.arange(order.size) - first < most]
