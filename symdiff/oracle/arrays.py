"""The oracle for arrays: a graph's program run in ball arithmetic, all of it at once.

What a convention chose at a tie is certified as far as it is proven to be right: `settled_ties`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from flint import arb, ctx

from symdiff.bridge.interpret import interpret
from symdiff.bridge.program import program
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.kinds.einsum import Einsum
from symdiff.graph.kinds.elementwise import Elementwise
from symdiff.graph.kinds.input import Input
from symdiff.graph.kinds.largest import winners
from symdiff.graph.kinds.literal import Literal
from symdiff.graph.node import Node, topological
from symdiff.graph.template import placeholder
from symdiff.notation.arrays import Axes
from symdiff.oracle import deadline
from symdiff.oracle.array_balls import balls_of, compile_entry, compile_untied, watched
from symdiff.oracle.ball import MAX_PRECISION
from symdiff.oracle.enclosure import SMALLEST, BoolArray, Enclosure, Float64Array, Why, uncertain
from symdiff.oracle.from_balls import enclosure_of
from symdiff.oracle.from_float_balls import COARSEST, WORTH, enclose_quickly
from symdiff.oracle.primal import is_total
from symdiff.oracle.settled_ties import settle_ties
from symdiff.oracle.ties import choosing_steps

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
    """Every adjoint of a graph, by Ziv's strategy: more bits for those left open.

    Of many entries that are to be known to a narrow format float balls decide most, beforehand.

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
    guards = {f"%{i}": node for i, node in enumerate(_restricting(adjoints))}
    values = _values(adjoints)
    reached = {f"%y{i}": node for i, node in enumerate(values.nodes)} if guards else {}
    enough = absolute or {}
    found: dict[str, Enclosure] = {}
    entries = sum(int(np.size(value)) for value in arguments.values())
    # Of scalars each entry is a problem of its own, and an adjoint that is a constant has as many.
    pointwise = adjoints.signature.pointwise
    shape = np.broadcast_shapes(*map(np.shape, arguments.values())) if pointwise else ()
    left, steps = dict(adjoints.nodes), program({**adjoints.nodes, **guards, **reached})
    steps.check(arguments)
    moved = {name for name in adjoints.signature.inputs if name in adjoints.nodes}
    choosing = choosing_steps(steps, moved)
    ties = ties and not (choosing and _some_infinite(arguments))
    if ties and relative >= COARSEST and entries >= WORTH:
        around = moved if choosing else ()
        known = {**guards, **reached}
        found = enclose_quickly(steps, known, arguments, around, shape, (relative, resolution))
        for name, enclosure in found.items():
            if name in enough:
                settle(enclosure, enough[name])
        left = {k: n for k, n in left.items() if k not in found or found[k].unsettled.any()}
        if not left:
            return found
        if len(left) < len(found):
            steps = program({**left, **guards, **reached})
    precision = _FIRST
    quick = [name for name in found if name not in left]
    with deadline.unless_set(_PATIENCE + _PATIENCE_EACH * entries), watched(choosing) as ties_met:
        while True:
            with ctx.workprec(precision):
                balls = {k: balls_of(arguments[k]) for k in steps.arguments}
                try:
                    results = interpret(steps, balls, compile_entry if ties else compile_untied)
                except deadline.OutOfTimeError:
                    return found or _nothing(adjoints, arguments)
                now = {k: _enclosed(results[k], shape, relative, enough.get(k)) for k in left}
            met = [np.asarray(_LOST(results[name]), dtype=bool) for name in reached]
            if any(lost.any() for lost in met):
                # Of 1/√ an unknown value is seen; a step's slope is 0 whether or not it has one.
                for guard, node in guards.items():
                    for why, kind in ((Why.UNDECIDED, _UNKNOWN), (Why.UNDEFINED, _NAN)):
                        lost = np.asarray(kind(results[guard]), dtype=bool)
                        where = lost & values.lose(met, node.axes, lost.shape)
                        if where.any():
                            _mark(now, adjoints, values, where, node.axes, why)
            found |= now
            open_ones = {k: left[k] for k, e in now.items() if e.unsettled.any()}
            if precision >= MAX_PRECISION or not open_ones:
                if ties_met.met or (ties and winners in choosing):
                    closed = {name: e for name, e in found.items() if name not in quick}
                    settle_ties(closed, adjoints, arguments, relative, enough)
                return {name: found[name] for name in adjoints.nodes}
            if len(open_ones) < len(left):
                left, steps = open_ones, program({**open_ones, **guards, **reached})
            precision = min(4 * precision, MAX_PRECISION)  # a 0 that is not seen goes all the way


def _some_infinite(arguments: Mapping[str, Any]) -> bool:
    return any(np.isinf(np.asarray(value, dtype=np.float64)).any() for value in arguments.values())


_NAN = np.frompyfunc(lambda ball: arb(ball).is_nan(), 1, 1)  # an empty sum is a plain 0
_LOST = np.frompyfunc(lambda ball: not arb(ball).rad().is_finite() or arb(ball).is_nan(), 1, 1)
_UNKNOWN = np.frompyfunc(
    lambda ball: not arb(ball).is_nan() and not arb(ball).rad().is_finite(), 1, 1
)


