"""Which entries of an array program may lead to a jump: those that a border decides which is 0.

The program is run at the point. Where a border is 0, or may be, an entry is each of the numbers
that it may be beside the point; if they are proven to be one it is continuous there, however the
inputs move. What several numbers lead to is several again, or one: a mask that jumps, times 0. If
an output ends as several its function may jump, and what leads to the border is looked at closely.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from flint import arb, ctx
from sympy import Expr, Symbol

from symdiff.balls.elementary import CannotCertify, Undefined
from symdiff.bridge.interpret import interpret
from symdiff.bridge.program import Program, operands_of, program
from symdiff.bridge.sharing import Entrywise
from symdiff.graph.adjoints.acyclic import acyclic
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.adjoints.reverse import sweep_from
from symdiff.graph.arrays.layout import Align
from symdiff.graph.arrays.steps import ArrayOperation
from symdiff.graph.kinds.einsum import Contract
from symdiff.graph.kinds.elementwise import Elementwise
from symdiff.graph.kinds.gather import Scattering, gathered
from symdiff.graph.kinds.input import Input
from symdiff.graph.kinds.largest import Largest, winners
from symdiff.graph.kinds.part import placed, taken
from symdiff.graph.kinds.shift import peak
from symdiff.graph.node import Node, topological
from symdiff.graph.template import placeholder
from symdiff.oracle import deadline
from symdiff.oracle.array_balls import balls_of, compile_entry, compile_reached
from symdiff.oracle.enclosure import BoolArray
from symdiff.oracle.from_float_balls import WORTH, decided_quickly
from symdiff.oracle.frozen import Frozen
from symdiff.oracle.infinities import with_infinities
from symdiff.oracle.nearby import Open, Point, cases, jumps, moving_in, written
from symdiff.oracle.one_sided import UNKNOWN
from symdiff.oracle.reach import no_value, steep, terms_of
from symdiff.oracle.several import Number, Several, settled, together

_BITS = 512
_MOST_PRODUCTS = 200_000  # of a contraction of entries that are several numbers
_TERM, _LINE, _SOURCE, _SEED = "%term", "%line", "%source", "%seed"
_MOVING = (gathered, taken, placed)


def may_jump(adjoints: Derivation) -> bool:
    """Whether a graph has cases between which it may jump."""
    return any(map(_choosing, topological(adjoints.graph.output_nodes, computed=True)))


def _choosing(node: Node) -> bool:
    return isinstance(node, Largest) or (isinstance(node, Elementwise) and jumps(node.expr))


def open_to_jumps(adjoints: Derivation, arguments: Mapping[str, Any]) -> dict[str, BoolArray]:
    """By an adjoint's name the entries by which the function may jump; nothing if it does not.

    Args: arguments, the program's. Raises: OutOfTimeError.
    """
    graph = adjoints.graph
    terms = {f"{_TERM}{i}": term.value for i, term in enumerate(terms_of(graph))}
    frozen = Frozen(terms.values())
    computed = topological([frozen[node] for node in terms.values()], computed=True)
    sources = {f"{_SOURCE}{i}": n for i, n in enumerate(filter(_choosing, computed))}
    if not sources:
        return {}
    moved = {name for name in adjoints.signature.inputs if name in adjoints.nodes}
    entries = sum(int(np.size(value)) for value in arguments.values())
    plain = not frozen.stops and not any(isinstance(n, Largest) for n in sources.values())
    if plain and entries >= WORTH and decided_quickly(program(sources), arguments, moved):
        return {}
    lines = {f"{_LINE}{k}": frozen[n] for k, n in graph.lines.items() if k in adjoints.nodes}
    with ctx.workprec(_BITS):
        balls = {k: balls_of(v) for k, v in arguments.items()}
        balls |= frozen.values(balls)
        nodes = {**{k: frozen[n] for k, n in terms.items()}, **sources, **lines}
        run = _Run(program(nodes, shared=False), balls, moved | lines.keys())
        run.go()
    lost = {k: mask for k in terms if (mask := run.open_entries(k)).any()}
    if not lost:
        return {}
    made = {frozen[node]: node for node in topological(terms.values(), computed=True)}
    origins = {made[sources[k]]: mask for k in sources if (mask := run.began(k)).any()}
    near_borders = _reached(adjoints, origins, arguments)
    near_outputs = _reached(adjoints, {terms[k]: mask for k, mask in lost.items()}, arguments)
    return {
        name: near_borders[name] & near_outputs[name]
        for name in near_borders.keys() & near_outputs.keys()
    }


def _reached(
    adjoints: Derivation, origins: Mapping[Node, BoolArray], arguments: Mapping[str, Any]
) -> dict[str, BoolArray]:
    """By an adjoint's name the entries that some entries of nodes hang on."""
    named = {name: adjoints.graph.nodes[name] for name in adjoints.nodes}
    with acyclic():
        made = steep([*named.values(), *origins])
        seeds: list[tuple[Node, Node]] = []
        given: dict[str, Any] = {}
        for i, (node, mask) in enumerate(origins.items()):
            from_here = node.operands[0] if isinstance(node, Largest) else node
            seeds.append((made[from_here], Input(from_here.axes, (), f"{_SEED}{i}")))
            given[f"{_SEED}{i}"] = _with_nan(mask)
        found = sweep_from(seeds).adjoints
        nodes = {name: found[made[node]] for name, node in named.items() if made[node] in found}
        steps = program(nodes)
    balls = {k: balls_of(v) for k, v in arguments.items() if k in steps.arguments}
    made_of = interpret(steps, {**balls, **given}, compile_reached)
    return {name: no_value(entries) for name, entries in made_of.items()}


