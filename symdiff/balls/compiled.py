"""Compile a SymPy expression to a function over balls, or over power series of balls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sympy
from flint import arb, ctx, fmpq
from sympy import Expr, Symbol

from symdiff.balls.conditions import (
    BallConditions,
    CellConditions,
    Conditions,
    SideConditions,
)
from symdiff.balls.elementary import BALL, SERIES, CannotCertify, Lowering, Undefined
from symdiff.balls.writer import Writer
from symdiff.trees.walks import symbols

_LITERAL = {sympy.oo: "inf", -sympy.oo: "-inf", sympy.nan: "nan"}
_GUARD_BITS = 16  # constants carry these beyond the working precision: their error stays unseen


class Compiled:
    """An expression ready to be evaluated over balls at the working precision `flint.ctx.prec`.

    Calling it with one `flint.arb` (or `arb_series`) for each variable returns the ball (or
    series) of the expression there. Constants are made anew, from exact rationals, for each
    precision: a constant made once at 53 bits would leave 53 bits in every result.

    Raises, when called: Undefined where the expression has no real value, proven. Undecided over
        series, if a border between two cases may lie inside the balls.
    """

    def __init__(
        self,
        expression: Expr,
        variables: Sequence[Symbol],
        lowering: Lowering,
        conditions: Conditions,
        degrees: Mapping[Symbol, float] = MappingProxyType({}),
    ) -> None:
        """Args: degrees, of the variables in ε, if they are series that are polynomials; else 1."""
        self.expression = expression
        self.variables = tuple(variables)
        self.conditions = conditions
        unknown = symbols(expression) - set(variables)
        if unknown:
            given = ", ".join(map(str, variables)) or "none"
            first = min(map(str, unknown))
            raise ValueError(f"no values were given for {first!r}; the variables are {given}")
        writer = Writer(self.variables, lowering, conditions, degrees)
        try:
            result = writer.write(expression, writer.source.top)
        except RecursionError:
            raise CannotCertify(
                "the formula is nested too deep for ball arithmetic; write it as a graph of "
                "several lines"
            ) from None
        self._bind = writer.source.function(result)
        self._constants = writer.source.constants
        self._at: dict[int, Callable[..., Any]] = {}
        self.bound()  # so that a constant without ball arithmetic is refused here, not at a point

    def __repr__(self) -> str:
        return f"<{self.expression} over {', '.join(map(str, self.variables)) or 'nothing'}>"

    def bound(self) -> Callable[..., Any]:
        """The bare function, with its constants at the present working precision."""
        if ctx.prec not in self._at:
            with ctx.workprec(ctx.prec + _GUARD_BITS):
                constants = [_constant(k) for k in self._constants]
            self._at[ctx.prec] = self._bind(*constants)
        return self._at[ctx.prec]

    def __call__(self, *arguments: Any) -> Any:
        """The ball (or series) of the expression on those of the variables, in their order.

        Afterwards `conditions.tied` says whether some border was exactly 0 on the way.
        """
        found = self.conditions
        found.begin()
        try:
            return self.bound()(*arguments)
        except Undefined:
            if not found.undecided:
                raise
            return arb.nan()  # of the cases that are possible, one has no value

    def each(self, columns: Iterable[Iterable[Any]]) -> list[Any]:
        """The balls on lists of those of the variables; `conditions` is then of all of them.

        Raises: Undefined where one has no real value, or may have none.
        """
        self.conditions.begin()
        return list(map(self.bound(), *columns))


def compile_ball(expression: Expr, variables: Sequence[Symbol]) -> Compiled:
    """Compile the expression to a function of `flint.arb` scalars, one for each variable.

    Raises: CannotCertify if the expression holds a function without ball arithmetic; ValueError
        if it has a symbol that is not among `variables`.
    """
    return Compiled(expression, variables, BALL, BallConditions())


def compile_series(expression: Expr, variable: Symbol) -> Compiled:
    """Compile the expression to a function of one `flint.arb_series` over a whole cell.

    Raises: CannotCertify if the expression holds a function without ball arithmetic; ValueError
        if it has another symbol.
    """
    return Compiled(expression, (variable,), SERIES, CellConditions())


def compile_side(expression: Expr, variables: Sequence[Symbol], side: int) -> Compiled:
    """Compile the expression to a function of series in ε, for small ε of sign `side` = ±1.

    Raises: CannotCertify if the expression holds a function without ball arithmetic; ValueError
        if it has a symbol that is not among `variables`.
    """
    return Compiled(expression, variables, SERIES, SideConditions(side))


def _constant(expression: Expr) -> arb:
    if expression.is_Rational:
        return arb(fmpq(int(expression.p), int(expression.q)))
    if expression in _LITERAL:
        return arb(_LITERAL[expression])
    if expression is sympy.pi:
        return arb.pi()
    if expression is sympy.E:
        return arb.const_e()
    writer = Writer((), BALL, BallConditions(), {}, leaf=expression)
    result = writer.write(expression, writer.source.top)
    return writer.source.function(result)(*map(_constant, writer.source.constants))()
