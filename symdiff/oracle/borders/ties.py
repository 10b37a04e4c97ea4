"""Enclose gradients where two operands of a maximum are equal: any value between slopes is right.

An adjoint's program is run in ball arithmetic once more, on balls of a tiny radius about the
inputs: at a tie the balls overlap, a case is undecided, and the slope is the ball of all that it
may be. So an entry's ball holds every subgradient that the chain rule makes of choices at the ties,
whatever each of them is; where no tie leads to the entry it is the plain ball. What is equal all
around is no tie: of where(relu(x) > 0, a, b) at x = −1 both sides of the border are exactly 0.

Source: Clarke, Optimization and Nonsmooth Analysis, 1983, §2.1 and theorem 2.3.10.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from flint import arb, ctx
from sympy import Expr, Symbol
from sympy.core.relational import Relational

from symdiff.balls import Undefined
from symdiff.bridge.interpret import OfColumns, interpret
from symdiff.functions import Extreme
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.arrays.steps import ArrayOperation, Unmoved, operation, rows
from symdiff.graph.composed.root import settled_by_convention
from symdiff.graph.kinds.elementwise import Elementwise
from symdiff.graph.kinds.largest import Largest, winners
from symdiff.graph.node import Node, topological
from symdiff.graph.template import placeholder
from symdiff.oracle import deadline
from symdiff.oracle.enclosures.enclosure import Enclosure
from symdiff.oracle.enclosures.from_balls import enclosure_of
from symdiff.oracle.programs.absent import WithAbsent
from symdiff.oracle.programs.array_balls import balls_of, compile_entry
from symdiff.oracle.programs.infinities import with_infinities
from symdiff.programs.program import Program, operands_of, program
from symdiff.programs.sharing import Entrywise

_RADIUS = 448  # bits below an input: far less than what tells two float64 numbers from each other
_SPARE = 64  # bits that a ball has beyond its radius
_SMALLEST = 1074  # bits below 1 of the smallest input that is not 0
_PATIENCE = 20.0  # seconds
_LINE = "%line"
_KINKED = (Extreme, sympy.Piecewise, sympy.Abs, sympy.Max, sympy.Min, sympy.sign, sympy.Heaviside)


def enclose_at_ties(adjoints: Derivation, inputs: Mapping[str, Any]) -> dict[str, Enclosure]:
    """Enclose each adjoint's entries whatever is chosen at ties; nothing is certified.

    Values of the graph itself are left out: a tie is no excuse for a value. Nothing is said where
    the graph has no kink, or the time is spent.

    Args: inputs, as `enclose_adjoints` takes them.
    """
    values = set(topological(adjoints.graph.output_nodes, computed=True))
    asked = {name: node for name, node in adjoints.nodes.items() if node not in values}
    if not any(map(_kinked, topological(asked.values(), computed=True))):
        return {}
    arrays, parameters, lengths = adjoints.signature.bind(inputs)
    try:
        with deadline.unless_set(_PATIENCE):
            return whatever_is_chosen(asked, arrays, {**arrays, **parameters, **lengths})
    except deadline.OutOfTimeError:
        return {}


def choosing_steps(steps: Program, inputs: Iterable[str]) -> set[Any]:
    """The expressions whose case depends on the inputs, and `winners` if the largest does.

    A mask made of positions hangs on none.
    """
    moved = {steps.arguments[name] for name in inputs if name in steps.arguments}
    found: set[Any] = set()
    for symbol, what in steps.steps:
        if isinstance(what, Entrywise):
            hanging = {placeholder(i) for i, s in enumerate(what.operands) if s in moved}
            if not hanging:
                continue
            moved.add(symbol)
            if not hanging.isdisjoint(_deciding(what.template)):
                found.add(what.template)
        elif not moved.isdisjoint(what.free_symbols):
            moved.add(symbol)
            if what.function is winners:
                found.add(winners)
    return found


def chosen(steps: Program, choosing: Container[Any]) -> set[str]:
    """The results that depend on one of the choosing steps."""
    hanging: set[Symbol] = set()
    for symbol, what in steps.steps:
        key = what.template if isinstance(what, Entrywise) else what.function
        if key in choosing or not hanging.isdisjoint(operands_of(what)):
            hanging.add(symbol)
    return {name for name, symbol in steps.results.items() if symbol in hanging}


@lru_cache(maxsize=4096)
def _deciding(template: Expr) -> frozenset[Symbol]:
    """The expressions that decide the cases of an expression."""
    atoms = template.atoms(*_KINKED, Relational) - settled_by_convention(template)
    chosen = (e for e in atoms if not isinstance(e, sympy.Piecewise))  # its relations are atoms too
    return frozenset().union(*(e.free_symbols for e in chosen))


def whatever_is_chosen(
    nodes: Mapping[str, Node],
    inputs: Iterable[str],
    arguments: Mapping[str, Any],
    radius: int = _RADIUS,
    line: Node | None = None,
) -> dict[str, Enclosure]:
    """Each node's value, entry by entry, whatever is chosen at ties of the inputs; not certified.

    Args: inputs, the names of those arguments that are taken with a tiny radius; radius, how many
        bits below an input it is; line, a value that is taken so too, whatever it is computed from.
    Raises: OutOfTimeError.
    """
    steps, moved = program(nodes), set(inputs)
    if line is not None:
        steps = program({**nodes, _LINE: line}, shared=False).given(_LINE)
        moved.add(_LINE)
    with ctx.workprec(radius + _SPARE):
        balls = {name: balls_of(values) for name, values in arguments.items()}
        if line is not None:
            balls |= interpret(program({_LINE: line}), balls, compile_entry)
        balls |= {name: _around(balls[name], radius) for name in moved if name in balls}
        found = interpret(_opened(steps), balls, _compile)
    return {
        name: enclosure_of(list(map(arb, np.ravel(made))), relative=0.0).reshape(np.shape(made))
        for name, made in found.items()
    }


def _widened(ball: arb, radius: int) -> arb:
    if not ball.is_finite():
        return ball
    size = arb(2) ** -_SMALLEST if ball.is_zero() else abs(ball.mid())
    return arb(ball.mid(), ball.rad() + size * arb(2) ** -radius)


def _around(balls: Any, radius: int) -> Any:
    """Balls of a tiny radius about numbers; what is not finite stays as it is."""
    return np.asarray(np.frompyfunc(lambda ball: _widened(ball, radius), 1, 1)(balls), object)


def _kinked(node: Any) -> bool:
    return isinstance(node, Largest) or (isinstance(node, Elementwise) and node.expr.has(*_KINKED))


def _opened(steps: Program) -> Program:
    """The program with equal entries of a maximum each given any share of its slope."""
    return replace(steps, steps=tuple((symbol, _open(what)) for symbol, what in steps.steps))


def _open(what: Any) -> Any:
    if not isinstance(what, ArrayOperation) or what.function is not winners:
        return what
    whole, axis = what.args[1], what.args[2].value
    return operation(_any_winners, whole, axis, kind=Unmoved)


def _any_winners(operand: Any, axis: int) -> Any:
    """1 for what is largest along the axis, 0 for what is not, [0, 1] where that is not decided."""
    return rows(_shares, operand, axis)


def _shares(entries: list[Any]) -> list[Any]:
    found: list[Any] = []
    for i, mine in enumerate(entries):
        others = [other for j, other in enumerate(entries) if j != i]
        if any(mine < other for other in others):
            found.append(arb(0))
        elif all(mine > other for other in others):
            found.append(arb(1))
        else:
            found.append(arb(0.5, 0.5))
    return found


def _compile(symbols: Sequence[Symbol], expression: Expr) -> Callable[..., Any]:
    return _compiled(tuple(symbols), expression)


@lru_cache(maxsize=1024)
def _compiled(symbols: tuple[Symbol, ...], expression: Expr) -> OfColumns:
    return WithAbsent(symbols, expression, lambda e: _plain(symbols, e))


def _plain(symbols: tuple[Symbol, ...], expression: Expr) -> Callable[..., Any]:
    function = with_infinities(symbols, expression)

    def evaluate(*balls: Any) -> Any:
        """The value; NaN where there is none."""
        if deadline.spent():
            raise deadline.OutOfTimeError
        try:
            return function(*balls)
        except Undefined:
            return arb.nan()

    return evaluate
