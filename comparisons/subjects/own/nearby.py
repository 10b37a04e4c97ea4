"""Capture code again a tiny step beside its inputs, where ties are broken one way or another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from comparisons.dtypes import FloatType, float_type
from comparisons.inputs.values import seeded
from comparisons.subjects.own.arguments import a_hair_away
from comparisons.subjects.own.weighted_sum import total
from symdiff.graph import Graph

_CAPTURES = 16  # beside the inputs: each of four that tie is the largest in one of 100
_ROUNDINGS = 8  # of positions between pixels, which a few operations make
_FURTHER = 2.0**13  # units: beyond what inputs are moved by, so that each position goes its way


@dataclass(frozen=True, eq=False)
class Nearby:
    """The code that is the definition, to be captured beside its arguments.

    Args: function; given, its arguments by position and by name; dtype, the type that it is judged
        in; looked_up, at how many positions it looks up pixels: each is rounded by itself.
    """

    function: Callable[..., Any]
    given: tuple[tuple[Any, ...], dict[str, Any]]
    dtype: FloatType
    looked_up: int

    def graphs(self) -> Iterator[Graph]:
        """The graphs with ties broken by the entries' order, against it, and at random.

        In float64, or if the code does not run there, in the type that it is judged in.
        """
        from comparisons.capture.capturing import captured_call

        draw = seeded()
        kind = float_type("float64")
        for k in range(_CAPTURES):
            arguments, named = a_hair_away(self.given, k, draw, kind)
            by = max(_ROUNDINGS * self.dtype.unit_roundoff, _FURTHER * kind.unit_roundoff)
            try:
                found = captured_call(
                    self.function, arguments, named, dtype=kind, beside=by, seed=k, reads=False
                )
            except Exception:
                if kind == self.dtype:
                    raise
                kind = self.dtype
                continue
            yield total(found.graph)[0]
