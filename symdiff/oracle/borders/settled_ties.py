"""Certify an array's entry at a tie, where a convention chose between equal cases.

At 0 the convention says 0 of min(x, |x|), which is x. So what was computed with a tie stands where
it makes no difference what is chosen (see `ties`), or where the derivatives on both sides of the
entry are proven: if they are one it is the derivative, if not the convention may say what lies
between them. Else the entry is not certified, and its bound holds whatever is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from flint import arb, ctx

from symdiff.array_types import BoolArray, Float64Array
from symdiff.balls.elementary import CannotCertify
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.kinds.input import Input
from symdiff.oracle import deadline
from symdiff.oracle.borders.ties import whatever_is_chosen
from symdiff.oracle.enclosures.enclosure import SMALLEST, Enclosure, Why, uncertain
from symdiff.oracle.enclosures.from_balls import enclosure_of
from symdiff.oracle.neighbourhood.jointly import jointly
from symdiff.oracle.neighbourhood.moved_alone import MovedAlone
from symdiff.oracle.neighbourhood.one_sided import NoOneSidedRule

_BITS = 512
_RADII = (448, 2200)  # bits below an input


def settle_ties(
    found: Mapping[str, Enclosure],
    adjoints: Derivation,
    arguments: Mapping[str, Any],
    relative: float,
    enough: Mapping[str, Float64Array],
    jumping: Mapping[str, BoolArray],
) -> None:
    """Replace by what is proven each certified entry that a tie may lead to, in place.

    Args: arguments, the program's; relative and enough, as `enclose_arrays` takes them; jumping, by
        an adjoint's name by which entries the function may jump.
    """
    left = {name: adjoints.nodes[name] for name in found}
    tied = {name: enclosure.certified.copy() for name, enclosure in found.items()}
    taken = {name: enclosure.copy() for name, enclosure in found.items()}
    try:
        for radius in _RADII:  # an entry that is 0 by cancellation is seen to be with the last
            for name in left:
                moved = _inputs(adjoints) if adjoints.graph.derived_from else {name}
                hull = _whatever(name, moved, adjoints, arguments, radius)
                hull = hull.broadcast_to(found[name].shape)
                narrow = _narrow(hull, relative, enough.get(name, 0.0))
                hull.certified[...] = narrow
                hull.why[...] = np.where(narrow, Why.CERTIFIED, Why.TIED)
                wider = tied[name] & (taken[name].bound < hull.bound)
                found[name].put(wider, hull[wider])
                tied[name] &= ~narrow
            left = {name: node for name, node in left.items() if tied[name].any()}
            if not left:
                return
        for name in left if adjoints.graph.derived_from else ():
            others = _inputs(adjoints) - {name}
            hull = _whatever(name, others, adjoints, arguments, _RADII[-1])
            tied[name] &= _narrow(hull, relative, enough.get(name, 0.0))
    except deadline.OutOfTimeError:
        for name in left:
            where = tied[name]
            found[name].put(where, uncertain((int(where.sum()),), Why.TIED))
        return
    for name in left:
        asked = Asked(name, adjoints, arguments, relative, jumping.get(name))
        put_sides(found[name], taken[name], asked, tied[name])
    _open_choices(found, tied, adjoints, arguments)


def _open_choices(
    found: Mapping[str, Enclosure],
    tied: Mapping[str, BoolArray],
    adjoints: Derivation,
    arguments: Mapping[str, Any],
) -> None:
    """Where derivatives of single entries are none of all together, any choice stays open."""
    inputs = _inputs(adjoints) & found.keys()
    proven = {name: found[name].why == Why.BOTH_SIDES for name in inputs}
    others = {name: tied[name] & ~proven[name] for name in inputs}
    if any(some.any() for some in proven.values()) and not jointly(
        found, proven, others, adjoints, arguments
    ):
        for name, some in proven.items():
            found[name].why[some] = Why.CERTIFIED


def _inputs(adjoints: Derivation) -> set[str]:
    return {name for name in adjoints.signature.inputs if name in adjoints.nodes}


def _whatever(
    name: str, moved: set[str], adjoints: Derivation, arguments: Mapping[str, Any], radius: int
) -> Enclosure:
    """An adjoint whatever is chosen at ties of what moves: names of inputs, or of itself."""
    value = adjoints.graph.nodes[name]
    nodes = {name: adjoints.nodes[name]}
    line = value if name in moved and not isinstance(value, Input) else None
    inputs = {value.name} if moved == {name} and isinstance(value, Input) else moved
    return whatever_is_chosen(nodes, inputs, arguments, radius, line)[name]


def _narrow(hull: Enclosure, relative: float, enough: Any) -> BoolArray:
    least = np.maximum(enough, SMALLEST)
    return np.asarray((hull.bound <= relative * np.abs(hull.high)) | (hull.bound <= least))


class Asked(NamedTuple):
    """An adjoint of a graph at given arguments, and the relative bound that counts as certified.

    `jumping` says by which entries the function may jump, if it may.
    """

    name: str
    adjoints: Derivation
    arguments: Mapping[str, Any]
    relative: float
    jumping: BoolArray | None = None


def put_sides(enclosure: Enclosure, taken: Enclosure, asked: Asked, tied: BoolArray) -> None:
    """Certify the tied entries whose derivatives on both sides confirm them."""
    # over series some functions have no arithmetic, as floor
    with ctx.workprec(_BITS), suppress(NoOneSidedRule, CannotCertify, deadline.OutOfTimeError):
        alone = MovedAlone(asked.name, asked.adjoints, asked.arguments, asked.jumping)
        for place, (left, right) in alone.derivatives(tied):
            if left.overlaps(right):
                both = enclosure_of([left.union(right)], relative=asked.relative)
                if both.certified.all():
                    enclosure.put(place, both[0])
                    enclosure.why[place] = Why.BOTH_SIDES
            elif _between(taken[place], left, right):
                enclosure.put(place, taken[place])


def _between(taken: Enclosure, left: arb, right: arb) -> bool:
    """Whether what the convention says is none of what lies outside of both sides."""
    at = arb(float(taken.high)) + arb(float(taken.low)) + arb(0, float(taken.bound))
    return not ((at < left and at < right) or (at > left and at > right))
