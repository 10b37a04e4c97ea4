"""Turn float balls into enclosures: whole arrays at the speed of float64, as far as they decide.

For a format of 24 bits or fewer, 53 decide nearly everything; for float64 balls of two float64 do.
What they leave open is for balls of more bits: see `arrays`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symdiff.array_types import Float64Array
from symdiff.graph.template import placeholder
from symdiff.oracle.enclosures import running_bounds
from symdiff.oracle.enclosures.enclosure import SMALLEST, Enclosure, uncertain
from symdiff.programs.program import Program

_COARSEST = 2.0**-48  # a relative bound from which on balls of one float64 are worth a try
_FINEST = 2.0**-90  # and one from which on those of two are
# Entries of inputs from which on they are. numba takes 0.3 s to be loaded, and the kernels 0.2 to
# 0.4 s. Of so many entries a call takes flint's balls 0.08 s (softmax) to 0.3 s (attention), those
# of two float64 0.004 to 0.02 s: a process that makes a few calls is the quicker for them.
WORTH, _WORTH_IN_PAIRS = 256, 16_384
WORTH_AT_POINTS = 50_000  # points of one expression, at 2 to 15 µs each by flint's


def is_worth(relative: float, entries: int) -> bool:
    """Whether a relative bound is to be asked of float balls first, for so many entries."""
    return relative >= _FINEST and entries >= (WORTH if relative >= _COARSEST else _WORTH_IN_PAIRS)


def enclose_quickly(
    steps: Program,
    guards: Mapping[str, object],
    arguments: Mapping[str, Any],
    moved: Container[str],
    shape: tuple[int, ...],
    asked: tuple[float, float],
) -> dict[str, Enclosure]:
    """Enclose each result of the program, certified where its bound is as small as asked.

    Nothing, an empty mapping, where the program needs what float balls lack, or where they leave it
    open whether one of the `guards` has a value everywhere.

    Args: moved, the names of inputs that are taken with a tiny radius, so that at a tie, where a
        convention would choose, nothing is known; shape, what results are broadcast to; asked, a
        bound relative to the value, or another.
    """
    found = _evaluated(asked[0], steps, arguments, moved)
    if found is None or not all(found[guard].known.all() for guard in guards):
        return {}
    return {
        name: _enclosed(balls, shape, asked) for name, balls in found.items() if name not in guards
    }


def enclose_points(
    expression: Expr,
    symbols: Sequence[Symbol],
    columns: Sequence[Float64Array],
    asked: tuple[float, float],
) -> Enclosure:
    """Enclose an expression at points, as far as balls of two float64 decide it.

    Args: expression, without conditions, so that its value is all that is asked; columns, the
        points' coordinates, a symbol each; asked, a bound relative to the value, or another.
    """
    count = len(columns[0])
    if not _FINEST <= asked[0] < _COARSEST:
        return uncertain((count,))
    from symdiff.double_doubles.array import DOUBLE_DOUBLE, SCALARS
    from symdiff.float_balls.contraction import entrywise
    from symdiff.float_balls.environment import is_ieee
    from symdiff.float_balls.lowering import NotLoweredError, tape_of

    places = {symbol: placeholder(i) for i, symbol in enumerate(symbols)}
    try:
        tape = tape_of(expression.xreplace(places), len(symbols), SCALARS)
        if not is_ieee():
            return uncertain((count,))
        with np.errstate(all="ignore"):  # what is not finite is unknown, and says so
            balls = entrywise(tape, [DOUBLE_DOUBLE.exactly(column) for column in columns])
            return _enclosed(balls, (count,), asked)
    except NotLoweredError:
        return uncertain((count,))


def _evaluated(
    relative: float, steps: Program, arguments: Mapping[str, Any], moved: Container[str]
) -> Mapping[str, Any] | None:
    """The results in the coarsest balls that such a bound can be asked of."""
    from symdiff.float_balls.evaluate import evaluate, evaluate_in  # numba takes 0.5 s

    if relative >= _COARSEST:
        return evaluate(steps, arguments, moved)
    from symdiff.double_doubles.array import DOUBLE_DOUBLE

    return evaluate_in(DOUBLE_DOUBLE, steps, arguments, moved)


def none_is_zero(steps: Program, arguments: Mapping[str, Any], moved: Container[str]) -> bool:
    """Whether float64 tells that no entry of any result is 0.

    Args: moved, the names of inputs that are taken with a tiny radius.
    """
    if running_bounds.none_is_zero(steps, arguments):
        return True
    from symdiff.float_balls.evaluate import evaluate  # numba takes 0.5 s

    found = evaluate(steps, arguments, moved)
    return found is not None and all(
        bool((np.abs(balls.value) > balls.radius).all()) for balls in found.values()
    )


def _enclosed(
    balls: Iterable[Any], shape: tuple[int, ...], asked: tuple[float, float]
) -> Enclosure:
    value, *rest, radius = balls
    low = rest[0] if rest else 0.0
    together = np.broadcast_shapes(np.shape(value), shape)
    value, low, radius = (np.broadcast_to(part, together) for part in (value, low, radius))
    known = (radius < np.inf) & (np.abs(value) < np.inf)
    high: Float64Array = np.where(known, value + 0.0, np.nan)  # −0 becomes 0
    bound = np.where(known, np.where(radius > 0, np.maximum(radius, SMALLEST), 0.0), np.inf)
    relative, absolute = asked
    certified = known & ((bound <= relative * np.abs(high)) | (bound <= absolute))
    return Enclosure(high, np.where(known, low + 0.0, 0.0), bound, np.asarray(certified))
