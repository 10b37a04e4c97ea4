"""Enclose the adjoints of a graph of arrays: run its program in ball arithmetic, all at once.

What a convention chose at a tie is certified as far as it is proven to be right: `settled_ties`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from flint import arb, ctx

from symdiff.array_types import BoolArray, Float64Array
from symdiff.bridge.interpret import Compile, interpret
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.kinds.largest import winners
from symdiff.graph.node import Node
from symdiff.oracle import deadline
from symdiff.oracle.borders.array_jumps import may_jump, open_to_jumps
from symdiff.oracle.borders.edges import settle_edges
from symdiff.oracle.borders.poles import settle_poles
from symdiff.oracle.borders.settled_jumps import settle_jumps
from symdiff.oracle.borders.settled_ties import settle_ties
from symdiff.oracle.borders.ties import choosing_steps, chosen
from symdiff.oracle.enclosures.enclosure import SMALLEST, Enclosure, Why, uncertain
from symdiff.oracle.enclosures.from_balls import enclosure_of
from symdiff.oracle.enclosures.from_float_balls import enclose_quickly, is_worth
from symdiff.oracle.points.ball import MAX_PRECISION
from symdiff.oracle.programs.array_balls import (
    balls_of,
    compile_entry,
    compile_plain,
    compile_reached,
    compile_untied,
    watched,
)
from symdiff.oracle.programs.frozen import merges_stops, with_stops_apart
from symdiff.oracle.programs.reach import Loss, Spoiled, Watch
from symdiff.programs.program import Program, program

_FIRST = 128  # bits
# Seconds that one call may take: a layer norm of 4,096 entries takes 5 s.
_PATIENCE, _PATIENCE_EACH = 20.0, 0.02


def enclose_arrays(
    adjoints: Derivation,
    arguments: Mapping[str, Any],
    *,
    relative: float = 2.0**-64,
    resolution: float = SMALLEST,
    absolute: Mapping[str, Float64Array] | None = None,
    ties: bool = True,
) -> dict[str, Enclosure]:
    """Enclose every adjoint of a graph by Ziv's strategy: more bits for those left open.

    Of many entries float balls, of one or two float64, decide most beforehand.

    Args:
        adjoints: of the graph in question.
        arguments: the program's: arrays, parameters and lengths of axes, by name.
        relative: an entry is certified if its bound is at most this times its value.
        resolution: a bound that is small enough for float balls, whatever the value.
        absolute: by an adjoint's name, for each entry a bound that is small enough anyway: an entry
            that is 0 in truth would otherwise be asked for to 2⁻¹⁰⁷⁴.
        ties: whether what a convention chose at a tie is to be settled; else nothing is known
            there. Nor is it where an input is infinite: of 1/z > 0 at ∞ both sides are exactly 0.
    """
    if merges_stops(adjoints):
        apart = with_stops_apart(adjoints, arguments)
        if apart is None:
            return _nothing(adjoints, arguments, Why.UNDECIDED)
        made = _enclose(*apart, relative, resolution, absolute or {}, ties=ties)
        return {name: made[name] for name in adjoints.nodes}
    return _enclose(adjoints, arguments, relative, resolution, absolute or {}, ties=ties)


def _enclose(
    adjoints: Derivation,
    arguments: Mapping[str, Any],
    relative: float,
    resolution: float,
    enough: Mapping[str, Float64Array],
    *,
    ties: bool,
) -> dict[str, Enclosure]:
    """Enclose the adjoints where no stop is the same node as what it stops."""
    watch = Watch(adjoints)
    found: dict[str, Enclosure] = {}
    entries = sum(int(np.size(value)) for value in arguments.values())
    # Of scalars each entry is a problem of its own, and an adjoint that is a constant has as many.
    pointwise = adjoints.signature.pointwise
    shape = np.broadcast_shapes(*map(np.shape, arguments.values())) if pointwise else ()
    left, steps = dict(adjoints.nodes), program(adjoints.nodes)
    steps.check(arguments)
    moved = {name for name in adjoints.signature.inputs if name in adjoints.nodes}
    choosing = choosing_steps(steps, moved)
    ties = ties and not (choosing and _some_infinite(arguments))
    if ties and is_worth(relative, entries):
        around = moved if choosing else ()
        both = program({**left, **watch.nodes})
        found = enclose_quickly(
            both, watch.guards, arguments, around, shape, (relative, resolution)
        )
        # A line has ties of its own, wherever its inputs are.
        untold = chosen(both, choosing_steps(both, moved)) - moved
        found = {k: found[k] for k in adjoints.nodes if k in found.keys() - untold}
        for name, enclosure in found.items():
            if name in enough:
                settle(enclosure, enough[name])
        left = {k: n for k, n in left.items() if k not in found or found[k].unsettled.any()}
        if not left:
            _settle_borders(found, adjoints, arguments, relative, _jumping(adjoints, arguments))
            return found
        if len(left) < len(found):
            steps = program(left)
            choosing |= choosing_steps(steps, moved)  # what is shared otherwise reads otherwise
    quick, precision, losses = found.keys() - left.keys(), _FIRST, None
    with deadline.unless_set(_PATIENCE + _PATIENCE_EACH * entries), watched(choosing) as ties_met:
        while True:
            with ctx.workprec(precision):
                try:
                    results = _run(steps, arguments, compile_entry if ties else compile_untied)
                    now = {k: _enclosed(results[k], shape, relative, enough.get(k)) for k in left}
                    # A step's slope is 0, whether or not it has a value.
                    if losses is None or losses:  # else everything has a value for certain
                        losses = _losses(watch, results, arguments)
                    for loss in losses:
                        _mark(now, adjoints, loss)
                except deadline.OutOfTimeError:
                    return found or _nothing(adjoints, arguments)
            found |= now
            open_ones = {k: left[k] for k, e in now.items() if e.unsettled.any()}
            if precision >= MAX_PRECISION or not open_ones:
                jumping = _jumping(adjoints, arguments)
                if ties_met.met or (ties and winners in choosing):
                    closed = {name: found[name] for name in found.keys() - quick}
                    settle_ties(closed, adjoints, arguments, relative, enough, jumping)
                if _finite(arguments) and all(loss.why != Why.UNDECIDED for loss in losses):
                    settle_poles(now, results, adjoints, arguments, (relative, enough), jumping)
                _settle_borders(found, adjoints, arguments, relative, jumping)
                return {name: found[name] for name in adjoints.nodes}
            if len(open_ones) < len(left):
                left, steps = open_ones, program(open_ones)
                choosing |= choosing_steps(steps, moved)
            precision = min(4 * precision, MAX_PRECISION)  # a 0 that is not seen goes all the way


def _settle_borders(
    found: Mapping[str, Enclosure],
    adjoints: Derivation,
    arguments: Mapping[str, Any],
    relative: float,
    jumping: Mapping[str, BoolArray],
) -> None:
    """Leave certified what neither jumps nor ends there, in place."""
    settle_jumps(found, adjoints, arguments, relative, jumping)
    settle_edges(found, adjoints, arguments)


def _jumping(adjoints: Derivation, arguments: Mapping[str, Any]) -> dict[str, BoolArray]:
    """By adjoint the entries by which the function may jump; all if the time is spent."""
    if not may_jump(adjoints):
        return {}
    try:
        return open_to_jumps(adjoints, arguments)
    except deadline.OutOfTimeError:
        return {k: np.ones(e.shape, bool) for k, e in _nothing(adjoints, arguments).items()}


def _run(
    steps: Program,
    arguments: Mapping[str, Any],
    how: Compile,
    changes: Spoiled = MappingProxyType({}),
) -> dict[str, Any]:
    balls = {k: balls_of(arguments[k]) for k in steps.arguments}
    balls |= {k: change(balls[k]) for k, change in changes.items() if k in balls}
    return interpret(steps, balls, how)


def _losses(
    watch: Watch, results: Mapping[str, Any], arguments: Mapping[str, Any]
) -> tuple[Loss, ...]:
    """The losses: what has no value on the way, or may have none, at the working precision.

    Of primals 0 times what has no value has none, where of adjoints it is what a case not taken
    passes back.
    """

    def reached(nodes: Mapping[str, Node], changes: Spoiled) -> Mapping[str, Any]:
        return _run(program(nodes), arguments, compile_reached, changes)

    values = _run(watch.program, arguments, compile_plain)
    return tuple(watch.losses(values, results, reached))


def _some_infinite(arguments: Mapping[str, Any]) -> bool:
    return any(np.isinf(np.asarray(value, dtype=np.float64)).any() for value in arguments.values())


def _finite(arguments: Mapping[str, Any]) -> bool:
    return all(np.isfinite(np.float64(value)).all() for value in arguments.values())


def _mark(found: Mapping[str, Enclosure], adjoints: Derivation, loss: Loss) -> None:
    """Mark the entries lost where a value on the way is undefined, or may be."""
    for name, enclosure in found.items():
        _lose(enclosure, loss.of(adjoints, name, enclosure.shape), loss.why)


def _lose(enclosure: Enclosure, where: BoolArray, why: Why) -> None:
    enclosure.put(where, uncertain((int(where.sum()),), why))


def _nothing(
    adjoints: Derivation, arguments: Mapping[str, Any], why: Why = Why.OUT_OF_BUDGET
) -> dict[str, Enclosure]:
    """The enclosure of an adjoint of which nothing is known, by default as the time was spent."""
    if adjoints.signature.pointwise:
        shape = np.broadcast_shapes(*map(np.shape, arguments.values()))
        return {name: uncertain(shape, why) for name in adjoints.nodes}
    lengths = {
        axis: length
        for name, axes in adjoints.signature.inputs.items()
        for axis, length in zip(axes, np.shape(arguments[name]), strict=True)
    }
    return {
        name: uncertain(tuple(lengths[a] for a in node.axes), why)
        for name, node in adjoints.nodes.items()
    }


def _enclosed(
    values: Any, shape: tuple[int, ...], relative: float, enough: Float64Array | None
) -> Enclosure:
    values = np.asarray(values, dtype=object)
    values = np.broadcast_to(values, np.broadcast_shapes(values.shape, shape))
    balls = [v if isinstance(v, arb) else arb(v) for v in values.ravel().tolist()]  # an empty sum
    found = enclosure_of(balls, relative=relative).reshape(values.shape)
    if enough is not None:
        settle(found, enough)
    return found


def settle(enclosure: Enclosure, enough: Float64Array) -> None:
    """Count as certified what is undecided and has a bound of at most `enough`, in place."""
    settled = (enclosure.bound <= enough) & enclosure.unsettled
    enclosure.certified[settled], enclosure.why[settled] = True, Why.CERTIFIED
