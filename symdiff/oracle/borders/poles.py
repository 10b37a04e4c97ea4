"""Tell whether a derivative exists where its formula has no value, as 1/√0.

Of √(max(x, 0)) at −1 the formula is 0 · 1/√0, and the derivative is 0: around −1 the function is
constant. So the function itself is run with the entry moved a little to each side, as a power
series in the distance. Where the first coefficients on both sides are one, it is the derivative;
where they are two, or the slope is infinite, there is none; else it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from flint import ctx

from symdiff.array_types import BoolArray, Float64Array
from symdiff.balls.elementary import CannotCertify
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.kinds.einsum import Einsum
from symdiff.graph.kinds.elementwise import Elementwise
from symdiff.graph.kinds.gather import Gather, Scatter
from symdiff.graph.kinds.input import Input
from symdiff.graph.kinds.literal import Literal
from symdiff.graph.kinds.part import Part
from symdiff.graph.kinds.position import Position
from symdiff.graph.kinds.running import RunningSum
from symdiff.graph.kinds.with_rule import WithRule
from symdiff.graph.node import topological
from symdiff.oracle import deadline
from symdiff.oracle.enclosures.enclosure import Enclosure, Why, uncertain
from symdiff.oracle.enclosures.from_balls import enclosure_of
from symdiff.oracle.neighbourhood.jointly import jointly
from symdiff.oracle.neighbourhood.moved_alone import MovedAlone
from symdiff.oracle.neighbourhood.one_sided import NoOneSidedRule
from symdiff.oracle.programs.reach import no_value

# Of an elimination, or a choice, NaN may mean that it was not decided.
_PROVING = (
    Einsum,
    Elementwise,
    Gather,
    Input,
    Literal,
    Part,
    Position,
    RunningSum,
    Scatter,
    WithRule,
)
_BITS = 256


def settle_poles(
    found: Mapping[str, Enclosure],
    results: Mapping[str, Any],
    adjoints: Derivation,
    arguments: Mapping[str, Any],
    accuracy: tuple[float, Mapping[str, Float64Array]],
    jumping: Mapping[str, BoolArray],
) -> None:
    """Certify entries whose formula has no value, or say that there is no derivative.

    Args: found, changed in place; results, the formulas' balls; accuracy, a bound relative to the
        value, and by name one that is small enough anyway; jumping, by an adjoint's name by which
        entries the function may jump.
    """
    proven: dict[str, BoolArray] = {}
    for name, enclosure in found.items():
        computed = topological([adjoints.nodes[name]], computed=True)
        if not all(isinstance(node, _PROVING) for node in computed):
            continue
        pole = no_value(np.broadcast_to(results[name], enclosure.shape))
        pole &= enclosure.why == Why.UNDECIDED
        if pole.any() and not adjoints.signature.pointwise:
            with (
                suppress(NoOneSidedRule, CannotCertify, deadline.OutOfTimeError),
                ctx.workprec(_BITS),
            ):
                alone = MovedAlone(name, adjoints, arguments, jumping.get(name))
                _by_sides(name, enclosure, pole, alone, accuracy)
                for place in alone.steep(pole & enclosure.unsettled):
                    enclosure.why[place] = Why.NO_DERIVATIVE
            proven[name] = pole & enclosure.certified
    inputs = {name: some for name, some in proven.items() if name in adjoints.signature.inputs}
    if any(some.any() for some in inputs.values()) and not jointly(
        found, inputs, {}, adjoints, arguments
    ):
        for name, some in proven.items():  # √(x y) at (0, 0) has slopes in x and in y, and no more
            found[name].put(some, uncertain((int(some.sum()),), Why.UNDECIDED))


def _by_sides(
    name: str,
    enclosure: Enclosure,
    pole: BoolArray,
    alone: MovedAlone,
    accuracy: tuple[float, Mapping[str, Float64Array]],
) -> None:
    """Certify the entries whose slopes on both sides are one, and say so where they are two.

    Raises: NoOneSidedRule if the program holds what has no slope to one side; OutOfTimeError.
    """
    relative, enough = accuracy
    for place, (left, right) in alone.derivatives(pole):
        if not left.overlaps(right):
            enclosure.why[place] = Why.NO_DERIVATIVE
            continue
        proven = enclosure_of([left.union(right)], relative=relative)
        least = np.broadcast_to(enough.get(name, np.zeros(())), pole.shape)[place]
        if proven.certified.all() or proven.bound[0] <= least:
            proven.certified[0], proven.why[0] = True, Why.CERTIFIED
            enclosure.put(place, proven[0])
