"""Find the entries of an adjoint that depend on an output without a value: those NaN reaches.

An output is asked for by its cotangent. With NaN in place of the cotangents of those entries that
have no value, a program gives NaN for what hangs on them. It is that of the adjoints, with slopes
of 1 in place of all those of functions of an entry, and NaN passes on through every 0: at x = −1
log(max(x, 0)) has no derivative, though its formula is 0 times something, nor has sign(log(x)).

A function that is made of derivatives, as 1/x is of log x, has no value where they are none.
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

from symdiff.array_types import BoolArray
from symdiff.graph.adjoints.acyclic import acyclic
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.adjoints.reverse import sweep_from
from symdiff.graph.graph import Graph
from symdiff.graph.kinds.einsum import Einsum, contraction
from symdiff.graph.kinds.elementwise import Elementwise, elementwise
from symdiff.graph.kinds.gather import Gather, Scatter
from symdiff.graph.kinds.input import Input
from symdiff.graph.kinds.largest import Largest
from symdiff.graph.kinds.literal import Literal
from symdiff.graph.kinds.support import Support
from symdiff.graph.node import Node, topological
from symdiff.graph.template import placeholder
from symdiff.notation.arrays import Axes
from symdiff.oracle.enclosures.enclosure import Why
from symdiff.oracle.programs.array_balls import is_wide
from symdiff.programs.program import Program, program
from symdiff.trees.walks import ordered

Balls = Mapping[str, Any]
Lost = Callable[[Any], BoolArray]
Spoiled = Mapping[str, Callable[[Any], Any]]  # by input what is made of its entries
Reaching = Callable[[Mapping[str, Node], Spoiled], Balls]
Masks = Mapping[str, BoolArray]

# An entry that no other comes to, as of a scatter, is the number 0 and no ball.
_NAN = np.frompyfunc(lambda ball: isinstance(ball, arb) and ball.is_nan(), 1, 1)
_WIDE = np.frompyfunc(is_wide, 1, 1)


def no_value(balls: Any) -> BoolArray:
    """The mask of entries proven to have no value."""
    return np.asarray(_NAN(balls), dtype=bool)


def unknown(balls: Any) -> BoolArray:
    """The mask of entries that may be anything."""
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


def operand_counts(graph: Graph) -> Counter[Node]:
    """The number of times that each node of a graph is an operand."""
    found: Counter[Node] = Counter()
    for node in topological(graph.output_nodes):
        found.update(node.operands)
    return found


def terms_of(graph: Graph) -> tuple[Term, ...]:
    """The terms whose sum is differentiated."""
    taken = operand_counts(graph)
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
            yield from _terms(node, operand_counts(graph))


def chosen_from(graph: Graph) -> tuple[Node, ...]:
    """The operands whose comparison chose entries, which what has no value may have misled.

    The largest of a row is such an entry; of rows in another order none is left behind.
    """
    return tuple(
        node.operands[0]
        for node in topological(graph.output_nodes)
        if isinstance(node, Gather | Scatter)
        and node.chosen
        and sorted(node.table.array.flat) != list(range(math.prod(node.shape)))
    )


def _folded(graph: Graph) -> tuple[Node, ...]:
    """What no value is computed from: of y − y, y, without which there is none all the same."""
    nodes = topological(graph.output_nodes)
    return tuple(o for n in nodes if isinstance(n, Elementwise) for o in n.folded)


def _restricting(graph: Graph) -> tuple[Node, ...]:
    """The nodes whose function is not defined everywhere, of those that the output hangs on."""
    computed = topological(graph.output_nodes, computed=True)
    return tuple(node for node in computed if not node.everywhere)


@dataclass(frozen=True)
class Loss:
    """The entries of nodes that have no value, or may have none."""

    why: Why
    axes: Axes
    where: BoolArray
    hit: Masks | None  # by result what hangs on it; None if all may

    def of(self, adjoints: Derivation, name: str, shape: tuple[int, ...]) -> BoolArray:
        """The mask of an adjoint's entries that are lost by it.

        Where each entry hangs on its own place alone, these are those that agree with it in the
        axes that both have; else what hangs on an output that is lost by it.
        """
        if adjoints.signature.pointwise:  # every entry is a problem of its own
            return np.broadcast_to(self.where, shape)
        axes = adjoints.nodes[name].axes
        shared = [a for a in self.axes if a in axes] if _entry_by_entry(adjoints) else []
        lost = self.where.any(axis=tuple(i for i, a in enumerate(self.axes) if a not in shared))
        order = [a for a in self.axes if a in shared]
        lost = np.transpose(lost, [order.index(a) for a in axes if a in shared])
        index = tuple(slice(None) if a in shared else np.newaxis for a in axes)
        where = np.broadcast_to(lost[index], shape)
        return where if self.hit is None else where & self.hit[name]


def _entry_by_entry(adjoints: Derivation) -> bool:
    """Whether each entry of an output hangs on its own place alone, with a cotangent of its own.

    What sums or moves entries on the way leads one elsewhere, whatever its axes are called.
    """

    def in_place(value: Node) -> bool:
        return all(
            isinstance(node, Elementwise | Input | Literal)
            or (
                isinstance(node, Einsum)
                and {a for o in node.operands for a in o.axes} <= {*node.axes}
            )
            for node in topological([value])
        )

    return all(term.value.axes and in_place(term.value) for term in terms_of(adjoints.graph))


class Watch:
    """The nodes to compute beside the results, to see what has no value and what depends on it."""

    def __init__(self, adjoints: Derivation, mark: str = "%") -> None:
        """Args: mark, what names of values begin with."""
        self._adjoints, graph = adjoints, adjoints.graph
        before = graph.derived_from
        self._first = None if before is None else Watch(Derivation(before), mark + "%")
        self._own = {f"{mark}{i}": node for i, node in enumerate(_restricting(graph))}
        found = self.guards  # nothing is lost if there are none
        self._terms = {f"{mark}y{i}": t for i, t in enumerate(_seeded(adjoints)) if found}
        sources = (*chosen_from(graph), *_folded(graph)) if found else ()
        self._sources = {f"{mark}s{i}": node for i, node in enumerate(sources)}
        nodes = adjoints.nodes.items() if found and mark != "%" else ()
        self._results = {f"{mark}d{name}": (name, node) for name, node in nodes}

    @property
    def guards(self) -> Mapping[str, Node]:
        """The nodes whose function is not defined everywhere."""
        return self._own if self._first is None else {**self._own, **self._first.guards}

    @property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes to compute, by name."""
        first = {} if self._first is None else self._first.nodes
        values = {key: term.value for key, term in self._terms.items()}
        results = {key: node for key, (_, node) in self._results.items()}
        return {**first, **self._own, **self._sources, **values, **results}

    @cached_property
    def program(self) -> Program:
        """The program that computes the nodes."""
        return program(self.nodes)

    def losses(self, values: Balls, results: Balls, run: Reaching) -> Iterator[Loss]:
        """All losses, those proven to have no value last.

        Args: values, of `nodes` as `compile_plain` has them; results, the adjoints'; run, which
            computes nodes as `compile_reached` has them, with some inputs changed.
        """
        guards = (values[key] for key in self.guards)
        if all(all(map(arb.is_finite, np.ravel(guard).tolist())) for guard in guards):
            return
        for why, lost in ((Why.UNDECIDED, unknown), (Why.UNDEFINED, no_value)):
            yield from self._losses(why, values, results, lost, run)

    def _losses(
        self, why: Why, values: Balls, results: Balls, lost: Lost, run: Reaching
    ) -> Iterator[Loss]:
        """The losses for one reason."""
        behind = {} if self._first is None else self._first.lost(why, values, lost, run)
        places = [(node.axes, lost(values[key])) for key, node in self._own.items()]
        if self._first is not None:
            nodes = self._first._adjoints.nodes  # noqa: SLF001 - of this class
            places += [(nodes[name].axes, mask) for name, mask in behind.items()]
        if any(where.any() for _, where in places):
            hit = self._hit(values, results, lost, behind, run)
            yield from (Loss(why, axes, where, hit) for axes, where in places)

    def lost(self, why: Why, values: Balls, lost: Lost, run: Reaching) -> dict[str, BoolArray]:
        """By adjoint the entries lost for a reason, which `lost` tells of a value."""
        results = {name: values[key] for key, (name, _) in self._results.items()}
        found = {name: np.zeros(np.shape(balls), bool) for name, balls in results.items()}
        for loss in self._losses(why, values, results, lost, run):
            for name, mask in found.items():
                found[name] = mask | loss.of(self._adjoints, name, mask.shape)
        return {name: mask for name, mask in found.items() if mask.any()}

    @cached_property
    def dependence(self) -> Mapping[str, Node]:
        """By name the adjoints if all functions of an entry had the slope 1."""
        adjoints = self._adjoints
        lines = adjoints.graph.lines
        with acyclic():
            steeper = steep(adjoints.graph.nodes.values(), through_flags=True)
            seeds = [(steeper[lines[name]], v) for name, v in adjoints.cotangents.items()]
            found = sweep_from(seeds).adjoints
        named = {name: steeper[node] for name, node in adjoints.graph.nodes.items()}
        return {name: found[named[name]] for name in adjoints.nodes}

    def _hit(
        self, values: Balls, results: Balls, lost: Lost, behind: Masks, run: Reaching
    ) -> dict[str, BoolArray] | None:
        """By result where it hangs on an output that is lost; None if any may."""
        if any(lost(values[key]).any() for key in self._sources):
            return None
        spoiled, outputs = {}, {}
        for key, term in self._terms.items():
            where = lost(values[key]) | self._behind(term, behind)
            if not where.any():
                continue
            if term.seed is None:
                return None
            outputs[term.seed.name] = term.turned(where)
            spoiled[term.seed.name] = _with_nan(term.turned(where))
        made = run({name: self.dependence[name] for name in results}, spoiled)
        hit = {k: no_value(balls) | no_value(results[k]) for k, balls in made.items()}
        for name in outputs.keys() & hit.keys():  # the output itself is its cotangent's adjoint
            hit[name] = hit[name] | outputs[name]
        inputs = behind.keys() & hit.keys() & self._adjoints.signature.inputs.keys()
        for name in inputs:  # without a first derivative by an entry there is no second one by it
            hit[name] = hit[name] | behind[name]
        return hit

    def _behind(self, term: Term, behind: Masks) -> BoolArray:
        """The entries of a term that are made of derivatives that are lost."""
        if self._first is None or not behind:
            return np.zeros((), bool)
        nodes = self._first._adjoints.nodes  # noqa: SLF001 - of this class
        for name, mask in behind.items():
            if term.value is nodes[name]:
                return mask
        reached = set(topological([term.value], computed=True))
        return np.asarray(any(nodes[name] in reached for name in behind))


def _with_nan(where: BoolArray) -> Callable[[Any], Any]:
    nothing = np.full(where.shape, arb.nan(), object)
    return lambda entries: np.where(where, nothing, entries)


def steep(outputs: Iterable[Node], *, through_flags: bool = False) -> Mapping[Node, Node]:
    """For each node one of the same value whose elementwise functions have slope 1.

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
