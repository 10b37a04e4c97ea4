"""Certify entries by which an array function may jump, if it is proven not to.

Where the function is proven to tend to its value from both sides, the slopes there are what counts;
else nothing is certified. Frameworks answer a slope of one side, or 0: that is not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from flint import ctx

from symdiff.array_types import BoolArray
from symdiff.balls.elementary import CannotCertify
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.oracle import deadline
from symdiff.oracle.borders.settled_ties import Asked, put_sides
from symdiff.oracle.enclosures.enclosure import Enclosure, Why, uncertain
from symdiff.oracle.neighbourhood.jointly import jointly
from symdiff.oracle.neighbourhood.moved_alone import MovedAlone
from symdiff.oracle.neighbourhood.one_sided import NoOneSidedRule

_BITS = 512


def settle_jumps(
    found: Mapping[str, Enclosure],
    adjoints: Derivation,
    arguments: Mapping[str, Any],
    relative: float,
    jumping: Mapping[str, BoolArray],
) -> None:
    """Keep certified only the entries that are proven, in place.

    Args: jumping, by an adjoint's name by which entries the function may jump.
    """
    proven: dict[str, BoolArray] = {}
    for name, some in jumping.items():
        if name not in found or not some.any():
            continue
        enclosure = found[name]
        some = some & np.isin(enclosure.why, [Why.CERTIFIED, Why.BOTH_SIDES, Why.TIED])  # noqa: PLW2901
        taken = enclosure.copy()
        enclosure.put(some, uncertain((int(some.sum()),), Why.UNDECIDED))
        if adjoints.signature.pointwise:  # every entry is a problem of its own
            continue
        asked = Asked(name, adjoints, arguments, relative, jumping[name])
        put_sides(enclosure, taken, asked, some & taken.certified)
        proven[name] = some & enclosure.certified
        with ctx.workprec(_BITS), suppress(NoOneSidedRule, CannotCertify, deadline.OutOfTimeError):
            alone = MovedAlone(name, adjoints, arguments, jumping[name])
            for place in alone.jumps(some & ~enclosure.certified):
                enclosure.why[place] = Why.NO_DERIVATIVE
    inputs = {name: some for name, some in proven.items() if name in adjoints.signature.inputs}
    if any(some.any() for some in inputs.values()) and not jointly(
        found, inputs, {}, adjoints, arguments, continuous=True
    ):
        for name, some in proven.items():
            found[name].put(some, uncertain((int(some.sum()),), Why.UNDECIDED))
