"""Prove that a program's results are continuous where some inputs' entries move to one side.

What has no case that may change beside the point tends to its value if all that it is computed from
does. Else what it tends to on both sides and its value have to be exact and equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from flint import arb, arb_series, ctx
from sympy import Symbol

from symdiff.array_types import BoolArray
from symdiff.balls.elementary import Undefined
from symdiff.graph.arrays.layout import Align
from symdiff.graph.arrays.steps import ArrayOperation
from symdiff.graph.kinds.einsum import Contract
from symdiff.graph.kinds.gather import Scattering
from symdiff.graph.kinds.largest import winners
from symdiff.graph.template import placeholder
from symdiff.oracle import deadline
from symdiff.oracle.neighbourhood.one_sided import MOVING, ORDER, UNKNOWN, as_array, begun, in_place
from symdiff.oracle.points.nearby import deciding
from symdiff.oracle.programs.infinities import with_infinities
from symdiff.programs.program import Program, operands_of
from symdiff.programs.sharing import Entrywise


def continuous(
    steps: Program, arguments: Mapping[str, Any], moving: Mapping[str, Any]
) -> dict[str, Any]:
    """For each result the mask of entries proven to be continuous from both sides.

    What is computed without cases of what tends to its value does so too. Else both have to be
    exact and equal: balls that overlap prove nothing. Nor does a sum of several that move, whose
    jumps may cancel: what is compared hangs on one of them.

    Returns: by the result's name, an array of its shape.
    Args: moving, by an input's name how fast each entry moves.
    Raises: NoOneSidedRule, OutOfTimeError.
    """
    before = ctx.cap
    ctx.cap = ORDER
    try:
        tends = [begun(steps, arguments, moving, side) for side in (-1, 1)]
        here = {s: np.asarray(arguments[name], object) for name, s in steps.arguments.items()}
        good = {s: np.ones(np.shape(entries), bool) for s, entries in here.items()}
        several = sum(int(np.count_nonzero(some)) for some in moving.values()) > 1
        moved = {s for name, s in steps.arguments.items() if name in moving}
        mixed: set[Symbol] = set()
        for symbol, what in steps.steps:
            if not moved.isdisjoint(operands_of(what)):
                moved.add(symbol)
                if not in_place(what, moved) or not mixed.isdisjoint(operands_of(what)):
                    mixed.add(symbol)
            for run in tends:
                run.take(symbol, what)
            here[symbol], finite, decided = _value(what, here)
            if isinstance(what, Entrywise) and not decided.all():
                still = {
                    s: _still(good[s], *(run.values[s] for run in tends)) for s in what.operands
                }
                decided = decided | _all(still[s] for s in _deciding(what))
            good[symbol] = finite & decided & _passed_on(what, good, here)
            left = ~good[symbol]
            if left.any() and not (several and symbol in mixed):
                shape = np.shape(here[symbol])
                sides = [np.broadcast_to(run.limits(symbol), shape) for run in tends]
                met = np.asarray(_meets(here[symbol], *sides), dtype=bool)
                good[symbol] = good[symbol] | (left & met)
        return {name: good[symbol] for name, symbol in steps.results.items()}
    finally:
        ctx.cap = before


def _value(
    what: Entrywise | ArrayOperation, here: Mapping[Symbol, Any]
) -> tuple[Any, BoolArray, BoolArray]:
    """What a step gives at the point, where it is finite, and where no border is or may be 0."""
    if not isinstance(what, Entrywise):
        made = np.asarray(what.run(here.__getitem__), dtype=object)
        every = np.ones(np.shape(made), dtype=bool)
        return made, every, every & (what.function is not winners)
    used = [placeholder(i) for i in range(len(what.operands))]
    function = with_infinities(used, what.template)

    def one(*balls: Any) -> tuple[Any, bool, bool]:
        if deadline.spent():
            raise deadline.OutOfTimeError
        try:
            value = function(*balls)
        except Undefined:
            return arb.nan(), False, True
        met = function.compiled.conditions
        return value, value.is_finite(), not (met.tied or met.undecided)

    operands = [here[s] for s in what.operands]
    found = np.frompyfunc(one, len(operands), 3)(*operands) if operands else one()
    return as_array(found[0]), np.asarray(found[1], dtype=bool), np.asarray(found[2], dtype=bool)


def _deciding(what: Entrywise) -> list[Symbol]:
    """The operands that decide which case of a step is taken."""
    used = deciding(what.template)
    return [s for i, s in enumerate(what.operands) if placeholder(i) in used]


def _all(parts: Iterable[BoolArray]) -> BoolArray:
    return np.logical_and.reduce(np.broadcast_arrays(np.ones((), bool), *parts))


def _moves(entry: Any) -> bool:
    return isinstance(entry, arb_series) or entry is UNKNOWN


_moving = np.frompyfunc(_moves, 1, 1)


def _still(good: BoolArray, *sides: Any) -> BoolArray:
    """The mask of entries that are the same beside the point."""
    return good & _all(~np.asarray(_moving(side), dtype=bool) for side in sides)


def _passed_on(
    what: Entrywise | ArrayOperation, good: Mapping[Symbol, BoolArray], here: Mapping[Symbol, Any]
) -> Any:
    """The mask of entries for which all that a step computes them from is good."""
    if isinstance(what, Entrywise):
        return _all(good[s] for s in what.operands)
    if all(good[s].all() for s in what.free_symbols if s in good):
        return True
    if isinstance(what, Contract):
        ones = [np.ones(good[s].shape) for s in what.operands]
        bad = [
            np.einsum(what.subscripts, *ones[:i], ~good[s] * 1.0, *ones[i + 1 :])
            for i, s in enumerate(what.operands)
        ]
        return np.asarray(sum(bad)) == 0
    if isinstance(what, Align | Scattering) or what.function in MOVING:
        first = what.args[1]
        return what.run(lambda s: ~good[s] * 1.0 if s == first else here[s]) == 0
    return False


def _meet(here: Any, *sides: Any) -> bool:
    here = arb(here)  # an empty sum is a plain 0
    return bool(
        here.is_exact()
        and here.is_finite()
        and all(t is not UNKNOWN and arb(t).is_exact() and arb(t) == here for t in sides)
    )


_meets = np.frompyfunc(_meet, 3, 1)