def _restricting(adjoints: Derivation) -> tuple[Node, ...]:
    """The nodes whose function is not defined everywhere, of those that the output hangs on."""
    computed = topological(adjoints.graph.output_nodes, computed=True)
    return tuple(n for n in computed if isinstance(n, Elementwise) and not is_total(n.expr))


class _Values(NamedTuple):
    """The values that the outputs of a graph are made of."""

    nodes: tuple[Node, ...]
    pointwise: bool  # every entry is a problem of its own
    in_place: bool  # each entry hangs on its own place alone, with a cotangent of its own

    def lose(self, met: Sequence[BoolArray], axes: Axes, shape: tuple[int, ...]) -> BoolArray:
        """Where what is not known at a node of these axes may be why an entry of a value is not.

        A case that is not taken may have no value.

        Args: met, where each of the values is not known.
        """
        whole = np.zeros(shape, dtype=bool)
        for lost, node in zip(met, self.nodes, strict=True):
            if self.pointwise:
                whole |= np.broadcast_to(lost, shape) if lost.ndim <= len(shape) else lost.any()
            elif self.in_place:
                whole |= _along(lost, node.axes, axes)
            else:
                whole |= lost.any()
        return whole


def _along(lost: BoolArray, axes: Axes, wanted: Axes) -> BoolArray:
    """Where anything is lost along the axes that both have, over those that are wanted."""
    found = lost.any(axis=tuple(i for i, a in enumerate(axes) if a not in wanted))
    order = [a for a in axes if a in wanted]
    found = np.transpose(found, [order.index(a) for a in wanted if a in order])
    return np.asarray(found[tuple(slice(None) if a in order else np.newaxis for a in wanted)])


def _mark(
    found: Mapping[str, Enclosure],
    adjoints: Derivation,
    values: _Values,
    undefined: BoolArray,
    axes: Axes,
    why: Why,
) -> None:
    """Where a value on the way is undefined, or may be: no adjoint of what comes from it.

    A loss hangs on every entry, and so may an entry where something is summed or moved. Else it
    hangs on those that agree with it in the axes that both have.
    """
    for name, node in ((name, adjoints.nodes[name]) for name in found):
        lost = undefined
        if values.in_place:
            lost = _along(undefined, axes, node.axes)
        elif not values.pointwise:
            lost = np.asarray(undefined.any())
        _lose(found[name], np.broadcast_to(lost, found[name].shape), why)


def _values(adjoints: Derivation) -> _Values:
    """The outputs, or what they are the products of with cotangents that nothing else takes.

    A sum of entries times those of such an input is no loss: what torch is asked then is vᵀJ, which
    where one entry has no value has the others' parts. What sums or moves entries on the way leads
    an entry elsewhere, whatever its axes are called.
    """
    graph = adjoints.graph
    takes: Counter[Node] = Counter()
    for node in topological(graph.output_nodes):
        takes.update(node.operands)

    def seeded(node: Node) -> tuple[Node, ...]:
        """What a sum of products with cotangents multiplies; nothing if it is no such sum."""
        if node.axes:
            return (node,)
        operands = range(len(node.operands))
        if isinstance(node, Elementwise) and node.expr == sum(map(placeholder, operands)):
            parts = [seeded(o) for o in node.operands]
            return tuple(value for part in parts for value in part) if all(parts) else ()
        if not isinstance(node, Einsum) or len(node.operands) != 2:
            return ()
        return next(
            (
                (value,)
                for v, value in (node.operands, node.operands[::-1])
                if isinstance(v, Input)
                and takes[v] == 1
                and value.axes
                and {*v.axes} == {*value.axes}
            ),
            (),
        )

    parts = [seeded(node) for node in graph.output_nodes]
    nodes = tuple(node for part in parts for node in part) if all(parts) else graph.output_nodes
    pointwise = adjoints.signature.pointwise
    return _Values(nodes, pointwise, not pointwise and all(parts) and _in_place(nodes))


def _in_place(values: Iterable[Node]) -> bool:
    """Whether nothing is summed or moved on the way to them."""
    return all(
        isinstance(node, Elementwise | Input | Literal)
        or (isinstance(node, Einsum) and {a for o in node.operands for a in o.axes} <= {*node.axes})
        for node in topological(values)
    )


def _lose(enclosure: Enclosure, where: BoolArray, why: Why) -> None:
    enclosure.put(where, uncertain((int(where.sum()),), why))


def _nothing(adjoints: Derivation, arguments: Mapping[str, Any]) -> dict[str, Enclosure]:
    """What is said of an adjoint when the time was spent before anything was known."""
    if adjoints.signature.pointwise:
        shape = np.broadcast_shapes(*map(np.shape, arguments.values()))
        return {name: uncertain(shape, Why.OUT_OF_BUDGET) for name in adjoints.nodes}
    lengths = {
        axis: length
        for name, axes in adjoints.signature.inputs.items()
        for axis, length in zip(axes, np.shape(arguments[name]), strict=True)
    }
    return {
        name: uncertain(tuple(lengths[a] for a in node.axes), Why.OUT_OF_BUDGET)
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
