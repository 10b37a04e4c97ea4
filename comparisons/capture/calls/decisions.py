"""Find what a run decided by rounding: y * 10 >= 19 holds at y = 1.9 as the product rounds up.

A case of a formula, a maximum or a rounding to whole numbers goes by what its operands are. Its
node is the exact one, which says what lies on either side of a border. Where a rounding error on
the way took the run to the other side, the node goes by the operands that the run had: code is
judged as it runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from flint import arb, ctx
from sympy import Abs, Expr, Piecewise, Rational, Symbol
from sympy.core.relational import Relational
from torch import Tensor

from comparisons.capture.arrays.axes import axes_of, length_of, over
from comparisons.capture.arrays.storage import numbers
from comparisons.capture.calls.call import Call
from comparisons.dtypes import Float64Array
from symdiff.bridge.interpret import interpret
from symdiff.functions import Extreme, maximum
from symdiff.functions.rounding import Rounding, rint
from symdiff.graph import Elementwise, Input, Node, elementwise, topological
from symdiff.graph.kinds.literal import Literal
from symdiff.graph.template import placeholder
from symdiff.oracle import deadline
from symdiff.oracle.programs.array_balls import balls_of, compile_entry
from symdiff.programs.program import program
from symdiff.rounding import DOUBLE, Precision
from symdiff.rounding.walk import Walk

_EXACT = Precision(2.0**-1000, 0.0)  # of what is given: it holds all of float64
_TANGENTS = 4
_TIMES = 64.0  # the largest of some random tangents: beyond it nothing is decided by them
_BITS = 256
_PATIENCE = 3.0  # seconds
_BORDERED = (Relational, Extreme, Abs, sympy.sign, Rounding)


@dataclass(frozen=True, eq=False)
class ByCases:
    """One operation whose formula depends on a comparison, as that of `relu` or `floor` does.

    Args: exact, by what it goes, as whole numbers; ran, the same of what the operands were in the
        run; margins, which are 0 at the borders.
    """

    exact: tuple[Node, ...]
    ran: tuple[Node, ...]
    margins: tuple[Node, ...]


def decision(call: Call, node: Node) -> tuple[ByCases, Node] | None:
    """What a call decided, and the node that takes the decision as given; None if nothing changes.

    Of x > 0 the border is one of the inputs, and no rounding's.
    """
    if not isinstance(node, Elementwise) or not node.expr.has(*_BORDERED):
        return None
    if not any(map(_computed, node.operands)):
        return None
    held = {call.value(t): numbers(t) for t in call.tensors if isinstance(t, Tensor)}
    if any(operand not in held for operand in node.operands):
        return None
    fixed = [held[operand] for operand in node.operands]
    outcomes, margins = _borders(node.expr)
    count = len(fixed)
    by_the_run = _by_other_operands(node.expr, count)
    axes = axes_of(call.result.shape)
    made = ByCases(
        tuple(over(_of(outcome, node.operands), axes) for outcome in outcomes),
        tuple(over(_of(outcome, fixed), axes) for outcome in outcomes),
        tuple(_of(margin, node.operands) for margin in margins),
    )
    return made, _of(by_the_run, (*node.operands, *fixed))


def _of(template: Expr, operands: Sequence[Node]) -> Node:
    return elementwise(lambda *_: template, *operands)  # it is in placeholders already


def _computed(node: Node) -> bool:
    """Whether anything on the way may be rounded."""
    return bool(node.operands)


@lru_cache(maxsize=1024)
def _borders(expression: Expr) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
    """Whole numbers that say on which side of each border one is, and how far from it."""
    outcomes: dict[Expr, Expr] = {}
    for part in expression.atoms(*_BORDERED):
        if isinstance(part, Rounding):
            (at,) = part.args
            at = at - Rational(1, 2) if isinstance(part, rint) else at
            outcomes[part] = at - rint(at)
            continue
        apart = part.args[0] - part.args[1] if len(part.args) == 2 else part.args[0]
        outcomes[sympy.sign(apart)] = apart
    return tuple(outcomes), tuple(outcomes.values())


@lru_cache(maxsize=1024)
def _by_other_operands(expression: Expr, count: int) -> Expr:
    """The expression that goes by operands `count` later: a where those are positive."""
    others = {placeholder(i): placeholder(count + i) for i in range(count)}

    def put(part: Any) -> Any:
        other = part.xreplace(others) if hasattr(part, "xreplace") else part
        if isinstance(part, Rounding | sympy.sign):
            return other
        if isinstance(part, Piecewise):
            return Piecewise(*((put(e), c.xreplace(others)) for e, c in part.args))
        if isinstance(part, Extreme):
            a, b = other.args if isinstance(part, maximum) else reversed(other.args)
            first, second = map(put, part.args)
            return Piecewise((first, a > b), (second, True))
        if isinstance(part, Abs):
            return sympy.sign(other.args[0]) * put(part.args[0])
        if isinstance(part, Symbol) or not part.args:
            return part
        return part.func(*map(put, part.args))

    found: Expr = put(expression)
    return found


def decided_by_rounding(
    decisions: Sequence[ByCases], inputs: Mapping[str, Float64Array]
) -> frozenset[int]:
    """The decisions that come out otherwise in exact arithmetic, or may.

    Args: inputs, the values of the graph's inputs.
    """
    nodes = [node for d in decisions for node in (*d.exact, *d.ran, *d.margins)]
    if not nodes:
        return frozenset()
    given = {**inputs, **_lengths(nodes)}
    found: dict[Node, tuple[Float64Array, Float64Array | None]] = {}
    walk = Walk(given, _precision, _TANGENTS, np.random.default_rng(0))
    walk.run(nodes, lambda node, value, moved: found.update({node: (value, moved)}))
    values = {node: value for node, (value, _) in found.items()}
    other: set[int] = set()
    unclear: dict[int, ByCases] = {}
    for i, one in enumerate(decisions):
        if any(_is_near(*found[margin]) for margin in one.margins):
            unclear[i] = one
        elif not _agree(one, values):
            other.add(i)
    exact = _exactly([n for d in unclear.values() for n in (*d.exact, *d.ran)], given)
    return frozenset(other | {i for i, d in unclear.items() if not _agree(d, exact)})


def _precision(node: Node) -> Precision:
    return _EXACT if isinstance(node, Input | Literal) else DOUBLE


def _lengths(nodes: Sequence[Node]) -> dict[str, float]:
    """The lengths of all axes on the way, by their names."""
    return {a: float(length_of(a)) for n in topological(nodes, computed=True) for a in n.axes}


def _is_near(margin: Float64Array, moved: Float64Array | None) -> bool:
    """Whether a rounding error may lead past a border."""
    if moved is None:
        return False
    error = np.abs(moved).max(0)
    with np.errstate(invalid="ignore"):
        return bool((np.isfinite(margin) & (error > 0) & (np.abs(margin) <= _TIMES * error)).any())


def _agree(one: ByCases, values: Mapping[Node, Float64Array]) -> bool:
    """Whether the exact values are on the same side of every border as the run's operands."""
    for exact, ran in zip(one.exact, one.ran, strict=True):
        if exact not in values or ran not in values:
            return False
        with np.errstate(invalid="ignore"):
            apart = np.abs(values[exact] - values[ran])
        if not (apart[np.isfinite(apart)] < 0.5).all():
            return False
    return True


def _exactly(nodes: Sequence[Node], given: Mapping[str, Any]) -> dict[Node, Float64Array]:
    """The values of nodes that are known for certain, in so much time."""
    if not nodes:
        return {}
    steps = program({str(i): node for i, node in enumerate(nodes)})
    with ctx.workprec(_BITS), deadline.unless_set(_PATIENCE):
        exact = {name: balls_of(given[name]) for name in steps.arguments}
        try:
            found = interpret(steps, exact, compile_entry)
        except deadline.OutOfTimeError:
            return {}
        known: dict[Node, Float64Array] = {}
        for name, balls in found.items():
            entries = [arb(b) for b in np.ravel(np.asarray(balls, dtype=object))]
            if all(b.is_finite() and b.rad() < 0.25 for b in entries):
                middle = np.array([float(b.mid()) for b in entries])
                known[nodes[int(name)]] = middle.reshape(np.shape(balls))
        return known
