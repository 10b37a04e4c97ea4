"""A table is a function of one variable as certified polynomials on cells of the axis.

The cells are the leaves of a radix tree over the bits of float64: the root falls into the 4096
combinations of sign and exponent, a binade into 2^m equal cells with m as small as accuracy
allows, and a cell that still fails into eight again, which isolates breakpoints, roots and
singularities at the cost of a few cells a level. Where even that fails, and where there are too
many cells (sin at 1e30), the tree has an open leaf, whose points are left to the ball.

Nobody looks for breakpoints: on each cell ball arithmetic proves for every condition that it holds
on all of the cell, or on none of it, and a cell for which it does not stays open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from flint import ctx
from sympy import Expr

from symdiff.array_types import Float64Array
from symdiff.balls.compiled import Compiled, compile_ball, compile_series
from symdiff.balls.elementary import Undefined
from symdiff.expression.domain import is_total
from symdiff.oracle import deadline
from symdiff.oracle.enclosures.enclosure import FORMATS, Enclosure, format_named
from symdiff.oracle.points.nearby import jumps
from symdiff.oracle.tables.cell import DOUBLE, SINGLE, Accuracy, Cell, fit
from symdiff.oracle.tables.flat import FlatCells

_FINEST = 11  # a binade is cut into 2¹¹ cells at most, before failing cells are refined
# And into 2¹³ where the function is flat on a part of it, as where e^z overflows: without them its
# 2²³ float32 would take minutes.
_FINEST_BESIDE_FLAT = 13
_FAN = 3  # a failing cell is cut into 8
_MOST_ROWS = 100_000  # 6 to 12 MB; the catalogue needs 600 to 7,000


@dataclass(frozen=True, eq=False)
class Table:
    """The rows of one expression for one target format, ready to be evaluated."""

    target: str
    # node → 256·(first child) + 128·(a child is no leaf) + (bits that choose the child); a leaf has
    # 256·(itself); the first 4096 nodes are the combinations of sign and exponent
    tree: npt.NDArray[np.uint64]
    rows: Float64Array  # node → its row: 8 numbers for float32 and narrower, 16 for float64
    complete: bool = True  # whether it was made to its end, or left when the time was spent
    seconds: float = 0.0  # that making it took

    def __repr__(self) -> str:
        leaves = int((np.isfinite(self.rows).all(axis=1)).sum())
        return f"<Table of {leaves:,} rows for {self.target}>"

    @property
    def quality(self) -> tuple[float, float]:
        """The relative and the absolute bound, of which one has to hold."""
        accuracy = _accuracy(self.target)
        return accuracy.relative, accuracy.absolute

    def enclose(self, points: Float64Array, *, relative: float | None = None) -> Enclosure:
        """Enclose the function at the points; what the table cannot certify is left uncertified.

        Args: points, float64, any shape; relative, the asked bound (by default the table's own).
            A zero, a point beyond the target's range, an infinity or NaN has no row: its enclosure
            is NaN ± ∞, not certified.
        """
        from symdiff.oracle.tables import (
            kernel,  # numba takes 0.3 s to import; only evaluation needs it
        )

        accuracy = _accuracy(self.target)
        flat = np.ascontiguousarray(points, dtype=np.float64).ravel()
        high, low, bound = np.empty(flat.size), np.zeros(flat.size), np.empty(flat.size)
        certified = np.empty(flat.size, dtype=bool)
        asked = accuracy.relative if relative is None else relative
        bits, table = flat.view(np.uint64), (self.tree, self.rows)
        quality = (asked, accuracy.absolute)
        if accuracy.double_double:
            kernel.evaluate_double(bits, table, quality, (high, low, bound, certified))
        else:
            kernel.evaluate_single(bits, table, quality, (high, bound, certified))
        return Enclosure(high, low, bound, certified).reshape(np.shape(points))


def _accuracy(target: str) -> Accuracy:
    format_named(target)
    return DOUBLE if target == "float64" else SINGLE


def build(expression: Expr, target: str = "float32", restricting: tuple[Expr, ...] = ()) -> Table:
    """Build the table of an expression in one variable.

    Takes 0.01 to 1 s for float32 and the narrower formats, which share one, and 0.5 to 8 s for
    float64. What is not reached in the time allowed (see `deadline`) stays open.

    Args: restricting, expressions in the variable without whose value there is none of this one,
        nor where they may jump.

    Raises: CannotCertify if it holds a function without ball arithmetic; ValueError if it has not
        exactly one variable, or the format is unknown.
    """
    start = time.process_time()
    accuracy = _accuracy(target)
    if len(expression.free_symbols) != 1:
        raise ValueError(
            f"a table is for one variable; '{expression}' has {len(expression.free_symbols)} "
            "(enclose it by the ball instead)"
        )
    (z,) = expression.free_symbols
    form = FORMATS["float64" if accuracy.double_double else "float32"]
    # The exponent field of 2^e is e + 1023; float32's smallest subnormal is 2⁻¹⁴⁹, float64's has
    # the field 0, as all its subnormals.
    lowest = max(form.e_min - form.precision + 1, -1023) + 1023
    guards = [compile_ball(e, (z,)) for e in restricting]
    flat = FlatCells(expression, z, accuracy)
    growth = _Growth(compile_series(expression, z), guards, accuracy, flat)
    for sign in (0, 1):
        growth.cut(sign, range(lowest, form.e_max + 1023 + 1))
    arrays = growth.arrays(16 if accuracy.double_double else 8)
    seconds = time.process_time() - start
    return Table(target, *arrays, complete=not growth.abandoned, seconds=seconds)


class _Growth:
    """The tree while it grows."""

    def __init__(
        self, program: Compiled, guards: Iterable[Compiled], accuracy: Accuracy, flat: FlatCells
    ) -> None:
        self.program = program
        self.flat = flat
        self.guards = tuple(guards)
        self.abandoned = False
        self.accuracy = accuracy
        self.first = list(range(4096))  # every node is a leaf until it is planted
        self.fan = [0] * 4096
        self.rows: dict[int, list[float]] = {}  # leaf → its row; a leaf without one is open

    def arrays(self, width: int) -> tuple[npt.NDArray[np.uint64], Float64Array]:
        """The tree and the rows as `Table` holds them: an open leaf is NaN ± ∞."""
        deep = [
            n > 0 and any(self.fan[f : f + (1 << n)])
            for f, n in zip(self.first, self.fan, strict=True)
        ]
        parts = (self.first, deep, self.fan)
        first, deeper, fan = (np.array(part, np.uint64) for part in parts)
        tree = first * np.uint64(256) + deeper * np.uint64(128) + fan
        rows = np.full((len(tree), width), np.nan)
        rows[:, width - 1 if width == 8 else 14] = np.inf
        for node, row in self.rows.items():
            rows[node, : len(row)] = row
        return tree, rows

    def cut(self, sign: int, exponents: Iterable[int]) -> None:
        """Fit every binade of one sign, from the smallest up."""
        fineness = 0  # neighbouring binades need about as many cells
        for exponent in exponents:
            if self.abandoned:
                return
            binade = Cell((sign << 11) | exponent, 12)
            fineness = self.binade(binade, max(fineness - 1, 0))

    def binade(self, binade: Cell, fineness: int) -> int:
        """Cut one binade, starting from the given fineness; returns the fineness it took."""
        self.flat.begin()
        for m in range(fineness, _FINEST_BESIDE_FLAT + 1):
            if m > _FINEST and not self.flat.found:
                break
            count = 1 << m
            probed = range(count) if m < 3 else range(count // 8, count, count // 4)
            fitted = {i: self.fit(binade.child(m, i)) for i in probed}
            if sum(row is None for row in fitted.values()) > len(probed) // 4:
                continue
            cells = [binade.child(m, i) for i in range(count)]
            rows = [fitted[i] if i in fitted else self.fit(c) for i, c in enumerate(cells)]
            if sum(row is None for row in rows) <= count // 4:
                self.plant(binade.prefix, cells, rows, m)
                return m
        return 0  # hopeless at any affordable fineness: all of the binade stays open

    def fit(self, cell: Cell) -> list[float] | None:
        """The cell's row; None where none is good enough, or the time is spent."""
        self.abandoned = self.abandoned or deadline.spent()
        if self.abandoned or not all(map(self.defined_on(cell), self.guards)):
            return None
        row = fit(self.program, cell, self.accuracy)
        return self.flat.row(cell) if row is None else row

    @staticmethod
    def defined_on(cell: Cell) -> Callable[[Compiled], bool]:
        """Whether an expression is proven to have a value all over the cell, and not to jump."""

        def defined(guard: Compiled) -> bool:
            with ctx.workprec(64):
                try:
                    value = guard(cell.ball())
                except Undefined:
                    return False
                met = guard.conditions
                if met.unknown:  # a step is finite whether or not its argument has a value
                    return False
                if jumps(guard.expression) and (met.tied or met.undecided):
                    return False
                return value.is_finite() or is_total(guard.expression)

        return defined

    def plant(
        self, node: int, cells: list[Cell], fitted: list[list[float] | None], bits: int
    ) -> None:
        """Make the cells the children of the node; refine those that have no row."""
        if bits == 0:
            self.leaf(node, fitted[0])
            return
        start = len(self.first)
        self.first[node], self.fan[node] = start, bits
        self.first += range(start, start + len(cells))
        self.fan += [0] * len(cells)
        for child, (cell, row) in enumerate(zip(cells, fitted, strict=True), start):
            if row is not None:
                self.leaf(child, row)
            else:
                self.refine(child, cell)

    def leaf(self, node: int, row: list[float] | None) -> None:
        if row is not None and len(self.rows) < _MOST_ROWS:
            self.rows[node] = row

    def refine(self, node: int, cell: Cell) -> None:
        bits = min(_FAN, 64 - cell.used - self.accuracy.least_bits)
        if bits <= 0:
            return
        cells = [cell.child(bits, i) for i in range(1 << bits)]
        fitted = [self.fit(c) for c in cells]
        if sum(row is None for row in fitted) <= len(cells) // 2:
            self.plant(node, cells, fitted, bits)
