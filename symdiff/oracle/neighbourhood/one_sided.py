"""Run a program where some inputs' entries move to one side, by power series in the step ε.

Each number is a ball, or a power series in the distance ε that something moved, whose constant is
the limit for ε → 0 from that side. On a side of a point each border has one sign: that of its first
coefficient that is not 0. What is not proven is `UNKNOWN`, and so is what is computed from it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from flint import arb, arb_series, ctx
from sympy import Expr, Symbol

from symdiff.balls.branches import degree_of
from symdiff.balls.compiled import Compiled
from symdiff.balls.conditions import SideConditions
from symdiff.balls.elementary import SERIES, Undecided, Undefined
from symdiff.graph.arrays.layout import Align
from symdiff.graph.arrays.steps import ArrayOperation, rows
from symdiff.graph.kinds.einsum import Contract
from symdiff.graph.kinds.gather import Scattering, gathered
from symdiff.graph.kinds.largest import winners
from symdiff.graph.kinds.literal import given
from symdiff.graph.kinds.part import placed, taken
from symdiff.graph.kinds.position import positions
from symdiff.graph.kinds.running import accumulated
from symdiff.graph.kinds.shift import peak
from symdiff.graph.template import placeholder
from symdiff.oracle import deadline
from symdiff.oracle.programs.array_balls import compile_entry
from symdiff.programs.program import Program
from symdiff.programs.sharing import Entrywise

ORDER = 6  # coefficients; a border that vanishes to more is undecided
MOVING = (
    gathered,
    taken,
    placed,
    given,
    positions,
    accumulated,
)  # move data, or add, or take no numbers


class NoOneSidedRule(Exception):
    """Raised where a program holds a step without a one-sided rule."""


class _Unknown:
    """A number of which nothing is known; of 0 times it neither."""

    def _itself(self, *_: object) -> _Unknown:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _itself
    __truediv__ = __rtruediv__ = __neg__ = _itself


UNKNOWN = _Unknown()


def beside(
    steps: Program, arguments: Mapping[str, Any], moving: Mapping[str, Any], side: int
) -> dict[str, Any]:
    """The limit of each result of a program, as an object array: balls, or `UNKNOWN`.

    Args: moving, by an input's name how fast each entry moves; side, 1 or −1, whither.
    Raises: NoOneSidedRule, OutOfTimeError.
    """
    return {name: as_array(_limits(made)) for name, made in _moved(steps, arguments, moving, side)}


def slopes_beside(
    steps: Program, arguments: Mapping[str, Any], moving: Mapping[str, Any], side: int
) -> dict[str, Any]:
    """Each result's derivative by ε on that side, as `UNKNOWN` where there is none.

    Raises: NoOneSidedRule, OutOfTimeError.
    """
    return {name: as_array(_slopes(made)) for name, made in _moved(steps, arguments, moving, side)}


def grows(
    steps: Program, arguments: Mapping[str, Any], moving: Mapping[str, Any], side: int
) -> bool:
    """Whether some entry of a result is proven to have an infinite slope on that side.

    With ε = δ² roots of what vanishes are series in δ: of a + b δ the slope is b/δ.
    Raises: NoOneSidedRule, OutOfTimeError.
    """
    towards = {name: side * np.asarray(rates) for name, rates in moving.items()}
    found = _moved(steps, arguments, towards, 1, power=2)
    return any(_steep(entry) for _, made in found for entry in np.ravel(as_array(made)))


def moved(
    steps: Program, arguments: Mapping[str, Any], moving: Mapping[str, Any], side: int
) -> dict[str, Any]:
    """Each result as an object array of balls, series and `UNKNOWN`.

    Raises: NoOneSidedRule, OutOfTimeError.
    """
    return {name: as_array(made) for name, made in _moved(steps, arguments, moving, side)}


def sign_beside(number: Any, side: int) -> int:
    """The sign of a ball, or of a series on a side. Raises: Undecided."""
    return _Beside(side).sign(number)


def _steep(number: Any) -> bool:
    if not isinstance(number, arb_series) or number.prec < 2 or not number[0].is_finite():
        return False
    return bool(number[1] > 0 or number[1] < 0)


def _moved(
    steps: Program,
    arguments: Mapping[str, Any],
    moving: Mapping[str, Any],
    side: int,
    *,
    power: int = 1,
) -> list[tuple[str, Any]]:
    """Each result of a program, an object array of balls and series.

    Args:
        steps: the program.
        arguments: object arrays of balls, by name.
        moving: by an argument's name, by how many times ε each entry moves; of a mask, by ε.
        side: 1 for ε > 0, −1 for ε < 0.
        power: of what is small, of which the series are; ε is that.

    Raises: NoOneSidedRule; OutOfTimeError.
    """
    before = ctx.cap
    ctx.cap = ORDER
    try:
        run = begun(steps, arguments, moving, side, power=power)
        for symbol, what in steps.steps:
            run.take(symbol, what)
        return [(name, run.values[symbol]) for name, symbol in steps.results.items()]
    finally:
        ctx.cap = before


def as_array(made: Any) -> Any:
    """The value as an array; numpy would take a series for a row of numbers."""
    if isinstance(made, np.ndarray):
        return made
    boxed = np.empty(1, dtype=object)
    boxed[0] = made
    return boxed.reshape(())


def _limit(number: Any) -> Any:
    if isinstance(number, arb_series):
        return number[0] if number.prec > 0 and number[0].is_finite() else UNKNOWN
    return number if number is UNKNOWN or arb(number).is_finite() else UNKNOWN


def _slope(number: Any) -> Any:
    if _limit(number) is UNKNOWN:
        return UNKNOWN
    if not isinstance(number, arb_series):
        return arb(0)
    return number[1] if number.prec > 1 and number[1].is_finite() else UNKNOWN


def begun(
    steps: Program,
    arguments: Mapping[str, Any],
    moving: Mapping[str, Any],
    side: int,
    *,
    power: int = 1,
) -> Run:
    """Begin a run with its arguments: balls, and series for what moves."""
    run = Run(side)
    for name, symbol in steps.arguments.items():
        numbers = np.array(arguments[name], dtype=object)
        entries = numbers.reshape(-1)
        rates = np.ravel(moving.get(name, ()))
        for i in np.flatnonzero(rates):
            entries[i] = arb_series([entries[i], *[0] * (power - 1), float(rates[i])])
        run.values[symbol], run.degrees[symbol] = numbers, float(power * (name in moving))
    return run


def jumps_from(tends: Any, here: Any) -> bool:
    """Whether some entry is proven to have another limit than its value."""
    balls = np.ravel(tends), map(arb, np.ravel(here))
    return any(
        t is not UNKNOWN and h.is_finite() and not t.overlaps(h)
        for t, h in zip(*balls, strict=True)
    )


_limits = np.frompyfunc(_limit, 1, 1)
_slopes = np.frompyfunc(_slope, 1, 1)


class Run:
    """The values of a program, with bounds of their degrees in ε if polynomials."""

    def __init__(self, side: int) -> None:
        self.side = side
        self.values: dict[Symbol, Any] = {}
        self.degrees: dict[Symbol, float] = {}

    def take(self, symbol: Symbol, what: Entrywise | ArrayOperation) -> None:
        """Compute one step. Raises: NoOneSidedRule, OutOfTimeError."""
        made, degree = as_array(self.step(what)), self.degree(what)
        if degree == 0:  # of x ≠ 0 both sides are 1, whatever else depends on ε
            made = as_array(_limits(made))
        self.values[symbol], self.degrees[symbol] = made, degree

    def limits(self, symbol: Symbol) -> Any:
        """The limits of a value's entries."""
        return as_array(_limits(self.values[symbol]))

    def step(self, what: Entrywise | ArrayOperation) -> Any:
        """The value of a step. Raises: NoOneSidedRule, OutOfTimeError."""
        value = self.values.__getitem__
        if isinstance(what, Entrywise):
            degrees = tuple(self.degrees[s] for s in what.operands)
            function = _compiled(degrees, what.template, self.side)
            operands = [value(s) for s in what.operands]
            return np.frompyfunc(function, len(operands), 1)(*operands) if operands else function()
        if isinstance(what, Contract):  # of series there is no faster product
            return np.einsum(what.subscripts, *map(value, what.operands))
        if isinstance(what, Align | Scattering) or what.function in MOVING:
            return what.run(value)
        if what.function is winners:
            operand, axis, ties = what.arguments(value)
            first = ties == "first"
            return rows(lambda entries: _largest(entries, self.side, first=first), operand, axis)
        if what.function is peak:  # any number serves, since it cancels
            operand, axis = what.arguments(value)
            return np.frompyfunc(_larger, 2, 1).reduce(_middles(operand), axis)
        raise NoOneSidedRule

    def degree(self, what: Entrywise | ArrayOperation) -> float:
        """A bound of the degree of a step's value; infinite where there is none."""
        if isinstance(what, Entrywise):
            degrees = {placeholder(i): self.degrees[s] for i, s in enumerate(what.operands)}
            return degree_of(what.template, degrees)
        if isinstance(what, Contract):
            return sum(self.degrees[s] for s in what.operands)
        most = max((self.degrees[s] for s in what.free_symbols), default=0.0)
        moves = isinstance(what, Align | Scattering) or what.function in MOVING
        return most if most == 0 or moves else math.inf


