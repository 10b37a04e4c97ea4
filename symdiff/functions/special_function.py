"""The base of the special and the rounding functions, which have no power series here.

They have a derivative, float64 and ball arithmetic, but no power series of balls: so no certified
table is made of them, and the ball answers point by point.
"""

from __future__ import annotations

from typing import Any

from symdiff.array_types import Float64Array
from symdiff.functions.stable_function import StableFunction


class SpecialFunction(StableFunction):
    """A real function of one real variable without a series."""

    @classmethod
    def eval(cls, z: Any) -> Any:  # noqa: ARG003 - it stays unevaluated
        return None

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        """The function in float64, vectorised."""
        raise NotImplementedError  # abstract: each stanza has its own
