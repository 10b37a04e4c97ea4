"""What is certified of an array's entry at a tie, where a convention chose between equal cases.

At 0 the convention says 0 of min(x, |x|), which is x. So what was computed with a tie stands where
it makes no difference what is chosen (see `ties`), or where the derivatives on both sides of the
entry are proven: if they are one it is the derivative, if not the convention may say what lies
between them. Else the entry is not certified, and its bound holds whatever is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from flint import arb, ctx
from sympy import Symbol

from symdiff.balls.elementary import CannotCertify
from symdiff.bridge.program import Program, program
from symdiff.bridge.sharing import Entrywise
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.kinds.einsum import Contract
from symdiff.graph.node import Node
from symdiff.oracle import deadline
from symdiff.oracle.array_balls import balls_of
from symdiff.oracle.enclosure import SMALLEST, BoolArray, Enclosure, Float64Array, Why, uncertain
from symdiff.oracle.from_balls import enclosure_of
from symdiff.oracle.one_sided import UNKNOWN, Unproven, beside
from symdiff.oracle.ties import whatever_is_chosen

_BITS = 512
_RADII = (448, 2200)  # bits below an input
_MOST_RUNS = 16  # of entries of one input that are moved each by itself


def settle_ties(
    found: Mapping[str, Enclosure],
    adjoints: Derivation,
    arguments: Mapping[str, Any],
    relative: float,
    enough: Mapping[str, Float64Array],
) -> None:
    """Put what is proven where a tie may lead to an entry that is certified, in place.

    Args: arguments, the program's; relative and enough, as `enclose_arrays` takes them.
    """
    left = {name: adjoints.nodes[name] for name in found}
    tied = {name: enclosure.certified.copy() for name, enclosure in found.items()}
    taken = {name: enclosure.copy() for name, enclosure in found.items()}
    try:
        for radius in _RADII:  # an entry that is 0 by cancellation is seen to be with the last
            for name, one in _whatever(left, adjoints, arguments, radius):
                hull = one.broadcast_to(found[name].shape)
                least = np.maximum(enough.get(name, 0.0), SMALLEST)
                narrow = (hull.bound <= relative * np.abs(hull.high)) | (hull.bound <= least)
                hull.certified[...] = narrow
                hull.why[...] = np.where(narrow, Why.CERTIFIED, Why.TIED)
                wider = tied[name] & (taken[name].bound < hull.bound)
                found[name].put(wider, hull[wider])
                tied[name] &= ~narrow
            left = {name: node for name, node in left.items() if tied[name].any()}
            if not left:
                return
    except deadline.OutOfTimeError:
        for name in left:
            where = tied[name]
            found[name].put(where, uncertain((int(where.sum()),), Why.TIED))
        return
    for name in left:
        asked = _Asked(name, adjoints, arguments, relative)
        _put_sides(found[name], taken[name], asked, tied[name])


def _whatever(
    left: Mapping[str, Node], adjoints: Derivation, arguments: Mapping[str, Any], radius: int
) -> Iterator[tuple[str, Enclosure]]:
    """Each adjoint whatever is chosen at ties: of an input at its own, of a line at all of them."""
    inputs = [name for name in adjoints.signature.inputs if name in adjoints.nodes]
    for name, node in left.items():
        moved = [name] if name in inputs else inputs
        yield name, whatever_is_chosen({name: node}, moved, arguments, radius)[name]


class _Asked(NamedTuple):
    """An adjoint of a graph at given arguments, and the relative bound that counts as certified."""

    name: str
    adjoints: Derivation
    arguments: Mapping[str, Any]
    relative: float


def _put_sides(enclosure: Enclosure, taken: Enclosure, asked: _Asked, tied: BoolArray) -> None:
    """Certify the tied entries of which the derivatives on both sides say that it is right."""
    steps = program({asked.name: asked.adjoints.nodes[asked.name]})
    # over series some functions have no arithmetic, as floor
    with ctx.workprec(_BITS), suppress(Unproven, CannotCertify, deadline.OutOfTimeError):
        balls = {k: balls_of(asked.arguments[k]) for k in steps.arguments}
        for some in _together(steps, asked.name, tied):
            moving = {asked.name: some}
            sides = [beside(steps, balls, moving, side)[asked.name] for side in (-1, 1)]
            for index in np.argwhere(some):
                place = tuple(index)
                left, right = (side[place] for side in sides)
                if left is UNKNOWN or right is UNKNOWN:
                    continue
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


def _together(steps: Program, name: str, tied: BoolArray) -> Iterator[BoolArray]:
    """The tied entries, those together that may move at once as none leads to another's result."""
    if _entry_by_entry(steps, name):
        yield tied
        return
    for index in np.argwhere(tied)[:_MOST_RUNS]:
        one = np.zeros(tied.shape, bool)
        one[tuple(index)] = True
        yield one


def _entry_by_entry(steps: Program, name: str) -> bool:
    """Whether each entry of the result depends on no entry of the input but the one in its place.

    So it is where what comes from the input is taken entry by entry, or multiplied so.
    """
    moved = {steps.arguments[name]} if name in steps.arguments else set()
    for symbol, what in steps.steps:
        if isinstance(what, Entrywise):
            if not moved.isdisjoint(what.operands):
                moved.add(symbol)
        elif not moved.isdisjoint(what.free_symbols):
            if not (isinstance(what, Contract) and _keeps(what, moved)):
                return False
            moved.add(symbol)
    return True


def _keeps(what: Contract, moved: set[Symbol]) -> bool:
    """Whether each operand that moves has the axes of the result in their order."""
    left, result = what.subscripts.split("->")
    groups = zip(what.operands, left.split(","), strict=True)
    return all(group == result for operand, group in groups if operand in moved)
