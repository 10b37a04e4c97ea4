"""What a run decided by a rounding: y * 10 >= 19 holds at y = 1.9 since the product is rounded up.

A comparison or a rounding to whole numbers is constant around the inputs, but for jumps. Its node
is the exact one, which says what lies on either side of a jump. Where a rounding error on the way
took the run to the other side, what the run decided is the constant: code is judged as it runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb, ctx
from sympy import Rational

from comparisons.capture.arrays.axes import axes_of, length_of, over
from comparisons.capture.arrays.numbers import array_node
from comparisons.capture.arrays.storage import array_of, numbers
from comparisons.capture.calls.call import Call
from symdiff.bridge.interpret import interpret
from symdiff.bridge.program import program
from symdiff.functions.rounding import rint
from symdiff.graph import Input, Node, elementwise, topological
from symdiff.graph.kinds.literal import Literal
from symdiff.oracle import deadline
from symdiff.oracle.array_balls import balls_of, compile_entry
from symdiff.rounding import DOUBLE, Precision
from symdiff.rounding.walk import Walk

Array = npt.NDArray[np.float64]

COMPARISONS = frozenset(("gt", "ge", "lt", "le", "eq", "ne", "sign", "sgn"))
WHOLE = frozenset(("floor", "ceil", "trunc", "round", "frac", "remainder", "fmod"))

_EXACT = Precision(2.0**-1000, 0.0)  # of what is given: it holds all of float64
_TIMES = 32.0  # the largest of some random tangents: beyond it nothing is decided by them
_TANGENTS = 8
_BITS = 256
_PATIENCE = 3.0  # seconds


@dataclass(frozen=True, eq=False)
class Decision:
    """One operation that jumps.

    Args: node, what it is in exact arithmetic; margin, which is 0 where it jumps; made, what the
        run made of it.
    """

    node: Node
    margin: Node
    made: Array


def decision(call: Call, node: Node) -> Decision | None:
    """What a call decided; None if it is none that jumps, or goes by what was decided before."""
    if call.name in COMPARISONS:
        a, *rest = [call.value(a) for a in call.in_order]
        margin = elementwise(lambda x, y: x - y, a, rest[0]) if rest else a
    elif call.name in WHOLE and call.result.is_floating_point():
        operands = [call.node("self")]
        operands += [call.node("other")] if "other" in call.bound else []
        quotient = elementwise(lambda x, *y: x / y[0] if y else x, *operands)
        half = Rational(1, 2) if call.name == "round" else 0
        margin = elementwise(lambda q: q - half - rint(q - half), quotient)
    else:
        return None
    made = array_of(call.result).astype(np.float64)
    return Decision(over(node, axes_of(made.shape)), margin, made)


def as_decided(call: Call) -> Node:
    """The result of a call with what the run decided as a constant."""
    if call.name not in ("frac", "remainder", "fmod"):
        return numbers(call.result)
    step = call.value(call["other"]) if "other" in call.bound else None
    size = 1.0 if step is None else _array(call["other"])
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.rint((call.array("self") - array_of(call.result)) / size)
    count = array_node(steps, axes_of(call.result.shape))
    if step is None:
        return elementwise(lambda a, n: a - n, call.node("self"), count)
    return elementwise(lambda a, b, n: a - b * n, call.node("self"), step, count)


def decided_by_rounding(
    decisions: Sequence[Decision | None], inputs: Mapping[str, Array]
) -> frozenset[int]:
    """Which of the decisions are others in exact arithmetic, or may be.

    Args: inputs, the values of the graph's inputs.
    """
    asked = {i: d for i, d in enumerate(decisions) if d is not None and _computed(d.margin)}
    if not asked:
        return frozenset()
    nodes = [node for d in asked.values() for node in (d.node, d.margin)]
    given = {**inputs, **_lengths(nodes)}
    found: dict[Node, tuple[Array, Array | None]] = {}
    walk = Walk(given, _precision, _TANGENTS, np.random.default_rng(0))
    walk.run(nodes, lambda node, value, moved: found.update({node: (value, moved)}))
    other: set[int] = set()
    unclear: dict[int, Decision] = {}
    for i, one in asked.items():
        (value, _), (margin, moved) = found[one.node], found[one.margin]
        error = 0.0 if moved is None else np.abs(moved).max(0)
        with np.errstate(invalid="ignore"):
            near = np.isfinite(margin) & (error > 0) & (np.abs(margin) <= _TIMES * error)
        if not near.any() and _same(value, one):
            continue
        if near.any():
            unclear[i] = one
        else:
            other.add(i)
    exact = _exactly({i: d.node for i, d in unclear.items()}, given)
    return frozenset(other | {i for i, d in unclear.items() if not _same(exact.get(i), d)})


def _computed(node: Node) -> bool:
    """Whether anything on the way is rounded: not of x > 0, whose tie is one of the inputs."""
    return any(o.operands for o in topological([node], computed=True) if o is not node)


def _precision(node: Node) -> Precision:
    return _EXACT if isinstance(node, Input | Literal) else DOUBLE


def _lengths(nodes: Sequence[Node]) -> dict[str, float]:
    """The lengths of all axes on the way, by their names."""
    return {a: float(length_of(a)) for n in topological(nodes, computed=True) for a in n.axes}


def _same(value: Any, one: Decision) -> bool:
    """Whether an exact value is what the run made of it, to its rounding."""
    if value is None:
        return False
    mine = np.asarray(value, dtype=np.float64)
    theirs = one.made.reshape([n for n in one.made.shape if n != 1])
    with np.errstate(invalid="ignore"):
        apart = np.abs(mine - theirs)
    return bool((apart[np.isfinite(apart)] < 0.5).all())


def _exactly(nodes: Mapping[int, Node], given: Mapping[str, Any]) -> dict[int, Array]:
    """The values of nodes that are known for certain, in so much time."""
    if not nodes:
        return {}
    steps = program({str(i): node for i, node in nodes.items()})
    with ctx.workprec(_BITS), deadline.unless_set(_PATIENCE):
        try:
            found = interpret(
                steps, {n: balls_of(given[n]) for n in steps.arguments}, compile_entry
            )
        except deadline.OutOfTimeError:
            return {}
        known = {}
        for name, balls in found.items():
            entries = [arb(b) for b in np.ravel(np.asarray(balls, dtype=object))]
            if all(b.is_finite() and b.rad() < 0.25 for b in entries):
                known[int(name)] = np.array([float(b.mid()) for b in entries]).reshape(
                    np.shape(balls)
                )
        return known


def _array(given: Any) -> Any:
    return array_of(given) if hasattr(given, "detach") else given
