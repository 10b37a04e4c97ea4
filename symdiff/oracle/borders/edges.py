"""Tell whether an array function has values beside a point at an edge of its domain.

√(−x²) and (x³ − x²)^(3/2) have a value at 0 and none around it, and so no derivative, though what
their formulas say there may be 0. Of x^(3/2), which has values on one side, it is the slope there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import numpy as np
from flint import arb, ctx
from sympy import Expr, Ge, Gt, Piecewise, Symbol

from symdiff.array_types import BoolArray
from symdiff.balls.elementary import CannotCertify, Undecided
from symdiff.bridge.interpret import interpret
from symdiff.expression.domain import Domain
from symdiff.functions import maximum, minimum
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.kinds.einsum import Einsum
from symdiff.graph.kinds.elementwise import Elementwise, from_template
from symdiff.graph.kinds.gather import Gather, Scatter
from symdiff.graph.kinds.largest import Largest
from symdiff.graph.kinds.literal import Literal
from symdiff.graph.kinds.part import Part, Placed
from symdiff.graph.kinds.renamed import Renamed
from symdiff.graph.kinds.running import RunningSum
from symdiff.graph.kinds.stop import Stop
from symdiff.graph.kinds.support import Support
from symdiff.graph.kinds.with_rule import WithRule
from symdiff.graph.node import Node, topological
from symdiff.graph.template import placeholder
from symdiff.oracle import deadline
from symdiff.oracle.borders.array_jumps import reached
from symdiff.oracle.enclosures.enclosure import Enclosure, Why, uncertain
from symdiff.oracle.enclosures.from_float_balls import WORTH, none_is_zero
from symdiff.oracle.neighbourhood.moved_alone import MovedAlone, each
from symdiff.oracle.neighbourhood.one_sided import UNKNOWN, NoOneSidedRule, sign_beside
from symdiff.oracle.programs.array_balls import balls_of, compile_plain
from symdiff.programs.program import program

_BITS = 512
_CARRYING = (Gather, Scatter, Part, Placed, Renamed, RunningSum, Stop)  # entries, 0 and sums
_EDGE = "%edge"


def settle_edges(
    found: Mapping[str, Enclosure], adjoints: Derivation, arguments: Mapping[str, Any]
) -> None:
    """Keep certified only the entries whose function has values on at least one side.

    Args: arguments, the program's: arrays, parameters and lengths of axes, by name.
    """
    edges = _edges(adjoints)
    if not edges:
        return
    entries = sum(int(np.size(value)) for value in arguments.values())
    if entries >= WORTH and none_is_zero(program(edges), arguments, ()):
        return
    try:
        _settle(found, adjoints, arguments, edges)
    except deadline.OutOfTimeError:
        for enclosure in found.values():
            _lose(enclosure, np.ones(enclosure.shape, bool))


def _settle(
    found: Mapping[str, Enclosure],
    adjoints: Derivation,
    arguments: Mapping[str, Any],
    edges: Mapping[str, Node],
) -> None:
    """Keep certified only the entries whose function has values on at least one side.

    Raises: OutOfTimeError.
    """
    with ctx.workprec(_BITS):
        balls = interpret(program(edges), _balls(arguments), compile_plain)
        origins = {edges[k]: mask for k, made in balls.items() if (mask := _at_0(made)).any()}
        if not origins:
            return
        hit = reached(adjoints, origins, arguments)
        for name, enclosure in found.items():
            some = hit.get(name, np.zeros((), bool)) & enclosure.certified
            if not some.any():
                continue
            inside = np.zeros(enclosure.shape, bool)
            if not adjoints.signature.pointwise:
                with suppress(NoOneSidedRule, CannotCertify):
                    for place in _inside(name, adjoints, arguments, origins, some):
                        inside[place] = True
            _lose(enclosure, some & ~inside)


def _lose(enclosure: Enclosure, where: BoolArray) -> None:
    enclosure.put(where, uncertain((int(where.sum()),), Why.UNDECIDED))


def _balls(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: balls_of(value) for name, value in arguments.items()}


def _at_0(made: Any) -> BoolArray:
    """Where a number is 0, or may be."""
    flat = [arb(ball) for ball in np.ravel(made).tolist()]
    met = [not (ball > 0 or ball < 0 or ball.is_nan()) for ball in flat]
    return np.array(met, dtype=bool).reshape(np.shape(made))


def _inside(
    name: str,
    adjoints: Derivation,
    arguments: Mapping[str, Any],
    origins: Mapping[Node, BoolArray],
    some: BoolArray,
) -> Iterator[tuple[int, ...]]:
    """The places of entries of which one side is proven to leave no edge outside.

    Raises: NoOneSidedRule, OutOfTimeError.
    """
    nodes = {f"{_EDGE}{i}": node for i, node in enumerate(origins)}
    alone = MovedAlone(name, adjoints, arguments)
    run = alone.run_of(nodes)
    for moving in each(some):
        for side in (-1, 1):
            made = run(moving, side)
            pairs = zip(origins.values(), (made[key] for key in nodes), strict=True)
            entries = (e for mask, numbers in pairs for e in np.asarray(numbers, object)[mask])
            if all(_not_below(entry, side) for entry in entries):
                yield from map(tuple, np.argwhere(moving))
                break


def _not_below(number: Any, side: int) -> bool:
    """Whether a series is not below 0 on a side."""
    if number is UNKNOWN:
        return False
    with suppress(Undecided):
        return sign_beside(number, side) >= 0
    return False


def _edges(adjoints: Derivation) -> dict[str, Node]:
    """Nodes that are 0 at an edge of a domain, where there still is a value, and below 0 beyond."""
    graphs = (adjoints.graph, *adjoints.graph.before)
    computed = topological([n for g in graphs for n in g.output_nodes], computed=True)
    positive: dict[Node, bool] = {}
    edges: list[tuple[Expr, tuple[Node, ...]]] = []
    for node in computed:
        positive[node] = _is_nonnegative(node, positive)
        if isinstance(node, Elementwise):
            signs = tuple(positive[o] for o in node.operands)
            edges += [(edge, node.operands) for edge in _edges_of(node.expr, signs)]
    return {f"{_EDGE}{i}": from_template(edge, on) for i, (edge, on) in enumerate(edges)}


@lru_cache(maxsize=4096)
def _edges_of(expr: Expr, signs: tuple[bool, ...]) -> tuple[Expr, ...]:
    """The expressions that must be ≥ 0 for a value to exist, and are not always.

    Args: signs, which operands are never below 0.
    """
    needs = (r for r in Domain().of(expr) if r.kind == "nonnegative")
    edges = (r.of if r.where == True else Piecewise((r.of, r.where), (1, True)) for r in needs)  # noqa: E712 - SymPy's true
    return tuple(e for e in edges if not _never_below(e, signs))


def _is_nonnegative(node: Node, known: Mapping[Node, bool]) -> bool:
    """Whether no entry is ever below 0."""
    if isinstance(node, Largest | Support):
        return True
    if isinstance(node, Literal):
        return bool((node.values.array >= 0).all())
    if isinstance(node, WithRule):
        return known[node.value]
    if isinstance(node, Elementwise):
        return _never_below(node.expr, tuple(known[o] for o in node.operands))
    if isinstance(node, Einsum):
        alone = {o for o in node.operands if not known[o]}
        return all(node.operands.count(o) % 2 == 0 for o in alone)
    return isinstance(node, _CARRYING) and all(known[o] for o in node.operands)


@lru_cache(maxsize=4096)
def _never_below(expr: Expr, signs: tuple[bool, ...]) -> bool:
    if isinstance(expr, maximum):
        return any(_never_below(a, signs) for a in expr.args)
    if isinstance(expr, minimum):
        return all(_never_below(a, signs) for a in expr.args)
    if isinstance(expr, Piecewise):
        return all(
            _never_below(value, signs) or (isinstance(c, Ge | Gt) and c.rhs == 0 and c.lhs == value)
            for value, c in expr.args
        )
    put = {placeholder(i): _at_least_0(i) for i, sign in enumerate(signs) if sign}
    return bool(expr.xreplace(put).is_extended_nonnegative)


@lru_cache(maxsize=4096)
def _at_least_0(i: int) -> Symbol:
    return Symbol(f"%{i}", nonnegative=True)
