"""Compute an array program near a point, where an undecided border gives several values.

If what an entry may be beside the point is proven to be one number it is continuous there, however
the inputs move. What several numbers lead to is several again, or one: a mask that jumps, times 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from flint import arb
from sympy import Expr, Symbol

from symdiff.array_types import BoolArray
from symdiff.balls.elementary import CannotCertify, Undefined
from symdiff.graph.arrays.layout import Align
from symdiff.graph.arrays.steps import ArrayOperation
from symdiff.graph.kinds.einsum import Contract
from symdiff.graph.kinds.gather import Scattering, gathered
from symdiff.graph.kinds.largest import winners
from symdiff.graph.kinds.part import placed, taken
from symdiff.graph.kinds.running import accumulated
from symdiff.graph.kinds.shift import peak
from symdiff.graph.template import placeholder
from symdiff.oracle import deadline
from symdiff.oracle.neighbourhood.fixed_entries import FixedEntries
from symdiff.oracle.neighbourhood.one_sided import UNKNOWN
from symdiff.oracle.neighbourhood.several import Several, WrittenBall, settled, together
from symdiff.oracle.points.nearby import (
    Later,
    Open,
    Point,
    cases,
    deciding,
    jumps,
    moving_in,
    number_in,
)
from symdiff.oracle.programs.array_balls import compile_entry
from symdiff.oracle.programs.infinities import with_infinities
from symdiff.programs.program import Program, operands_of
from symdiff.programs.sharing import Entrywise

_MOST_PRODUCTS = 200_000  # of a contraction of entries that are several numbers
_MOVING = (gathered, taken, placed)


class ProgramNear:
    """The values of a program at a point, and the entries that may have several."""

    def __init__(self, steps: Program, balls: Mapping[str, Any], moved: Iterable[str]) -> None:
        self.steps = steps
        self.values: dict[Symbol, Any] = {s: balls[name] for name, s in steps.arguments.items()}
        named = {**steps.arguments, **steps.results}
        self.moving = {named[name] for name in moved if name in named}
        self.lines = {steps.results[name] for name in moved if name in steps.results}
        self.open: set[Symbol] = set()  # some entries are several numbers, or not known
        self.origins: dict[Symbol, BoolArray] = {}  # where a step's own borders may be the reason
        self.written: dict[tuple[Symbol, int], Later] = {}
        self.made_by = dict(steps.steps)
        self._known: dict[Any, Any] = {}
        self._places: dict[Any, Any] = {}
        self.fixed = FixedEntries(self.values, self.moving)

    def compute(self) -> None:
        """Compute all steps of the program. Raises: OutOfTimeError."""
        for symbol, what in self.steps.steps:
            if deadline.spent():
                raise deadline.OutOfTimeError
            moves = not self.moving.isdisjoint(operands_of(what))
            if moves and self._moves_beside(what):
                self.moving.add(symbol)
            if isinstance(what, Entrywise):
                made = self._entrywise(symbol, what)
            else:
                made = self._whole(symbol, what, moves=moves)
            made = np.asarray(made, dtype=object)
            self.values[symbol] = made
            if _open(made).any():
                self.open.add(symbol)
            if symbol in self.moving and symbol not in self.lines:
                self.fixed.put(symbol, what)

    def _moves_beside(self, what: Entrywise | ArrayOperation) -> bool:
        """Whether a step's entries move where no border is met; those of a step do not."""
        if isinstance(what, Entrywise):
            own = {placeholder(k): s for k, s in enumerate(what.operands)}
            return any(own[p] in self.moving for p in moving_in(what.template) if p in own)
        return what.function is not winners

    def open_entries(self, name: str) -> BoolArray:
        """The mask of a result's entries that have several values, or are not known."""
        return _open(self.values[self.steps.results[name]])

    def began(self, name: str) -> BoolArray:
        """The mask of a result's open entries for which its own borders may be the reason."""
        symbol = self.steps.results[name]
        return self.origins.get(symbol, np.zeros(np.shape(self.values[symbol]), bool))

    def _decides(self, what: Entrywise) -> bool:
        """Whether the case of a step hangs on what moves."""
        own = {placeholder(k): s for k, s in enumerate(what.operands)}
        return any(own[p] in self.moving for p in deciding(what.template) if p in own)

    def _entrywise(self, symbol: Symbol, what: Entrywise) -> Any:
        used = [placeholder(i) for i in range(len(what.operands))]
        operands = [self.values[s] for s in what.operands]
        shape = np.broadcast_shapes(*map(np.shape, operands)) if operands else ()
        spread = [np.broadcast_to(np.asarray(a, object), shape).ravel() for a in operands]
        columns = [list(a) for a in spread]
        jumpy = self._decides(what)
        own = {placeholder(k): self.fixed.of(s) for k, s in enumerate(what.operands)}
        parts = [np.broadcast_to(own[p], shape) for p in deciding(what.template) if p in own]
        settled_there = np.logical_and.reduce([np.ones(shape, bool), *parts]).ravel()
        if not jumpy and not any(s in self.open for s in what.operands):
            function = compile_entry(used, what.template)
            whole = list(function.of_columns(columns)) if operands else [function()]
            return _array(whole, shape)
        rows = list(zip(*columns, strict=True))
        try:
            evaluated = with_infinities(used, what.template)
        except CannotCertify:  # what SymPy made of it holds no real number: nothing is known of it
            self.origins[symbol] = np.ones(shape, dtype=bool)
            return _array([UNKNOWN] * len(rows), shape)
        found, began = [], np.zeros(len(rows), bool)
        for i, row in enumerate(rows):
            plain = not any(isinstance(e, Several) or e is UNKNOWN for e in row)
            made, tied = self._plainly(evaluated, row) if plain else (None, True)
            if not plain or (jumpy and tied and not settled_there[i]):
                made = self._several(symbol, what, row, i, shape)
                began[i] = (plain or jumpy) and _is_open(made)
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
        """The numbers that an entry may be, by its operands' cases and its own."""
        if any(e is UNKNOWN or (isinstance(e, arb) and not e.is_finite()) for e in row):
            return UNKNOWN
        exact = all(isinstance(entry, arb) and entry.is_exact() for entry in row)
        still = self._still(what, i, shape)
        key = (what.template, still, *(e.mid().man_exp() for e in row)) if exact else i
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
    ) -> list[tuple[Any, Any, WrittenBall]] | None:
        """By what operands assume, what is assumed beside: what the value is; None if open."""
        used = [placeholder(k) for k in range(len(row))]
        known = [self._number(s, self._place(s, i, shape)) for s in what.operands]
        found: list[tuple[Any, Any, WrittenBall]] = []
        try:
            for signs, numbers in together(row):
                balls = {p: number.ball for p, number in zip(used, numbers, strict=True)}
                exprs = {
                    p: e
                    for p, number, own in zip(used, numbers, known, strict=True)
                    if (e := number.later or own) is not None
                }
                point = Point(balls, exprs, self._still(what, i, shape))
                for assumed, case in cases(what.template, point):
                    value = point.value(case)
                    free = case.free_symbols
                    told = (
                        Later(case, {p: exprs[p] for p in free}) if free <= exprs.keys() else None
                    )
                    found.append((signs, assumed, WrittenBall(value, told)))
        except (Open, Undefined, CannotCertify):
            return None
        return found

    def _still(self, what: Entrywise, i: int, shape: tuple[int, ...]) -> frozenset[Symbol]:
        """The operands that do not move at a place."""
        return frozenset(
            placeholder(k)
            for k, s in enumerate(what.operands)
            if s not in self.moving or self.fixed.of(s).ravel()[self._place(s, i, shape)]
        )

    def _borders(self, assumed: Mapping[Expr, int], what: Entrywise, i: int) -> dict[Any, int]:
        """The borders in terms of what they are computed from, at a place."""
        own = {placeholder(k): s for k, s in enumerate(what.operands)}
        return {(border.xreplace(own), i): sign for border, sign in assumed.items()}

    def _place(self, operand: Symbol, i: int, shape: tuple[int, ...]) -> int:
        """The place of the operand's entry that goes to a place of the result."""
        own = np.shape(self.values[operand])
        if (own, shape) not in self._places:
            places = np.arange(int(np.prod(own))).reshape(own)
            self._places[own, shape] = np.broadcast_to(places, shape).ravel()
        return int(self._places[own, shape][i])

    def _number(self, symbol: Symbol, i: int) -> Later | None:
        """An entry written out, through what is taken entry by entry and moved."""
        if (symbol, i) in self.written:
            return self.written[symbol, i]
        entry = np.ravel(self.values[symbol])[i]
        if not isinstance(entry, arb):
            return None
        if entry.is_exact():
            return Later(number_in(entry)) if entry.is_finite() else None
        what = self.made_by.get(symbol)
        shape = np.shape(self.values[symbol])
        found: Later | None = None
        if isinstance(what, Entrywise) and not jumps(what.template):
            parts = [self._number(s, self._place(s, i, shape)) for s in what.operands]
            if None not in parts:
                put = {placeholder(k): e for k, e in enumerate(parts) if e is not None}
                found = Later(what.template, put)
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
            return what.run(self.values.__getitem__)
        if _moves(what) or isinstance(what, Scattering) or what.function is accumulated:
            return what.run(self.values.__getitem__)
        if what.function is peak:  # any number serves, since it cancels
            return what.run(lambda s: _middles(self.values[s]))
        plain = what.run(lambda s: _middles(self.values[s]))
        return np.full(np.shape(plain), UNKNOWN, object)

    def _winners(self, symbol: Symbol, what: ArrayOperation) -> Any:
        """The flags; where two entries may be largest they are several, one of them 1 in each."""
        operand, axis, ties = what.arguments(self.values.__getitem__)
        plain = _middles(operand)
        run = what.run(lambda s: plain if s == what.args[1] else self.values[s])
        made = np.array(_balls(run), dtype=object)
        flags, rows = np.moveaxis(made, axis, -1), np.moveaxis(np.asarray(operand), axis, -1)
        began = np.zeros(rows.shape, bool)
        for place in np.ndindex(rows.shape[:-1]):
            tied = _contenders(rows[place])
            if len(tied) < 2:
                continue
            began[place] = True
            largest: list[tuple[int, Any]] = [(j, (j,)) for j in tied]
            if ties != "first":  # at the point itself it may be all of them
                largest.append((-1, tied))
            for i in tied:
                flags[place][i] = settled(
                    [
                        ({(symbol, place): j}, WrittenBall(arb(int(i in some))))
                        for j, some in largest
                    ]
                )
        if began.any():
            self.origins[symbol] = np.moveaxis(began, -1, axis)
        return made

    def _contract(self, what: Contract) -> Any:
        """A product; where it has too many factors that are several, what they lead to is open."""
        operands = [self.values[s] for s in what.operands]
        if not any(s in self.open for s in what.operands):
            return what.run(self.values.__getitem__)
        lengths = [n for a in operands for n in np.shape(a)]
        sizes = dict(zip(what.subscripts.split("->")[0].replace(",", ""), lengths, strict=True))
        if np.prod([float(n) for n in sizes.values()]) <= _MOST_PRODUCTS:
            return np.einsum(what.subscripts, *operands)
        plain = dict(zip(what.operands, map(_middles, operands), strict=True))
        made = np.array(what.run(plain.__getitem__), dtype=object)
        ones = [np.ones(np.shape(a)) for a in operands]
        hit = [
            np.einsum(what.subscripts, *ones[:i], _open(a) * 1.0, *ones[i + 1 :])
            for i, a in enumerate(operands)
        ]
        made[np.asarray(sum(hit)) > 0] = UNKNOWN
        return made


_balls = np.frompyfunc(arb, 1, 1)


def _contenders(row: Any) -> list[int]:
    """The entries of a row that may be the largest."""
    balls = [arb(0, arb.pos_inf()) if _is_open(e) else arb(e) for e in row]
    most = max((ball.lower() for ball in balls), default=arb(0))
    return [i for i, ball in enumerate(balls) if not ball < most]


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
