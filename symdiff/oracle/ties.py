"""Gradients where two operands of a maximum are equal: any value between the slopes is right.

An adjoint's program is run in ball arithmetic once more, on balls of a tiny radius about the
inputs: at a tie the balls overlap, a case is undecided, and the slope is the ball of all that it
may be. So an entry's ball holds every subgradient that the chain rule makes of choices at the ties,
whatever each of them is; where no tie leads to the entry it is the plain ball. What is equal all
around is no tie: of where(relu(x) > 0, a, b) at x = −1 both sides of the border are exactly 0.

Source: Clarke, Optimization and Nonsmooth Analysis, 1983, §2.1 and theorem 2.3.10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from flint import arb, ctx
from sympy import Expr, Symbol

from symdiff.balls import Undefined, compile_ball
from symdiff.bridge.interpret import interpret
from symdiff.bridge.program import Program, program
from symdiff.functions import Extreme
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.arrays.steps import ArrayOperation, Unmoved, operation, rows
from symdiff.graph.kinds.elementwise import Elementwise
from symdiff.graph.kinds.largest import Largest, winners
from symdiff.graph.node import topological
from symdiff.oracle import deadline
from symdiff.oracle.arrays import balls_of
from symdiff.oracle.enclosure import Enclosure
from symdiff.oracle.from_balls import enclosure_of

_BITS = 512
_RADIUS = 448  # bits below an input: far less than what tells two float64 numbers from each other
_LEAST = 1074 + _RADIUS  # bits below 1, of an input that is 0
_PATIENCE = 20.0  # seconds
_KINKED = (Extreme, sympy.Piecewise, sympy.Abs, sympy.Max, sympy.Min, sympy.sign, sympy.Heaviside)


def enclose_at_ties(adjoints: Derivation, inputs: Mapping[str, Any]) -> dict[str, Enclosure]:
    """Of each adjoint, entry by entry, what holds it whatever is chosen at ties; not certified.

    Values of the graph itself are left out: a tie is no excuse for a value. Nothing is said where
    the graph has no kink, or the time is spent.

    Args: inputs, as `enclose_adjoints` takes them.
    """
    values = set(topological(adjoints.graph.output_nodes, computed=True))
    asked = {name: node for name, node in adjoints.nodes.items() if node not in values}
    if not any(map(_kinked, topological(asked.values(), computed=True))):
        return {}
    arrays, parameters, lengths = adjoints.signature.bind(inputs)
    steps = _opened(program(asked))
    given = {**arrays, **parameters, **lengths}
    with ctx.workprec(_BITS), deadline.unless_set(_PATIENCE):
        balls = {name: balls_of(given[name]) for name in steps.arguments}
        balls |= {name: _around(balls[name]) for name in arrays if name in balls}
        try:
            found = interpret(steps, balls, _compile)
        except deadline.OutOfTimeError:
            return {}
    return {
        name: enclosure_of(list(map(arb, np.ravel(made))), relative=0.0).reshape(np.shape(made))
        for name, made in found.items()
    }


def _widened(ball: arb) -> arb:
    if not ball.is_finite():
        return ball
    radius = arb(2) ** -_LEAST if ball.is_zero() else abs(ball.mid()) * arb(2) ** -_RADIUS
    return arb(ball.mid(), ball.rad() + radius)


def _around(balls: Any) -> Any:
    """Balls of a tiny radius about numbers; what is not finite stays as it is."""
    return np.asarray(np.frompyfunc(_widened, 1, 1)(balls), object)


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
def _compiled(symbols: tuple[Symbol, ...], expression: Expr) -> Callable[..., Any]:
    function = compile_ball(expression, symbols)

    def evaluate(*balls: Any) -> Any:
        """The value; NaN where there is none."""
        if deadline.spent():
            raise deadline.OutOfTimeError
        try:
            return function(*balls)
        except Undefined:
            return arb.nan()

    return evaluate