def _with_nan(where: BoolArray) -> Any:
    entries = np.full(where.shape, arb(0), object)
    entries[where] = arb.nan()
    return entries


class _Run:
    """The values of a program at a point, and those entries that may be several."""

    def __init__(self, steps: Program, balls: Mapping[str, Any], moved: Iterable[str]) -> None:
        self.steps = steps
        self.values: dict[Symbol, Any] = {s: balls[name] for name, s in steps.arguments.items()}
        named = {**steps.arguments, **steps.results}
        self.moving = {named[name] for name in moved if name in named}
        self.open: set[Symbol] = set()  # some entries are several numbers, or not known
        self.origins: dict[Symbol, BoolArray] = {}  # where entries of plain operands became so
        self.written: dict[tuple[Symbol, int], Expr] = {}
        self.made_by = dict(steps.steps)
        self.tied: dict[Symbol, tuple[Symbol, BoolArray]] = {}  # flags of the largest
        self._known: dict[Any, Any] = {}
        self._places: dict[Any, Any] = {}

    def go(self) -> None:
        """Compute everything. Raises: OutOfTimeError."""
        for symbol, what in self.steps.steps:
            if deadline.spent():
                raise deadline.OutOfTimeError
            moves = not self.moving.isdisjoint(operands_of(what))
            if moves and self._moves_beside(what):
                self.moving.add(symbol)
            if isinstance(what, Entrywise):
                made = self._entrywise(symbol, what, moves=moves)
            else:
                made = self._whole(symbol, what, moves=moves)
            made = np.asarray(made, dtype=object)
            self.values[symbol] = made
            if _open(made).any():
                self.open.add(symbol)

    def _moves_beside(self, what: Entrywise | ArrayOperation) -> bool:
        """Whether a step's entries move where no border is met; those of a step do not."""
        if isinstance(what, Entrywise):
            own = {placeholder(k): s for k, s in enumerate(what.operands)}
            return any(own[p] in self.moving for p in moving_in(what.template) if p in own)
        return what.function is not winners

    def open_entries(self, name: str) -> BoolArray:
        """Where a result is several numbers, or not known."""
        return _open(self.values[self.steps.results[name]])

    def began(self, name: str) -> BoolArray:
        """Where a result is so though what it is computed of is not."""
        symbol = self.steps.results[name]
        return self.origins.get(symbol, np.zeros(np.shape(self.values[symbol]), bool))

    def _entrywise(self, symbol: Symbol, what: Entrywise, *, moves: bool) -> Any:
        used = [placeholder(i) for i in range(len(what.operands))]
        operands = [self._plain_flags(s) for s in what.operands]
        shape = np.broadcast_shapes(*map(np.shape, operands)) if operands else ()
        spread = [np.broadcast_to(np.asarray(a, object), shape).ravel() for a in operands]
        columns = [list(a) for a in spread]
        jumpy = moves and jumps(what.template)
        if not jumpy and not any(s in self.open for s in what.operands):
            function = compile_entry(used, what.template)
            whole = list(function.of_columns(columns)) if operands else [function()]
            return _array(whole, shape)
        evaluated = with_infinities(used, what.template)
        rows = list(zip(*columns, strict=True))
        found, began = [], np.zeros(len(rows), bool)
        for i, row in enumerate(rows):
            plain = not any(isinstance(e, Several) or e is UNKNOWN for e in row)
            made, tied = self._plainly(evaluated, row) if plain else (None, True)
            if not plain or (jumpy and tied):
                made = self._several(symbol, what, row, i, shape)
                began[i] = plain and (made is UNKNOWN or isinstance(made, Several))
            found.append(made)
        if began.any():
            self.origins[symbol] = began.reshape(shape)
        return _array(found, shape)

    def _plainly(self, function: Any, row: tuple[Any, ...]) -> tuple[Any, bool]:
        if deadline.spent():
            raise deadline.OutOfTimeError
        try:
            value = function(*row)
        except Undefined:
            value = arb.nan()
        met = function.compiled.conditions
        return value, met.tied or met.undecided

    def _several(
        self, symbol: Symbol, what: Entrywise, row: tuple[Any, ...], i: int, shape: tuple[int, ...]
    ) -> Any:
        """What an entry may be, by the cases of its operands and its own."""
        if any(entry is UNKNOWN for entry in row):
            return UNKNOWN
        exact = all(isinstance(entry, arb) and entry.is_exact() for entry in row)
        key = (what.template, self._still(what), *(e.mid().man_exp() for e in row)) if exact else i
        if exact and key in self._known:
            ways = self._known[key]
        else:
            ways = self._ways(what, row, i, shape)
            if exact:
                self._known[key] = ways
        if ways is None:
            return UNKNOWN
        made = settled([({**s, **self._borders(t, what, i)}, n) for s, t, n in ways])
        if isinstance(made, arb) and ways[0][2].written is not None:
            self.written[symbol, i] = ways[0][2].written
        return made

    def _ways(
        self, what: Entrywise, row: tuple[Any, ...], i: int, shape: tuple[int, ...]
    ) -> list[tuple[Any, Any, Number]] | None:
        """By what operands assume, what is assumed beside: what the value is; None if open."""
        used = [placeholder(k) for k in range(len(row))]
        known = [self._number(s, self._place(s, i, shape)) for s in what.operands]
        found: list[tuple[Any, Any, Number]] = []
        try:
            for signs, numbers in together(row):
                balls = {p: number.ball for p, number in zip(used, numbers, strict=True)}
                exprs = {
                    p: e
                    for p, number, own in zip(used, numbers, known, strict=True)
                    if (e := _written(number) or own) is not None
                }
                point = Point(balls, exprs, self._still(what))
                for assumed, case in cases(what.template, point):
                    value = point.value(case)
                    told = case.xreplace(exprs) if case.free_symbols <= exprs.keys() else None
                    found.append((signs, assumed, Number(value, told)))
        except (Open, Undefined, CannotCertify):
            return None
        return found

    def _still(self, what: Entrywise) -> frozenset[Symbol]:
        return frozenset(
            placeholder(k) for k, s in enumerate(what.operands) if s not in self.moving
        )

    def _borders(self, assumed: Mapping[Expr, int], what: Entrywise, i: int) -> dict[Any, int]:
        """The borders in terms of what they are computed from, at a place."""
        own = {placeholder(k): s for k, s in enumerate(what.operands)}
        return {(border.xreplace(own), i): sign for border, sign in assumed.items()}

    def _place(self, operand: Symbol, i: int, shape: tuple[int, ...]) -> int:
        """Where an operand's entry is that goes to a place of the result."""
        own = np.shape(self.values[operand])
        if (own, shape) not in self._places:
            places = np.arange(int(np.prod(own))).reshape(own)
            self._places[own, shape] = np.broadcast_to(places, shape).ravel()
        return int(self._places[own, shape][i])

    def _number(self, symbol: Symbol, i: int) -> Expr | None:
        """An entry written out, through what is taken entry by entry and moved."""
        if (symbol, i) in self.written:
            return self.written[symbol, i]
        entry = np.ravel(self.values[symbol])[i]
        if not isinstance(entry, arb):
            return None
        if entry.is_exact():
            return written(entry) if entry.is_finite() else None
        what = self.made_by.get(symbol)
        shape = np.shape(self.values[symbol])
        found: Expr | None = None
        if isinstance(what, Entrywise) and not jumps(what.template):
            parts = [self._number(s, self._place(s, i, shape)) for s in what.operands]
            if None not in parts:
                found = what.template.xreplace({placeholder(k): e for k, e in enumerate(parts)})
        elif isinstance(what, ArrayOperation) and _moves(what):
            first = what.args[1]
            own = np.shape(self.values[first])
            places = np.arange(1, 1 + int(np.prod(own))).reshape(own)
            which = np.ravel(what.run(lambda s: places if s == first else self.values[s]))[i]
            found = self._number(first, int(which) - 1) if which > 0 else None
        if found is not None:
            self.written[symbol, i] = found
        return found

    def _whole(self, symbol: Symbol, what: ArrayOperation, *, moves: bool) -> Any:
        if what.function is winners and moves:
            return self._winners(symbol, what)
        if isinstance(what, Contract):
            return self._contract(what)
        if not any(s in self.open for s in what.free_symbols):
            return what.run(self._plain_flags)
        if _moves(what) or isinstance(what, Scattering):
            return what.run(self._plain_flags)
        if what.function is peak:  # any number serves, since it cancels
            return what.run(lambda s: _middles(self.values[s]))
        plain = what.run(lambda s: _middles(self.values[s]))
        return np.full(np.shape(plain), UNKNOWN, object)

    def _winners(self, symbol: Symbol, what: ArrayOperation) -> Any:
        """The flags; several where two entries may be largest."""
        operand, axis, _ = what.arguments(self.values.__getitem__)
        plain = _middles(operand)
        made = np.asarray(
            what.run(lambda s: plain if s == what.args[1] else self.values[s]), object
        )
        rows = np.moveaxis(np.asarray(operand, object), axis, -1)
        tied = np.array([_contested(row) for row in rows.reshape(-1, rows.shape[-1])], bool)
        tied = np.repeat(tied.reshape(rows.shape[:-1])[..., None], rows.shape[-1], -1)
        tied = np.moveaxis(tied, -1, axis)
        if tied.any():
            self.tied[symbol] = (what.args[1], tied)
            self.origins[symbol] = tied
        return made

    def _plain_flags(self, symbol: Symbol) -> Any:
        """A value; of flags of the largest those that are tied are not known."""
        if symbol not in self.tied:
            return self.values[symbol]
        made = np.array(self.values[symbol], dtype=object)
        made[self.tied[symbol][1]] = UNKNOWN
        return made

    def _contract(self, what: Contract) -> Any:
        """A product; the maximum, which is one of flags and what they are of, is continuous."""
        left, result = what.subscripts.split("->")
        groups = dict(zip(what.operands, left.split(","), strict=True))
        operands = []
        for s in what.operands:
            of = self.tied.get(s, (None, None))[0]
            largest = of in groups and groups[of] == groups[s] and not set(groups[s]) <= set(result)
            operands.append(self.values[s] if largest else self._plain_flags(s))
        masks = [_open(np.asarray(a, object)) for a in operands]
        if not any(mask.any() for mask in masks):
            return what.run(self.values.__getitem__)
        lengths = [n for a in operands for n in np.shape(a)]
        sizes = dict(zip(left.replace(",", ""), lengths, strict=True))
        if np.prod([float(n) for n in sizes.values()]) <= _MOST_PRODUCTS:
            return np.einsum(what.subscripts, *operands)
        plain = [_middles(a) for a in operands]
        made = np.array(np.einsum(what.subscripts, *plain), dtype=object)
        ones = [np.ones(np.shape(a)) for a in operands]
        hit = sum(
            np.einsum(what.subscripts, *(m * 1.0 if j == k else one for k, one in enumerate(ones)))
            for j, m in enumerate(masks)
        )
        made[np.asarray(hit) > 0] = UNKNOWN
        return made


def _contested(row: Any) -> bool:
    """Whether more than one entry of a row may be the largest."""
    if any(isinstance(e, Several) or e is UNKNOWN for e in row):
        return True
    balls = [arb(e) for e in row]
    return sum(not any(mine < other for other in balls) for mine in balls) > 1


def _written(number: Number) -> Expr | None:
    if number.written is not None:
        return number.written
    return written(number.ball) if number.ball.is_exact() and number.ball.is_finite() else None


def _moves(what: ArrayOperation) -> bool:
    return isinstance(what, Align) or what.function in _MOVING


def _is_open(entry: Any) -> bool:
    return entry is UNKNOWN or isinstance(entry, Several)


_opens = np.frompyfunc(_is_open, 1, 1)
_middles = np.frompyfunc(lambda e: arb(0) if _is_open(e) else e, 1, 1)


def _open(entries: Any) -> BoolArray:
    return np.asarray(_opens(entries), dtype=bool)


def _array(entries: list[Any], shape: tuple[int, ...]) -> Any:
    made = np.empty(len(entries), dtype=object)
    made[:] = entries
    return made.reshape(shape)
