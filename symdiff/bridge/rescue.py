"""Compute in ball arithmetic the points that float64 does not settle, each to the nearest float64.

Ziv's strategy point by point: the precision grows until the ball is tight, up to a fixed number of
bits, so that the work at a point is bounded. A ball contains the truth whatever the precision, so
no two precisions are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq
from sympy import Expr, Rational, Symbol

from symdiff.array_types import Float64Array
from symdiff.balls.compiled import compile_ball
from symdiff.balls.elementary import CannotCertify, Undecided
from symdiff.bridge.interpret import interpret
from symdiff.graph.arrays.steps import ArrayOperation
from symdiff.graph.kinds.einsum import Contract
from symdiff.programs.program import Program

_PRECISIONS = (128, 512, 2048, 4096)
_TIGHT = 56  # bits that a ball has to share with its midpoint
_LARGEST, _LONGEST = 1000, 200  # of a parameter that is written into the program: value and bits
_NOTHING = arb(2) ** -1075  # what rounds to 0


class Rescue:
    """A program of scalars, ready to be run at one point at a time."""

    def __init__(
        self, program: Program, constants: Mapping[str, Rational], guards: Collection[str] = ()
    ) -> None:
        """Compile the program with its parameters' values.

        Args: constants, by the name of the program's argument. A short one is written into the
            program: z^a/z is z^(a − 1) then, and has a value at 0, and ties are decided exactly.
            guards, results of which only is asked whether they have a value; it is given as 0.
        """
        written = short(constants)
        self.program = program = program.at(written)
        self.guards = frozenset(guards)
        self.constants = {k: v for k, v in constants.items() if k not in written}
        self.tied = np.zeros(0, dtype=bool)  # where a border was 0, at the points of the last call
        self._steps: list[tuple[Symbol, Sequence[Symbol], Callable[..., arb]]] = []
        for symbol, expression in program.assignments:
            used, function = _compiled(expression)
            self._steps.append((symbol, used, function))

    def __repr__(self) -> str:
        return f"<rescue of {', '.join(self.program.results)}>"

    def __call__(self, points: Mapping[str, Float64Array]) -> dict[str, Float64Array]:
        """Compute each result at each point, NaN where it is undefined or was not found.

        Args: points, one-dimensional arrays of finite numbers.
        """
        columns = np.stack(list(points.values()), axis=-1) + 0.0
        distinct, which = np.unique(columns, axis=0, return_inverse=True)
        rows, tied = [], []
        for row in distinct.tolist():
            rows.append(self._at({**self.constants, **dict(zip(points, row, strict=True))}))
            tied.append(any(_met_a_tie(function) for _, _, function in self._steps))
        self.tied = np.array(tied, dtype=bool)[which.reshape(-1)]
        found = np.array(rows, dtype=np.float64).reshape(len(rows), len(self.program.results))
        return dict(zip(self.program.results, found[which.reshape(-1)].T, strict=True))

    def _at(self, arguments: Mapping[str, Any]) -> list[float]:
        settled: dict[str, float] = {}
        for precision in _PRECISIONS:
            with ctx.workprec(precision):
                balls = self._balls({name: _ball(a) for name, a in arguments.items()})
                for name, ball in balls.items():
                    if name not in settled:
                        value = np.nan if ball is None else self._settled(name, ball)
                        if value is not None:
                            settled[name] = value
            if len(settled) == len(self.program.results):
                break
        return [settled.get(name, np.nan) for name in self.program.results]

    def _settled(self, name: str, ball: arb) -> float | None:
        """The value that a ball decides; of a guard that it has one."""
        if name in self.guards:
            return 0.0 if ball.is_finite() else None
        return _nearest(ball)

    def _balls(self, arguments: Mapping[str, arb]) -> dict[str, arb | None]:
        """The ball of each result; None for one that is proven to be undefined."""
        values: dict[Any, Any] = {s: arguments[k] for k, s in self.program.arguments.items()}
        undefined = set()
        asked = {self.program.results[name] for name in self.guards}
        for symbol, used, function in self._steps:
            try:
                values[symbol] = function(*(values[s] for s in used))
                if symbol in asked and _met_the_unknown(function):
                    values[symbol] = arb.nan()
            except Undecided:
                values[symbol] = arb.nan()
            except ArithmeticError:
                values[symbol] = arb.nan()
                undefined.add(symbol)
            if not values[symbol].is_finite() and not undefined.isdisjoint(used):
                undefined.add(symbol)
        return {
            name: None if symbol in undefined else values[symbol]
            for name, symbol in self.program.results.items()
        }


def _met_a_tie(function: Any) -> bool:
    """Whether the function last met a border that was exactly 0."""
    conditions = getattr(function, "conditions", None)
    return conditions is not None and conditions.tied


def _met_the_unknown(function: Any) -> bool:
    """Whether a condition on its way may have had no value: sign(atanh(1 ± ε)) is not ±1."""
    conditions = getattr(function, "conditions", None)
    return conditions is not None and conditions.unknown


def rescued_arrays(program: Program, arguments: Mapping[str, Any]) -> dict[str, Float64Array]:
    """Compute each result of a program of arrays, NaN where it is undefined or was not found."""
    entrywise, nearest = np.frompyfunc(_ball, 1, 1), np.frompyfunc(_nearest, 1, 1)
    found: dict[str, Any] = {}
    for precision in _PRECISIONS:
        with ctx.workprec(precision):
            balls = {k: np.asarray(entrywise(arguments[k]), object) for k in program.arguments}
            found = {k: nearest(v) for k, v in interpret(program, balls, _entry).items()}
        if not any(v is None for values in found.values() for v in np.ravel(values)):
            break
    return {k: np.asarray(v, dtype=object).astype(np.float64) for k, v in found.items()}


@lru_cache(maxsize=4096)
def _entrywise(used: tuple[Symbol, ...], expression: Expr) -> Callable[..., arb]:
    try:
        function = compile_ball(expression, used)
    except CannotCertify:
        return _unknown

    def evaluate(*balls: arb) -> arb:
        """NaN where there is no value, or none at this precision."""
        try:
            return function(*balls)
        except ArithmeticError:
            return arb.nan()

    return evaluate


def _entry(used: Sequence[Symbol], expression: Expr) -> Callable[..., arb]:
    return _entrywise(tuple(used), expression)


def _compiled(expression: Any) -> tuple[Sequence[Symbol], Callable[..., arb]]:
    """The symbols that a step takes, and what it computes of their balls."""
    if isinstance(expression, Contract) and not set(expression.subscripts) - set(",->"):
        return expression.operands, _product
    used = sorted(expression.free_symbols, key=str)
    try:
        return used, _unknown if expression.has(ArrayOperation) else compile_ball(expression, used)
    except CannotCertify:
        return used, _unknown


def short(constants: Mapping[str, Rational]) -> dict[str, Rational]:
    """The numbers that are short enough for SymPy, which never ends on a long exponent."""
    return {
        name: value
        for name, value in constants.items()
        if abs(value) <= _LARGEST and int(value.q).bit_length() <= _LONGEST
    }


def _product(*factors: arb) -> arb:
    result = arb(1)
    for factor in factors:
        result *= factor
    return result


def _unknown(*_: arb) -> arb:
    return arb.nan()


def _ball(value: Any) -> arb:
    return arb(fmpq(int(value.p), int(value.q))) if hasattr(value, "p") else arb(value)


def _nearest(ball: arb) -> float | None:
    """The float64 nearest to all of a ball, or None if the ball is too wide."""
    if not ball.is_finite():
        return None
    if ball.rel_accuracy_bits() >= _TIGHT:
        return float(ball.mid())
    if ball.rad() < _NOTHING:
        return float(ball.mid()) + 0.0
    return None
