"""Check that derivatives proven entry by entry also hold together, as of a smooth function.

The middle of x, y and z, where all are equal, has the slope 0 in each of them, and is no smooth
function there: with all of them it moves as they do. So moves of several entries at once are tried:
what they add has to be what the derivatives say, wherever else other entries at ties move.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from flint import arb, ctx

from symdiff.array_types import BoolArray
from symdiff.balls.elementary import CannotCertify
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.oracle import deadline
from symdiff.oracle.enclosures.enclosure import Enclosure
from symdiff.oracle.neighbourhood.continuity import continuous as steady
from symdiff.oracle.neighbourhood.moved_alone import whole_output
from symdiff.oracle.neighbourhood.one_sided import UNKNOWN, NoOneSidedRule, slopes_beside
from symdiff.oracle.programs.array_balls import balls_of
from symdiff.oracle.programs.frozen import Frozen
from symdiff.programs.program import Program, program

_BITS = 512
_TRIES = 3  # a kink is missed only by moves that happen to stay within one of its pieces
_SEED = 0
_FASTEST = 16  # times ε
_OUTPUT = "%output"


def jointly(
    found: Mapping[str, Enclosure],
    proven: Mapping[str, BoolArray],
    others: Mapping[str, BoolArray],
    adjoints: Derivation,
    arguments: Mapping[str, Any],
    *,
    continuous: bool = False,
) -> bool:
    """Whether moving all proven entries at once changes the output by what they say.

    Args: found, the derivatives; proven, by an input's name which of its entries are meant;
        others, which of the rest are at ties too; arguments, the program's; continuous, whether the
        function has to be proven to be so along these moves.
    """
    many, more = (sum(int(some.sum()) for some in masks.values()) for masks in (proven, others))
    if many + more < 2:
        return True
    output = whole_output(adjoints)
    frozen = Frozen([output])
    steps = program({_OUTPUT: frozen[output]})
    draw = np.random.default_rng(_SEED)
    with ctx.workprec(_BITS), suppress(NoOneSidedRule, CannotCertify, deadline.OutOfTimeError):
        balls = {k: balls_of(v) for k, v in arguments.items()}
        balls |= frozen.values(balls)
        for attempt in range(_TRIES):
            rates = {name: _rates(some, draw) for name, some in proven.items()}
            beside = {name: _rates(some, draw) for name, some in others.items() if attempt}
            if continuous and not steady(steps, balls, rates)[_OUTPUT].item():
                return False
            added = _slope(steps, balls, _sum(rates, beside))
            without = _slope(steps, balls, beside) if more and attempt else arb(0)
            if added is UNKNOWN or without is UNKNOWN:
                return False
            said = sum((_said(found[name], rate) for name, rate in rates.items()), arb(0))
            if not (added - without).overlaps(said):
                return False
        return True
    return False


def _rates(some: BoolArray, draw: np.random.Generator) -> Any:
    """The rate at which each of some entries moves, up or down."""
    sizes = draw.integers(1, _FASTEST + 1, size=some.shape)
    return some * sizes * draw.choice([-1.0, 1.0], size=some.shape)


def _sum(*moves: Mapping[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for move in moves:
        for name, rates in move.items():
            whole[name] = whole.get(name, 0.0) + rates
    return whole


def _slope(steps: Program, balls: Mapping[str, Any], moving: Mapping[str, Any]) -> Any:
    return slopes_beside(steps, balls, moving, 1)[_OUTPUT].item()


def _said(derivative: Enclosure, rates: Any) -> arb:
    """Σ g r over the entries that move."""
    moved = np.flatnonzero(rates)
    columns = (derivative.high, derivative.low, derivative.bound, rates)
    entries = zip(*(np.ravel(part)[moved].tolist() for part in columns), strict=True)
    return sum(((arb(h) + arb(lo) + arb(0, b)) * arb(r) for h, lo, b, r in entries), arb(0))
