"""Find the entries of an array program that stay when its inputs move a little.

relu(h) is 0 all around an h below 0, whatever h is: so relu(h) > 0 is decided there, though both of
its sides are 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symdiff.array_types import BoolArray
from symdiff.functions import Extreme, maximum
from symdiff.graph.arrays.layout import Align
from symdiff.graph.arrays.steps import ArrayOperation
from symdiff.graph.kinds.einsum import Contract
from symdiff.graph.kinds.gather import gathered
from symdiff.graph.kinds.part import taken
from symdiff.graph.template import placeholder
from symdiff.oracle.points.nearby import moving_in
from symdiff.oracle.programs.array_balls import compile_plain
from symdiff.programs.sharing import Entrywise

_MOVING = (gathered, taken)


class FixedEntries:
    """By value of a program the mask of the entries that stay, filled in step by step."""

    def __init__(self, values: Mapping[str, Any], moving: set[Symbol]) -> None:
        """Args: values and moving, those of the program, which grow as it is run."""
        self._values, self._moving = values, moving
        self._found: dict[Symbol, BoolArray] = {}

    def of(self, symbol: Symbol) -> BoolArray:
        """The mask of the entries of a value that stay."""
        if symbol in self._found:
            return self._found[symbol]
        return np.full(np.shape(self._values[symbol]), symbol not in self._moving)

    def put(self, symbol: Symbol, what: Entrywise | ArrayOperation) -> None:
        """Find the entries that stay of one more step, whose operands are known."""
        if isinstance(what, Entrywise):
            self._found[symbol] = self._entrywise(what)
        elif isinstance(what, Contract):
            shapes = [np.ones(np.shape(self._values[s])) for s in what.operands]
            moved = [
                np.einsum(what.subscripts, *shapes[:i], ~self.of(s) * 1.0, *shapes[i + 1 :])
                for i, s in enumerate(what.operands)
            ]
            self._found[symbol] = np.asarray(sum(moved)) == 0
        elif isinstance(what, Align) or what.function in _MOVING:
            first = what.args[1]
            moved_on = what.run(lambda s: ~self.of(s) * 1.0 if s == first else self._values[s])
            self._found[symbol] = np.asarray(moved_on == 0, dtype=bool)

    def _entrywise(self, what: Entrywise) -> BoolArray:
        shape = np.broadcast_shapes(*(np.shape(self._values[s]) for s in what.operands))
        own = {
            placeholder(k): np.broadcast_to(self.of(s), shape) for k, s in enumerate(what.operands)
        }

        def fixed(e: Expr) -> BoolArray:
            return np.logical_and.reduce([np.ones(shape, bool), *(own[p] for p in moving_in(e))])

        found = fixed(what.template)
        if isinstance(what.template, Extreme) and not found.all():
            first, second = what.template.args
            sides = fixed(first), fixed(second)
            if sides[0].any() or sides[1].any():
                above, below = self._signs(first - second, what, shape)
                if not isinstance(what.template, maximum):
                    above, below = below, above
                found = found | (above & sides[0]) | (below & sides[1])
        return found

    def _signs(
        self, border: Expr, what: Entrywise, shape: tuple[int, ...]
    ) -> tuple[BoolArray, BoolArray]:
        """The masks of entries where a border is above 0, and where below."""
        used = [placeholder(k) for k in range(len(what.operands))]
        columns = [
            np.broadcast_to(np.asarray(self._values[s], object), shape).ravel().tolist()
            for s in what.operands
        ]
        function = compile_plain(used, border)
        signs = [_sign(function, row) for row in zip(*columns, strict=True)]
        found = np.array(signs, dtype=int).reshape(shape)
        return found > 0, found < 0


def _sign(function: Any, row: tuple[Any, ...]) -> int:
    if not all(hasattr(entry, "is_finite") for entry in row):  # several numbers, or not known
        return 0
    ball = function(*row)
    return int(bool(ball > 0)) - int(bool(ball < 0))
