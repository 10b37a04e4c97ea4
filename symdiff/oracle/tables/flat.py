"""Give a row to a cell on which a function is next to constant, though no ball says so.

Far out, e^z runs through thousands of binades between neighbours of float32, and a ball that holds
them holds 0 and negative numbers as well. An interval with exact ends does not: it shows that all
of e^z is beyond float64, and all of e^(−e^z) below its smallest number. Without such rows each of
the billion float32 values out there would be left to ball arithmetic, for hours.
"""

from __future__ import annotations

import sympy
from flint import arb, ctx
from sympy import Expr, Symbol

from symdiff.kinks.interval import Note
from symdiff.kinks.tape import NotUnderstood, Tape
from symdiff.oracle.tables.cell import Accuracy, Cell, constant_row

_BITS = 96
_IN_VAIN = 64  # cells of a binade in succession without a row; more of it are not tried


class FlatCells:
    """An expression over intervals, asked cell by cell whether it hardly changes there."""

    found: int  # rows of the present binade

    def __init__(self, expression: Expr, z: Symbol, accuracy: Accuracy) -> None:
        self.accuracy = accuracy
        self.vain = self.found = 0
        self.tape: Tape | None = None
        # Where a step may lie in the cell there is no derivative, whatever the values beside it.
        if not expression.has(sympy.sign, sympy.Heaviside, sympy.floor, sympy.ceiling):
            try:
                self.tape = Tape(expression, z)
            except NotUnderstood:
                self.tape = None

    def begin(self) -> None:
        """Try again, for another binade."""
        self.vain = self.found = 0

    def row(self, cell: Cell) -> list[float] | None:
        """The row of a constant, ±∞ where all of the cell is beyond float64; None if it is none."""
        if self.tape is None or self.vain >= _IN_VAIN:
            return None
        note, (least, greatest) = Note(), sorted(cell.ends)
        with ctx.workprec(_BITS):
            found = self.tape((arb(least), arb(greatest)), note)
            known = found is not None and not note.partial and not note.undecided
            row = constant_row(*found, cell, self.accuracy) if found is not None and known else None
        self.vain = 0 if row is not None else self.vain + 1
        self.found += row is not None
        return row
