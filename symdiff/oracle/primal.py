"""What a derivative is the derivative of, which its formula alone does not say.

1/z is the derivative of log z, and has a value at −1, where log z has none. At 0 the formula of
min(z, |z|)' says 0 by its convention for ties, and the function is z.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import frexp

import sympy
from flint import arb, arb_series, ctx
from sympy import Expr, Piecewise, Rational, Symbol
from sympy.core.relational import Relational

from symdiff.balls.compiled import Compiled, compile_ball, compile_side
from symdiff.balls.conditions import constant_of
from symdiff.balls.elementary import Undecided, Undefined
from symdiff.expression.differentiate import differentiate
from symdiff.expression.formula import real_symbol
from symdiff.functions import Extreme, Rounding, SpecialFunction, StableFunction, log1p
from symdiff.oracle.enclosure import LARGEST
from symdiff.oracle.limits.infinity import exists, limits

_FAR = real_symbol("t")  # what tends to infinity
_LEAST = arb(2) ** -1080  # no float64 but 0 is nearer to 0
_ORDER = 12  # coefficients of a series beside a tie; a border that vanishes to more is undecided
_EVERYWHERE = (
    *(sympy.Add, sympy.Mul, sympy.Abs, sympy.sign, sympy.exp, sympy.sin, sympy.cos, sympy.atan),
    *(sympy.asinh, sympy.sinh, sympy.cosh, sympy.erf, sympy.erfc, StableFunction, Extreme),
)


@dataclass(frozen=True)
class Primal:
    """The values that a derivative hangs on, and the function of one symbol that it is one of."""

    values: tuple[Expr, ...]  # where one of these is undefined, so is the derivative
    function: Expr
    variable: Symbol
    value: Expr | None = None  # of the variable, where it is no input but a named line
    stopped: bool = False  # whether some of the function is constant to the derivative

    @property
    def symbols(self) -> set[Symbol]:
        """What the function hangs on, besides its variable if that is a named line."""
        if self.value is None:
            return set(self.function.free_symbols)
        return (self.function.free_symbols - {self.variable}) | self.value.free_symbols

    @property
    def restricting(self) -> tuple[Expr, ...]:
        """Those of the values that may be undefined somewhere."""
        return tuple(value for value in self.values if not is_total(value))


@lru_cache(maxsize=4096)
def is_total(e: Expr) -> bool:
    """Whether the expression is seen to have a value at every real number."""
    if isinstance(e, sympy.Pow):
        return bool(e.exp.is_Integer and e.exp > 0 and is_total(e.base))
    if isinstance(e, Piecewise):
        relations = [c.atoms(Relational) for _, c in e.args]
        sides = [side for found in relations for r in found for side in r.args]
        values = [value for value, _ in e.args]
        return e.args[-1][1] == True and all(map(is_total, [*values, *sides]))  # noqa: E712 - SymPy's true
    if e.is_Atom:
        return True
    restricted = isinstance(e, log1p) or (
        isinstance(e, SpecialFunction) and not isinstance(e, Rounding)
    )
    return isinstance(e, _EVERYWHERE) and not restricted and all(map(is_total, e.args))


class PrimalAt:
    """A primal compiled over the variables of its points."""

    def __init__(self, primal: Primal, variables: Sequence[Symbol]) -> None:
        self.guards = [compile_ball(value, variables) for value in primal.restricting]
        self._primal = primal
        self._variables = list(variables)
        if primal.variable not in self._variables:
            self._variables.append(primal.variable)
        self._inputs = tuple(variables)
        self._value = None if primal.value is None else compile_ball(primal.value, variables)
        self._beside: dict[int, Compiled] = {}  # compiled when a first tie is met
        self._function: Compiled | None = None  # so too
        self.open_beside = False  # whether a border's sign beside the last point was left open
        self._exists: dict[tuple[float, ...], tuple[bool | None, bool | None]] = {}

    def defined(self, point: Sequence[arb]) -> bool | None:
        """Whether all of the values exist there; None where it is not decided."""
        try:
            return True if all(_has_value(g, point) for g in self.guards) else None
        except Undefined:
            return False

    def surrounded(self, point: Sequence[arb]) -> bool:
        """Whether the values surely exist all around a point where they do.

        sign(√(−z²)) has a value at 0 alone, and sign(√z) from there on. A neighbourhood of any size
        will do: far out one that grows with z would make e^z infinite.
        """
        if self._value is not None:  # what a line is in a neighbourhood its inputs do not tell
            return True
        around = [
            x + arb(0, min(max(abs(x).mid(), _LEAST), arb(1)) * arb(2) ** -ctx.prec)
            if s == self._primal.variable
            else x
            for s, x in zip(self._inputs, point, strict=True)
        ]
        bits = ctx.prec
        try:
            # flint takes e^z of a ball to be anything unless the bits reach down to its units
            ctx.prec = bits + max([0, *(frexp(float(x))[1] for x in point if abs(x) > 1)])
            return all(_has_value(guard, around) for guard in self.guards)
        except Undefined:
            return False
        finally:
            ctx.prec = bits

    def exists_beside(self, point: Sequence[arb]) -> tuple[bool | None, bool | None]:
        """Whether the values exist next to the point, on the left and on the right; None: open."""
        key = tuple(map(float, point))
        if key not in self._exists:
            self._exists[key] = (self._exists_on(point, -1), self._exists_on(point, 1))
        return self._exists[key]

    def _exists_on(self, point: Sequence[arb], side: int) -> bool | None:
        beside = self._next_to(point, side)
        found = {exists(value.xreplace(beside), 1) for value in self._primal.restricting}
        return False if False in found else None if None in found else True

    def _next_to(self, point: Sequence[arb], side: int) -> dict[Symbol, Expr]:
        """The inputs with the variable at z + side/t, for t → ∞."""
        numbers = dict(zip(self._inputs, map(_rational, point), strict=True))
        variable = self._primal.variable
        return {**numbers, variable: numbers[variable] + side / _FAR}

    def one_sided(self, point: Sequence[arb]) -> tuple[arb, arb] | None:
        """The derivatives from the left and from the right, proven; NaN where they are not.

        On either side the function is a power series in the distance, whose first coefficient is
        the one-sided derivative; or else its derivative has a limit there, as that of atan(1/z).
        None if the function jumps: of e^z where z ≠ 0, else 0, both slopes at 0 are 1, and there
        is no derivative. Nothing is proven where a stop would move with the variable.
        """
        if self._primal.stopped:
            return arb.nan(), arb.nan()
        self.open_beside = False
        here = self._here(point)
        slopes = []
        for side in (-1, 1):
            tends, slope = self._beside_by_series(point, side)
            if not slope.is_finite():
                tends, slope = self._beside_by_limit(point, side)
            if tends.is_finite() and here.is_finite() and not tends.overlaps(here):
                return None
            known = tends.is_finite() and here.is_finite()
            slopes.append(slope if known else arb.nan())
        return slopes[0], slopes[1]

    def _here(self, point: Sequence[arb]) -> arb:
        """The function's value at the point; NaN if it is not known."""
        if self._function is None:
            self._function = compile_ball(self._primal.function, self._variables)
        line = [] if self._value is None else [self._value(*point)]
        try:
            value = self._function(*point, *line)
        except Undefined:
            return arb.nan()
        return arb.nan() if self._function.conditions.undecided else value

    def _beside_by_limit(self, point: Sequence[arb], side: int) -> tuple[arb, arb]:
        """What the function and its derivative at z + side/t tend to for t → ∞, if proven."""
        variable = self._primal.variable
        if self._value is not None or not all(x.is_exact() for x in point):
            return arb.nan(), arb.nan()
        if not self.exists_beside(point)[side > 0]:
            return arb.nan(), arb.nan()
        beside, function = self._next_to(point, side), self._primal.function
        try:
            slope = differentiate(function, variable)
            return _limit(function.xreplace(beside)), _limit(slope.xreplace(beside))
        except ValueError:  # floor has neither a derivative in closed form nor power series
            return arb.nan(), arb.nan()

    def _beside_by_series(self, point: Sequence[arb], side: int) -> tuple[arb, arb]:
        """What the function and its derivative tend to on that side, if proven."""
        cap = ctx.cap
        try:
            if (
                side not in self._beside
            ):  # a CannotCertify, as of floor over series, is a ValueError
                self._beside[side] = compile_side(self._primal.function, self._variables, side)
            ctx.cap = _ORDER
            arguments = [
                arb_series([x, 1] if s == self._primal.variable else [x])
                for s, x in zip(self._inputs, point, strict=True)
            ]
            if self._value is not None:
                arguments.append(arb_series([self._value(*point), 1]))
            series = self._beside[side](*arguments)
        except Undecided:
            self.open_beside = True
            return arb.nan(), arb.nan()
        except (Undefined, ValueError, ZeroDivisionError):
            return arb.nan(), arb.nan()  # the latter two: flint divides by a series that may be 0
        finally:
            ctx.cap = cap
        if not isinstance(series, arb_series):
            return arb(series), arb(0)
        if series.prec < 2 or not constant_of(series).is_finite():
            return arb.nan(), arb.nan()
        return series[0], series[1]


def _limit(expression: Expr) -> arb:
    """What an expression in t tends to for t → ∞; NaN unless it is proven and finite."""
    found = limits(expression)[1:]
    if not found.certified[0] or not abs(found.high[0]) <= LARGEST:
        return arb.nan()
    return arb(found.high[0]) + arb(found.low[0]) + arb(0, found.bound[0])


def _has_value(guard: Compiled, point: Sequence[arb]) -> bool:
    """Whether it surely has one. Raises: Undefined if it surely has none."""
    return guard(*point).is_finite() and not guard.conditions.unknown


def _rational(x: arb) -> Rational:
    """The number that an exact ball holds, for SymPy."""
    mantissa, exponent = (int(n) for n in x.mid().man_exp())
    return Rational(mantissa) * Rational(2) ** exponent