def _middle(number: Any) -> Any:
    limit = _limit(number)
    return UNKNOWN if limit is UNKNOWN else arb(arb(limit).mid())


_middles = np.frompyfunc(_middle, 1, 1)


def _larger(a: Any, b: Any) -> Any:
    return UNKNOWN if a is UNKNOWN or b is UNKNOWN else max(a, b)


def _largest(entries: list[Any], side: int, *, first: bool) -> list[Any]:
    """1 for what is largest on this side, or for the first or each of those that are equal."""
    flags: list[Any] = []
    try:
        for i, mine in enumerate(entries):
            signs = [_sign(mine, o, side) for j, o in enumerate(entries) if j != i]
            beaten = any(s < 0 for s in signs) or (first and 0 in signs[:i])
            flags.append(arb(0 if beaten else 1))
    except Undecided:
        return [UNKNOWN] * len(entries)
    return flags


def _sign(a: Any, b: Any, side: int) -> int:
    """The sign of a − b on this side. Raises: Undecided."""
    if a is UNKNOWN or b is UNKNOWN:
        raise Undecided
    if a is b:
        return 0
    return _Beside(side).sign(a - b)


class _Beside(SideConditions):
    """Conditions on borders that are series, or balls that do not move."""

    def sign(self, x: Any, degree: float = math.inf) -> int:
        """The sign of a border on this side. Raises: Undecided."""
        return self._sign(x, degree)

    def _sign(self, x: Any, degree: float) -> int:
        return super()._sign(x, degree if isinstance(x, arb_series) else 0.0)


