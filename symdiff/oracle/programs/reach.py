"""Which entries of an adjoint hang on an output that has no value: those that NaN reaches.

An output is asked for by its cotangent. With NaN in place of the cotangents of those entries that
have no value, a program gives NaN for what hangs on them. It is that of the adjoints, with slopes
of 1 in place of all those of functions of an entry, and NaN passes on through every 0: at x = −1
log(max(x, 0)) has no derivative, though its formula is 0 times something, nor has sign(log(x)).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb
from sympy import S

from symdiff.bridge.program import Program, program
from symdiff.graph.adjoints.acyclic import acyclic
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.adjoints.reverse import sweep_from
from symdiff.graph.graph import Graph
from symdiff.graph.kinds.einsum import Einsum, contraction
from symdiff.graph.kinds.elementwise import Elementwise, elementwise
from symdiff.graph.kinds.gather import Gather, Scatter
from symdiff.graph.kinds.input import Input
from symdiff.graph.kinds.largest import Largest
from symdiff.graph.kinds.support import Support
from symdiff.graph.node import Node, topological
from symdiff.graph.order import ordered
from symdiff.graph.template import placeholder
from symdiff.notation.arrays import Axes
from symdiff.oracle.enclosures.enclosure import BoolArray, Why

Balls = Mapping[str, Any]
Lost = Callable[[Any], BoolArray]
Spoiled = Mapping[str, Callable[[Any], Any]]  # by input what is made of its entries
Reaching = Callable[[Spoiled, Iterable[str]], Balls]

# An entry that no other comes to, as of a scatter, is the number 0 and no ball.
_NAN = np.frompyfunc(lambda ball: isinstance(ball, arb) and ball.is_nan(), 1, 1)
_WIDE = np.frompyfunc(
    lambda ball: isinstance(ball, arb) and not ball.is_nan() and not ball.rad().is_finite(), 1, 1
)


def no_value(balls: Any) -> BoolArray:
    """Where there is proven to be none."""
    return np.asarray(_NAN(balls), dtype=bool)


def unknown(balls: Any) -> BoolArray:
    """Where a value may be anything."""
    return np.asarray(_WIDE(balls), dtype=bool)


@dataclass(frozen=True)
class Term:
    """A term of what is differentiated: Σ v y, or y, a number by itself."""

    value: Node
    seed: Input | None = None

    def turned(self, entries: Any) -> Any:
        """The value's entries in the order of its cotangent's axes."""
        axes: Axes = () if self.seed is None else self.seed.axes
        return np.transpose(entries, [self.value.axes.index(a) for a in axes])


def takes(graph: Graph) -> Counter[Node]:
    """How often each node of a graph is an operand."""
    found: Counter[Node] = Counter()
    for node in topological(graph.output_nodes):
        found.update(node.operands)
    return found


def terms_of(graph: Graph) -> tuple[Term, ...]:
    """The terms that the outputs of a graph are the sum of."""
    taken = takes(graph)
    return tuple(term for node in graph.output_nodes for term in _terms(node, taken))


def _terms(whole: Node, taken: Counter[Node]) -> tuple[Term, ...]:
    """The terms of one output. Args: taken, how often each node is an operand."""

    def terms(node: Node) -> tuple[Term, ...]:
        operands = node.operands
        together = sum(map(placeholder, range(len(operands))))
        if isinstance(node, Elementwise) and not node.axes and node.expr == together:
            return tuple(term for operand in operands for term in terms(operand))
        if isinstance(node, Einsum) and not node.axes and len(operands) == 2:
            for v, value in (operands, operands[::-1]):
                alone = isinstance(v, Input) and taken[v] == 1 and value.axes
                if isinstance(v, Input) and alone and {*v.axes} == {*value.axes}:
                    return (Term(value, v),)
        return (Term(node),)

    return terms(whole)


def _seeded(adjoints: Derivation) -> Iterator[Term]:
    """The terms of what is differentiated, of an array that is an output with its cotangent."""
    graph = adjoints.graph
    for node, v in zip(graph.output_nodes, adjoints.cotangents.values(), strict=True):
        if isinstance(v, Input) and node.axes:
            yield Term(node, v)
        else:
            yield from _terms(node, takes(graph))


def chosen_from(graph: Graph) -> tuple[Node, ...]:
    """What some entries are taken of: which ones a comparison with what has no value may have said.

    The largest of a row is such an entry; of rows in another order none is left behind.
    """
    return tuple(
        node.operands[0]
        for node in topological(graph.output_nodes)
        if isinstance(node, Gather | Scatter)
        and node.chosen
        and sorted(node.table.array.flat) != list(range(math.prod(node.shape)))
    )


@dataclass(frozen=True)
class Loss:
    """Entries of a node that have no value, or may have none."""

    why: Why
    axes: Axes
    where: BoolArray
    hit: Mapping[str, BoolArray] | None  # by result what hangs on it; None if all may


class Watch:
    """What a program computes beside its results, to see what has no value and what hangs on it."""

    def __init__(self, adjoints: Derivation, restricting: Iterable[Node]) -> None:
        self._adjoints, graph = adjoints, adjoints.graph
        self._guards = {f"%{i}": node for i, node in enumerate(restricting)}
        self._terms = {f"%y{i}": t for i, t in enumerate(_seeded(adjoints)) if self._guards}
        self._sources = {f"%s{i}": n for i, n in enumerate(chosen_from(graph)) if self._guards}

    @property
    def guards(self) -> Mapping[str, Node]:
        """The nodes whose function is not defined everywhere."""
        return self._guards

    @property
    def nodes(self) -> Mapping[str, Node]:
        """All that is to be computed."""
        values = {key: term.value for key, term in self._terms.items()}
        return {**self._guards, **self._sources, **values}

    @cached_property
    def program(self) -> Program:
        """What computes them."""
        return program(self.nodes)

    def losses(self, values: Balls, results: Balls, run: Reaching) -> Iterator[Loss]:
        """Everything that is lost, what is proven to have no value last.

        Args: values, of `nodes` as `compile_plain` has them; results, the adjoints'; run, which
            computes some of `dependence` as `compile_reached` has them, with some inputs changed.
        """
        guards = (values[key] for key in self._guards)
        if all(all(map(arb.is_finite, np.ravel(guard).tolist())) for guard in guards):
            return
        for why, lost in ((Why.UNDECIDED, unknown), (Why.UNDEFINED, no_value)):
            places = [(node.axes, lost(values[key])) for key, node in self._guards.items()]
            if any(where.any() for _, where in places):
                hit = self._hit(values, results, lost, run)
                yield from (Loss(why, axes, where, hit) for axes, where in places)

    @cached_property
    def dependence(self) -> Mapping[str, Node]:
        """By name the adjoints if all functions of an entry had the slope 1."""
        adjoints = self._adjoints
        lines = adjoints.graph.lines
        with acyclic():
            steeper = steep(adjoints.graph.nodes.values())
            seeds = [(steeper[lines[name]], v) for name, v in adjoints.cotangents.items()]
            found = sweep_from(seeds).adjoints
        named = {name: steeper[node] for name, node in adjoints.graph.nodes.items()}
        return {name: found[named[name]] for name in adjoints.nodes}

    def _hit(
        self, values: Balls, results: Balls, lost: Lost, run: Reaching
    ) -> dict[str, BoolArray] | None:
        """By result where it hangs on an output that is lost."""
        if any(lost(values[key]).any() for key in self._sources):
            return None
        spoiled, outputs = {}, {}
        for key, term in self._terms.items():
            where = lost(values[key])
            if not where.any():
                continue
            if term.seed is None:
                return None
            outputs[term.seed.name] = term.turned(where)
            spoiled[term.seed.name] = _with_nan(term.turned(where))
        hit = {
            k: no_value(made) | no_value(results[k]) for k, made in run(spoiled, results).items()
        }
        for name in outputs.keys() & hit.keys():  # the output itself is its cotangent's adjoint
            hit[name] = hit[name] | outputs[name]
        return hit


def _with_nan(where: BoolArray) -> Callable[[Any], Any]:
    nothing = np.full(where.shape, arb.nan(), object)
    return lambda entries: np.where(where, nothing, entries)


def steep(outputs: Iterable[Node], *, through_flags: bool = False) -> Mapping[Node, Node]:
    """By node one of the same value, whose functions of an entry pass back what they receive.

    Args: through_flags, whether each flag of the largest passes it to all of its row; such a node
        has another value, of which nothing hangs whether NaN reaches an entry.
    """
    made: dict[Node, Node] = {}
    for node in ordered(outputs, lambda n: (*n.operands, *n.held.values())):
        content = [made[c] if isinstance(c, Node) else c for c in node.content]
        operands = tuple(made[o] for o in node.operands)
        if isinstance(node, Elementwise):
            content = [node.expr, (S.One,) * len(operands)]
        if through_flags and isinstance(node, Largest | Support):
            made[node] = _row(operands[0], node.axis)
            continue
        made[node] = type(node)(node.axes, operands, *content)
    return made


def _row(operand: Node, axis: str) -> Node:
    """Each entry and the sum of its row, which no slope makes 0."""
    whole = contraction((operand,), tuple(a for a in operand.axes if a != axis))
    return elementwise(lambda a, b: a + b, operand, whole)
