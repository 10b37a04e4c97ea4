"""Follow roundings through a graph in float64, as tangents of random size.

Each operation s of the graph, primal and adjoint alike, rounds by up to b_s. A tangent is what the
values move by, to first order, when each rounds by b_s times a normal random number; the mean
square of some of them estimates τ² = Σ_s (∂v/∂s · b_s)² for every value v of the graph at once.

A sixteenth of it is common to all entries of a node, in the sign of each: equal values round alike,
a constant is rounded once for all, and an approximation of a function leans to one side.

Normal numbers, not signs: ±b ∓ b is 0 for half of the signs, and for all of eight in one entry of
256, which would then be allowed nothing. A normal sum is as large as τ says, however it is made up.

Source: Hutchinson 1990, A stochastic estimator of the trace of the influence matrix; Higham 2002,
§2.2, the model of rounding.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Symbol

from symdiff.array_types import Float64Array
from symdiff.balls.branches import degree_of
from symdiff.functions import Extreme
from symdiff.graph.arrays.steps import EXACT, ArrayOperation, Roundings
from symdiff.graph.kinds.einsum import Contract, repeated
from symdiff.graph.kinds.input import Input
from symdiff.graph.kinds.literal import Literal
from symdiff.graph.node import Node, topological
from symdiff.graph.template import positions
from symdiff.notation.arrays import PRIME
from symdiff.rounding.precision import Precision
from symdiff.rounding.scalar import at, inner_sums

_CASES = (sympy.Abs, Extreme, sympy.Piecewise)
_SMALL_PART = 1 / 16
_IN_COMMON = 1 / 16  # of a rounding: 16 of them are one whole rounding, all of it to one side
PrecisionOf = Callable[[Node], Precision]


@dataclass
class Walk:
    """A program that runs as it is put together, a node at a time, each with its tangents.

    Args:
        arguments: the values of inputs, parameters and lengths by name.
        precision: of each node.
        count: how many tangents.
        random: where they come from.
        computed: literals that are computed on the way, with the roundings of each.
        floors: whether functions are taken as frameworks compute them.
        scale: the unit that tangents are given in.
    """

    arguments: Mapping[str, Any]
    precision: PrecisionOf
    count: int
    random: np.random.Generator
    computed: Mapping[Node, Roundings] = field(default_factory=dict)
    floors: bool = False
    scale: float = 1.0
    sites: int = 0  # roundings so far
    in_common: float = 0.0  # relative, that frameworks' formulas may round many entries alike by
    _values: dict[Symbol, Float64Array] = field(default_factory=dict)
    _tangents: dict[Symbol, Float64Array] = field(default_factory=dict)
    _symbols: dict[Node, Symbol] = field(default_factory=dict)
    _named: dict[str, Symbol] = field(default_factory=dict)
    _holders: Counter[Symbol] = field(default_factory=Counter)  # nodes and names with a symbol
    _loose: list[Symbol] = field(default_factory=list)  # made, or let go by a node
    _now: Node | None = None  # whose steps are taken

    def __post_init__(self) -> None:
        self._names = sympy.numbered_symbols("v", real=True)
        self._draw = self.random

    def run(
        self,
        wanted: Iterable[Node],
        take: Callable[[Node, Float64Array, Float64Array | None], None],
    ) -> None:
        """Compute nodes, and hand over each that is wanted: value and tangents, None if exact."""
        asked = dict.fromkeys(wanted)  # in their order, so that the same tangents meet each node
        order = topological(asked, computed=True)
        uses = Counter(value for node in order for value in _used(node))
        with np.errstate(all="ignore"):  # what is not finite is left out where it is met
            for node in order:
                # A generator a node: what one rounds does not change the numbers of the others.
                self._now, self._draw = node, self.random.spawn(1)[0]
                symbol = node.lowered(self)
                if isinstance(node, Input | Literal):
                    size = np.abs(self._values[symbol])
                    if isinstance(node, Literal):
                        size = np.where(_holds(self._values[symbol], self._precision), 0.0, size)
                    more = self.computed.get(node, EXACT)
                    self._round(symbol, Roundings(np.maximum(size, more.stored), more.summed))
                self._symbols[node] = symbol
                self._holders[symbol] += 1
                if node in asked:
                    take(node, self._values[symbol], self._tangents.get(symbol))
                self._forget(node, uses)

    def value(self, node: Node) -> Symbol:
        """The symbol of a node before."""
        return self._symbols[node]

    def argument(self, name: str) -> Symbol:
        """The symbol of an input, a parameter or the length of an axis; that of n′ is n's."""
        name = name.rstrip(PRIME)
        if name not in self._named:
            self._named[name] = symbol = next(self._names)
            self._holders[symbol] += 1
            self._values[symbol] = np.asarray(self.arguments[name], dtype=np.float64)
        return self._named[name]

    def assign(self, value: Expr) -> Symbol:
        """The symbol of one more step that takes whole arrays, or of a number; taken at once."""
        if not isinstance(value, ArrayOperation):
            return self.apply(value, ())
        symbol = self._new()
        self._whole(symbol, value)
        return symbol

    def apply(self, template: Expr, operands: Sequence[Symbol]) -> Symbol:
        """The symbol of an expression in placeholders, entry by entry of values before.

        An operand that it does not use has no say in the shape: x − stop(x) is a 0 over no axis.
        """
        known = [self._values[s] for s in operands]
        found = at(template, known, smallest=self._precision.smallest, floors=self.floors)
        self.in_common = max(self.in_common, found.in_common * self._precision.unit)
        used = [known[i].shape for i in positions(template)]
        shape = np.broadcast_shapes(found.value.shape, *used)
        symbol = self._new()
        self._values[symbol] = np.broadcast_to(found.value, shape)
        terms = [
            partial * _over(self._tangents[s], len(shape))
            for s, partial in zip(operands, found.partials, strict=True)
            if partial is not None and s in self._tangents
        ]
        if terms:
            total = np.broadcast_to(sum(terms[1:], start=terms[0]), (self.count, *shape))
            if _is_curved(template):
                total = self._with_squares(template, operands, total)
            self._tangents[symbol] = _finite(total)
        self._round(symbol, Roundings(np.broadcast_to(found.roundings, shape)))
        return symbol

    def _is_far(self, operands: Sequence[Symbol]) -> bool:
        """Whether an entry of an operand moves by no small part of itself."""
        moving = (s for s in operands if s in self._tangents)
        return any(
            bool((self._moves(s) > _SMALL_PART * np.abs(self._values[s])).any()) for s in moving
        )

    def _moves(self, symbol: Symbol) -> Float64Array:
        """The largest that each entry is moved by."""
        return np.asarray(np.abs(self._tangents[symbol]).max(0) * self.scale)

    def _with_squares(
        self, template: Expr, operands: Sequence[Symbol], total: Float64Array
    ) -> Float64Array:
        """The moves of a polynomial beyond first order: (x + t)² − x², not 2 x t.

        The variance of equal numbers is 0 to first order, and computed as a square of roundings.
        """
        shape = total.shape[1:] or (1,)
        moves = [self._moves(s) if s in self._tangents else 0.0 for s in operands]
        far = np.zeros(shape, dtype=bool)
        for value, size in inner_sums(template, [self._values[s] for s in operands], moves):
            far |= np.broadcast_to(size > _SMALL_PART * np.abs(value), shape)
        if not far.any():
            return total

        def there(numbers: Any) -> Float64Array:
            return np.asarray(np.broadcast_to(numbers, far.shape)[far])

        base = [there(self._values[s]) for s in operands]
        here = at(template, base).value
        total_shape = total.shape
        total = total.reshape(self.count, *shape).copy()
        for k in range(self.count):
            moved = [
                x + there(self._tangents[s][k]) * self.scale if s in self._tangents else x
                for s, x in zip(operands, base, strict=True)
            ]
            total[k][far] = (at(template, moved).value - here) / self.scale
        return total.reshape(total_shape)

    def _whole(self, symbol: Symbol, step: ArrayOperation) -> None:
        made = np.asarray(step.run(self._values.__getitem__), dtype=np.float64)
        moving = {s: self._tangents[s] for s in step.free_symbols if s in self._tangents}
        self._values[symbol] = made
        if moving:
            tangents = step.moved(self._values.__getitem__, made, moving)
            if isinstance(step, Contract) and self._is_far(step.operands):
                squares = step.moved_twice(moving)
                tangents = tangents if squares is None else tangents + self.scale * squares
            if tangents is not None:
                self._tangents[symbol] = _finite(tangents)
        self._round(symbol, step.roundings(self._values.__getitem__, made))

    @property
    def _precision(self) -> Precision:
        assert self._now is not None  # noqa: S101 - steps are taken for a node
        return self.precision(self._now)

    def _round(self, symbol: Symbol, roundings: Roundings) -> None:
        """Add the tangents of the operation's own roundings."""
        kind = self._precision
        bound = kind.unit * kind.stored(roundings.stored) + kind.summing * kind.stored(
            roundings.summed
        )
        bound = np.asarray(_finite(bound) / self.scale)
        rounding = int(np.count_nonzero(bound))
        if not rounding:
            return
        self.sites += rounding
        noise = self._draw.standard_normal((self.count, *bound.shape), dtype=np.float32)
        shared = self._draw.standard_normal((self.count, *(1,) * bound.ndim), dtype=np.float32)
        # In place and in float32: to ask the system for memory costs more than to compute.
        noise += np.float32(_IN_COMMON) * shared * np.sign(self._values[symbol]).astype(np.float32)
        own = np.asarray(bound * noise, dtype=np.float64)
        if symbol in self._tangents:
            own += self._tangents[symbol]
        self._tangents[symbol] = own

    def _forget(self, node: Node, uses: Counter[Node]) -> None:
        """Drop what is not needed any more; several nodes may have one symbol."""
        used = _used(node)
        uses.subtract(used)
        for value in (*used, node):
            symbol = self._symbols.pop(value, None) if uses[value] <= 0 else None
            if symbol is not None:
                self._holders[symbol] -= 1
                self._loose.append(symbol)
        for symbol in self._loose:
            if not self._holders[symbol]:
                self._values.pop(symbol, None)
                self._tangents.pop(symbol, None)
        self._loose.clear()

    def _new(self) -> Symbol:
        """A symbol that no node holds as yet."""
        symbol: Symbol = next(self._names)
        self._loose.append(symbol)
        return symbol


@lru_cache(maxsize=4096)
def _is_curved(template: Expr) -> bool:
    """Whether it is a polynomial of a degree above 1, whose value beside any number is known."""
    if not positions(template) or template.has(*_CASES):
        return False
    degree = degree_of(template)
    return 1 < degree < math.inf


def _used(node: Node) -> list[Node]:
    """What a node may ask the symbol of: what it needs, or what that repeats."""
    return [value for need in node.needs for value in (need, repeated(need))]


def _holds(numbers: Float64Array, kind: Precision) -> Any:
    """The mask of numbers that the type holds exactly, as it does small integers."""
    significand = np.frexp(numbers)[0] / kind.unit
    return significand == np.rint(significand)


def _finite(numbers: Any) -> Any:
    """The numbers, 0 where they are not finite."""
    return numbers if np.isfinite(numbers).all() else np.nan_to_num(numbers, posinf=0.0, neginf=0.0)


def _over(tangents: Float64Array, axes: int) -> Float64Array:
    """The tangents of an array of fewer axes, as numpy would broadcast it."""
    missing = axes - (tangents.ndim - 1)
    return tangents.reshape(len(tangents), *(1,) * missing, *tangents.shape[1:])
