"""Find rows of arrays at which a step of a graph is at one of its borders, or beside one.

A loss takes each row of its arrays by itself, and then a sum or a mean. So of many rows at once
one entry is moved through the type while the others stay, until a condition, such as that of a
margin, changes over, or a step leaves the type. Numbers with few digits meet a margin exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import mpmath
import numpy as np
import sympy
from sympy import Basic, Expr, Rational
from sympy.core.relational import Relational

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.changes import Points, Quantity, Values, beside_ends, crossings
from comparisons.inputs.values import Inputs, seeded
from symdiff import Graph
from symdiff.bridge.evaluator import Evaluator
from symdiff.bridge.float_steps import FloatSteps, rational
from symdiff.bridge.running_error import Number
from symdiff.functions import Extreme
from symdiff.graph import Elementwise, Node, topological
from symdiff.graph.kinds.elementwise import from_template
from symdiff.graph.signature import Signature
from symdiff.programs.program import program
from symdiff.trees.walks import subexpressions

_FURTHEST = 2.0**10  # of an entry that is moved
_NEAREST = 2.0**-40
_SIZES = (2.0**-30, 2.0**-10, 45.0, 90.0, 1000.0)  # of an entry, off any border
_STEP = 2.0**-3  # entries are multiples of it: bfloat16 adds and subtracts them exactly
_MOST_ENTRIES = 24  # that are moved
_HALVED = 24  # times: an entry beside a border, where no round number meets it
_FEWEST = 4  # rows in which an entry is moved
_MOST_COLUMNS = 32  # of a step, beside each other in a row
_MOST_EACH = 2  # of one quantity on a line
_MOST_OF_ENTRY = 64  # of all, as an entry moves
_BESIDE = np.array([0.0, 2.0**-3, -(2.0**-3)])  # relatively
_CLEARLY = 2**10  # times as far off as that, float64 tells by itself
_CLEAR = 8  # units of a row's largest entry: so far from a condition all take the same case
_DIGITS = 60

Interval = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a graph's inputs, each a computation of its own.

    Args: axis, the first of every input that has rows; given, a few rows, and all other inputs;
        moved, the inputs whose entries may move, and the open interval of each; within, so large
        may a step's result be.
    """

    graph: Graph
    axis: str
    given: Inputs
    moved: Mapping[str, Interval]
    within: float = np.inf  # rows in which a step is larger are left out

    def on_borders(self, dtype: FloatType, most: int) -> dict[str, Float64Array]:
        """At most so many rows on borders and beside them, for each input that has rows.

        A third of them have an entry of another size instead, for what has no border. Where a
        condition is met, it is met exactly, or clearly not: in between it is a matter of rounding
        which case an implementation takes.
        """
        entries = self._entries(dtype)
        each = max(len(_BESIDE) + 1, 2 * most // len(entries))
        met = self._met(entries, dtype, each)
        spread = [self._spread(entry, interval, dtype) for entry, interval in entries]
        borders, sizes = (self._decided(_in_turns(rows), dtype) for rows in (met, spread))
        others = min(len(sizes), most - min(len(borders), most - most // 3))
        rows = np.concatenate([borders[: most - others], sizes[:others]])
        return self._arrays(dict(zip(self._names, rows.T, strict=True)))

    def _met(
        self, entries: Sequence[tuple[str, Interval]], dtype: FloatType, each: int
    ) -> list[Float64Array]:
        """Rows in which an entry is at a border, or on a round number beside it, or beside.

        Of each entry at most so many.
        """
        lines = {entry: self._line(entry, interval) for entry, interval in entries}
        most = min(_MOST_OF_ENTRY, each)
        with np.errstate(all="ignore"):
            of = self._evaluate, self._quantities(dtype)
            found = crossings(lines, *of, _MOST_EACH, most, _HALVED)
        rows = []
        for entry, interval in entries:
            at = found[entry]
            centre = dtype.round(at[entry])[:, np.newaxis]
            near = [np.round(centre / _STEP) * _STEP, centre * (1 + _BESIDE)]
            rows.append(self._rows(at, entry, np.concatenate(near, axis=1), interval, dtype)[:each])
        return rows

    def _spread(self, entry: str, interval: Interval, dtype: FloatType) -> Float64Array:
        """Rows in which an entry has another size; towards an end, it is so far from it."""
        low, high = interval
        ends = [end for end in interval if abs(end) <= 1] or [0.0]
        sizes = np.array([end + s * size for size in _SIZES for end in ends for s in (1, -1)])
        sizes = dtype.round(sizes[(sizes > low) & (sizes < high)])
        sizes = np.roll(sizes, -list(self._names).index(entry))  # not all entries at once are tiny
        count = next(iter(self._flat.values())).size
        at = {e: v[np.arange(sizes.size) % count] for e, v in self._flat.items()}
        return self._rows(at, entry, sizes[:, np.newaxis], interval, dtype)

    def _rows(
        self, at: Points, entry: str, values: Float64Array, interval: Interval, dtype: FloatType
    ) -> Float64Array:
        """Points with several values of an entry each, a row each, in the type and the interval."""
        points = {k: np.repeat(v, values.shape[1]) for k, v in at.items()} | {entry: values.ravel()}
        rows = dtype.round(np.stack([points[e] for e in self._names], axis=1))
        moved = rows[:, list(self._names).index(entry)]
        return np.asarray(rows[(moved > interval[0]) & (moved < interval[1])])

    def _entries(self, dtype: FloatType) -> list[tuple[str, Interval]]:
        """Some of the entries of a row that may move, and how far each."""
        far = min(_FURTHEST, float(np.sqrt(dtype.largest)) / 4)
        found = [
            (entry, (max(low, -far), min(high, far)))
            for name, (low, high) in self.moved.items()
            for entry, (owner, _) in self._names.items()
            if owner == name
        ]
        order = seeded().permutation(len(found))[:_MOST_ENTRIES]
        return [found[i] for i in order]

    def _line(self, entry: str, interval: Interval) -> Points:
        """Some of the given rows, each along a line on which one of its entries grows."""
        sizes = np.exp2(np.arange(np.log2(_NEAREST), np.log2(_FURTHEST) + 1))
        near = np.arange(0.25, 16, 0.25) + 2.0**-12  # off the round numbers, where borders are
        above = np.union1d(sizes, near)
        line = np.concatenate([-above[::-1], above])
        low, high = interval
        line = np.unique([*line, *(high - above)])  # and towards an end that is not 0
        line = line[(line > low) & (line < high)]
        count, first = next(iter(self._flat.values())).size, list(self._names).index(entry)
        rows = min(count, max(_FEWEST, _MOST_ENTRIES // len(self._names)))
        some = (first + np.arange(rows)) % count  # others for the next entry
        base = {e: v[some] for e, v in self._flat.items()}
        lines = {e: np.broadcast_to(v[:, np.newaxis], (rows, line.size)) for e, v in base.items()}
        return {**lines, entry: np.broadcast_to(line, (rows, line.size))}

    @cached_property
    def _names(self) -> dict[str, tuple[str, int]]:
        """Each entry of a row: the input it is of, and its place among that input's."""
        found: dict[str, tuple[str, int]] = {}
        for i in self.graph.inputs:
            if self.axis in i.axes:
                count = self.given[i.name][0].size
                found |= {f"{i.name}[{k}]": (i.name, k) for k in range(count)}
        return found

    @cached_property
    def _flat(self) -> dict[str, Float64Array]:
        """The given rows, entry by entry, as numbers of few digits where they may move."""
        found = {}
        for entry, (name, k) in self._names.items():
            values = np.reshape(self.given[name], (len(self.given[name]), -1))[:, k]
            if name in self.moved:
                low, high = self.moved[name]
                few = np.round(values / _STEP) * _STEP
                values = np.where((few > low) & (few < high), few, values)
            found[entry] = values
        return found

    def _arrays(self, points: Points) -> dict[str, Float64Array]:
        """The inputs with rows of rows that are given entry by entry."""
        found = {}
        for i in self.graph.inputs:
            if self.axis in i.axes:
                columns = [points[e] for e, (name, _) in self._names.items() if name == i.name]
                shape = (columns[0].size, *self.given[i.name].shape[1:])
                found[i.name] = np.stack(columns, axis=1).reshape(shape)
        return found

    @cached_property
    def _conditions(self) -> list[Node]:
        """The expressions whose sign decides a case in steps that go row by row."""
        found = dict.fromkeys(
            from_template(decides, node.operands)
            for node, part in self._parts
            for decides in _deciding(part)
        )
        return [node for node in found if self.axis in node.axes]

    @cached_property
    def _parts(self) -> list[tuple[Node, Basic]]:
        """The parts of the steps that go row by row."""
        return [
            (node, part)
            for node in topological(self.graph.output_nodes, computed=True)
            if isinstance(node, Elementwise) and self.axis in node.axes
            for part in subexpressions(node.expr)
        ]

    @cached_property
    def _nodes(self) -> list[Node]:
        """The conditions, and then the other parts."""
        others = [
            from_template(part, node.operands)
            for node, part in self._parts
            if isinstance(part, Expr) and part.free_symbols and not part.is_Symbol
        ]
        found = dict.fromkeys([*self._conditions, *others])
        return [node for node in found if self.axis in node.axes]

    @cached_property
    def _signature(self) -> Signature:
        graph = self.graph
        return Signature(graph.name, {i.name: i.axes for i in graph.inputs}, graph.parameters)

    @cached_property
    def _steps(self) -> FloatSteps:
        return FloatSteps(program({f"p{i}": node for i, node in enumerate(self._nodes)}))

    def _evaluate(self, points: Points) -> Values:
        """Every entry of every part, a row each."""
        return [column for columns in self._each(points) for column in columns]

    def _each(self, points: Points) -> list[list[Float64Array]]:
        """Evaluate part by part."""
        arrays, parameters, lengths = self._signature.bind({**self._given, **self._arrays(points)})
        numbers = {k: Number(a) for k, a in arrays.items()}
        numbers |= {k: rational(Rational(v)) for k, v in {**parameters, **lengths}.items()}
        found = self._steps.run(numbers, errors=False)
        return [
            self._columns(node, np.asarray(found[f"p{i}"].value, dtype=np.float64))
            for i, node in enumerate(self._nodes)
        ]

    @cached_property
    def _given(self) -> Inputs:
        return {i.name: self.given[i.name] for i in self.graph.inputs}

    def _columns(self, node: Node, value: Float64Array) -> list[Float64Array]:
        """The entries of a value beside each other, each of all rows."""
        rows = np.moveaxis(value, node.axes.index(self.axis), 0)
        return list(np.reshape(rows, (len(rows), -1)).T[:_MOST_COLUMNS])

    def _quantities(self, dtype: FloatType) -> list[Quantity]:
        """Each entry of a part, and its size beside the ends of the type."""
        count = len(self._evaluate(self._flat))
        ends = [quantity for i in range(count) for quantity in beside_ends(i, dtype)]
        return [*(Quantity(i) for i in range(count)), *ends]

    @cached_property
    def _dyadic(self) -> bool:
        """Whether all constants are numbers of every type: else no condition is met exactly."""
        found = {n for _, part in self._parts for n in part.atoms(Rational)}
        return all(n.q & (n.q - 1) == 0 for n in found)

    def _decided(self, rows: Float64Array, dtype: FloatType) -> Float64Array:
        """The rows in which each condition is met exactly, or clearly not, and no step is large."""
        if not self._nodes or not len(rows):
            return rows
        points = dict(zip(self._names, rows.T, strict=True))
        with np.errstate(all="ignore"):
            values = self._each(points)
        sizes = np.abs(np.concatenate(values))
        decided = np.logical_and.reduce(~(sizes > self.within))
        if not self._conditions:
            return np.asarray(rows[decided])
        clear = _CLEAR * dtype.unit_roundoff * (1 + np.abs(rows).max(axis=1))
        off = sizes[: sum(map(len, values[: len(self._conditions)]))]
        near = np.flatnonzero(~(off > _CLEARLY * clear).all(axis=0))
        if near.size:
            exact = self._exactly({k: v[near] for k, v in points.items()})
            met = (exact == 0) & (off[:, near] == 0) & self._dyadic
            decided[near] &= (met | (exact > clear[near])).all(axis=0)
        return np.asarray(rows[decided])

    def _exactly(self, points: Points) -> Float64Array:
        """The distance of each condition from being met, to 60 digits, a row each."""
        nodes = {f"p{i}": node for i, node in enumerate(self._conditions)}
        with mpmath.workdps(_DIGITS):
            arrays = {**self._given, **self._arrays(points)}
            found = Evaluator(self._signature, nodes, "mpmath")(**arrays)
        columns = [
            column
            for name, node in nodes.items()
            for column in self._columns(node, np.asarray(found[name], dtype=object))
        ]
        return np.array([[abs(float(v)) if v else 0.0 for v in column] for column in columns])


def _deciding(part: Basic) -> list[Expr]:
    """The expression by whose sign a part decides its case, if there is one."""
    if isinstance(part, Relational):
        return [part.lhs - part.rhs]
    if isinstance(part, sympy.Abs | sympy.sign):
        return [part.args[0]]
    if isinstance(part, sympy.Max | sympy.Min | Extreme):
        return [a - b for a, b in combinations(part.args, 2)]
    return []


def _in_turns(found: Sequence[Float64Array]) -> Float64Array:
    """The rows of several lists, the first of each, then the second of each; each once."""
    turns = np.concatenate([np.arange(len(rows)) for rows in found])
    rows = np.concatenate(found)[np.argsort(turns, kind="stable")]
    _, first = np.unique(rows, axis=0, return_index=True)
    return np.asarray(rows[np.sort(first)])
