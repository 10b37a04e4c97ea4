"""Capture code again a tiny step beside its inputs, where ties are broken one way or another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
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
    _captured: list[Graph | Exception] = field(default_factory=list, init=False, repr=False)
    _going_on: list[Iterator[Graph]] = field(default_factory=list, init=False, repr=False)

    def graphs(self) -> Iterator[Graph]:
        """The graphs with ties broken by the entries' order, against it, and at random.

        In float64, or if the code does not run there, in the type that it is judged in. Each is
        captured once: they are the same whatever the cotangent. Raises: what the code raises.
        """
        for k in range(_CAPTURES):
            if k == len(self._captured):
                self._capture_one_more()
            if k == len(self._captured):
                return
            found = self._captured[k]
            if isinstance(found, Exception):
                raise found
            yield found

    def _capture_one_more(self) -> None:
        """Put down the next graph, or the exception that ends them."""
        if not self._going_on:
            self._going_on.append(self._capture())
        try:
            self._captured.extend(islice(self._going_on[0], 1))
        except Exception as error:  # noqa: BLE001 - the user's code may raise anything there
            self._captured.append(error)

    def _capture(self) -> Iterator[Graph]:
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