class _Function:
    """A template as a function of balls and series on one side."""

    def __init__(self, degrees: tuple[float, ...], template: Expr, side: int) -> None:
        """Args: degrees, of the operands in ε; infinite where they are no polynomials."""
        self._conditions = _Beside(side)
        self._degrees = {placeholder(i): degree for i, degree in enumerate(degrees)}
        self._symbols = list(self._degrees)
        self._template = template
        self._constant = compile_entry(self._symbols, template)
        self._series: Compiled | None = None  # compiled when something moves

    def __call__(self, *numbers: Any) -> Any:
        if any(number is UNKNOWN for number in numbers):
            return UNKNOWN
        if not any(isinstance(number, arb_series) for number in numbers):
            return self._constant(*numbers)
        if deadline.spent():
            raise deadline.OutOfTimeError
        if self._series is None:
            self._series = Compiled(
                self._template, self._symbols, SERIES, self._conditions, self._degrees
            )
        try:
            found = self._series(*map(_lifted, numbers))
        except (Undecided, Undefined, ValueError, ZeroDivisionError):
            return UNKNOWN  # the latter two: flint divides by a series that may be 0
        coefficients = found.coeffs() if isinstance(found, arb_series) else [found]
        return found if all(c.is_finite() for c in coefficients) else UNKNOWN


_compiled = lru_cache(maxsize=1024)(_Function)


def _lifted(number: Any) -> arb_series:
    return number if isinstance(number, arb_series) else arb_series([number])


def in_place(what: Entrywise | ArrayOperation, moved: set[Symbol]) -> bool:
    """Whether each entry of a step depends, of what moves, only on entries at its own place."""
    if isinstance(what, Entrywise):
        return True
    return isinstance(what, Contract) and _keeps(what, moved)


def _keeps(what: Contract, moved: set[Symbol]) -> bool:
    """Whether each operand that moves has the axes of the result in their order."""
    left, result = what.subscripts.split("->")
    groups = zip(what.operands, left.split(","), strict=True)
    return all(group == result for operand, group in groups if operand in moved)
