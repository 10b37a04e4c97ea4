"""Find what a derivative is the derivative of, which its formula alone does not say.

1/z is the derivative of log z, and has a value at −1, where log z has none. At 0 the formula of
min(z, |z|)' says 0 by its convention for ties, and the function is z.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import frexp
from typing import Any

import numpy as np
import sympy
from flint import arb, arb_series, ctx
from sympy import Expr, Symbol

from symdiff.balls.branches import degree_of
from symdiff.balls.compiled import Compiled, compile_ball, compile_side
from symdiff.balls.conditions import SideConditions, constant_of
from symdiff.balls.elementary import Undecided, Undefined
from symdiff.expression.differentiate import differentiate
from symdiff.expression.domain import is_total
from symdiff.expression.formula import real_symbol
from symdiff.oracle.enclosures.enclosure import LARGEST, Enclosure
from symdiff.oracle.enclosures.running_bounds import nonzero
from symdiff.oracle.limits.infinity import exists, limits
from symdiff.oracle.points.nearby import (
    JUMPING,
    Later,
    Open,
    Point,
    beside,
    borders_of,
    continuous,
    equal,
    jumps,
    number_in,
    put,
)

_FAR = real_symbol("t")  # what tends to infinity
_LEAST = arb(2) ** -1080  # no float64 but 0 is nearer to 0
_ORDER = 12  # coefficients of a series beside a tie; a border that vanishes to more is undecided


@dataclass(frozen=True)
class Primal:
    """The function that a derivative belongs to, and the values that must exist for it."""

    values: tuple[Expr, ...]  # where one of these is undefined, so is the derivative
    function: Expr
    variable: Symbol
    value: Expr | None = None  # of the variable, where it is no input but a named line
    stops: Mapping[Symbol, Expr] = field(default_factory=dict)  # constants to the derivative
    before: tuple[Expr, ...] = ()  # what the function is made of derivatives of

    @property
    def made(self) -> dict[Symbol, Expr]:
        """The expression of each symbol of the function that is no input: its variable, stops."""
        used = self.function.free_symbols
        stops = {s: value for s, value in self.stops.items() if s in used}
        return stops if self.value is None else {self.variable: self.value, **stops}

    @property
    def symbols(self) -> set[Symbol]:
        """The inputs that the function depends on."""
        made = self.made
        inputs: set[Symbol] = self.function.free_symbols - made.keys()
        return inputs.union(*(e.free_symbols for e in (*made.values(), *self.before)))

    @property
    def jumping(self) -> tuple[Expr, ...]:
        """The parts with cases between which they may jump, as functions of the inputs."""
        every = (self.function.xreplace(self.made), *self.before)
        return tuple(e for e in every if jumps(e))

    @property
    def restricting(self) -> tuple[Expr, ...]:
        """The values that may be undefined somewhere."""
        return tuple(value for value in self.values if not is_total(value))


class PrimalAt:
    """A primal compiled over the variables of the points."""

    def __init__(self, primal: Primal, variables: Sequence[Symbol]) -> None:
        self.guards = [compile_ball(value, variables) for value in primal.restricting]
        self._primal = primal
        self._inputs = tuple(variables)
        self._made = {s: compile_ball(e, variables) for s, e in primal.made.items()}
        self._variables = (*variables, *self._made)
        self._beside: dict[tuple[Expr, int], Compiled] = {}  # compiled when a first tie is met
        self._here: dict[Expr, Compiled] = {}  # so too
        self._exists: dict[tuple[float, ...], tuple[bool | None, bool | None]] = {}
        self._jumping = jumps(primal.function)
        self._jumping_before = tuple(filter(jumps, primal.before))

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
        if (
            self._primal.value is not None
        ):  # what a line is in a neighbourhood its inputs do not tell
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
        made = [put(value, beside) for value in self._primal.restricting]
        found = {None if value is sympy.nan else exists(value, 1) for value in made}
        return False if False in found else None if None in found else True

    def _next_to(self, point: Sequence[arb], side: int) -> dict[Symbol, Expr]:
        """The inputs with the variable at z + side/t, for t → ∞."""
        numbers = dict(zip(self._inputs, map(number_in, point), strict=True))
        variable = self._primal.variable
        return {**numbers, variable: numbers[variable] + side / _FAR}

    def near_borders(self, points: Sequence[tuple[float, ...]]) -> list[bool]:
        """For each point whether a border on which some case depends may be 0 there."""
        jumping = self._primal.jumping
        if not jumping:
            return [False] * len(points)
        borders = [border for e in jumping for border in borders_of(e)]
        columns = list(np.array(points, dtype=np.float64).reshape(len(points), len(self._inputs)).T)
        known = [border for border in borders if border is not None]
        far = nonzero(known, self._inputs, columns) if len(known) == len(borders) else None
        if far is None:
            return [True] * len(points)
        return (~np.broadcast_to(far, (len(points),))).tolist()

    def may_jump(self, point: Sequence[arb]) -> bool:
        """Whether a border is 0 there, or may be, between cases of which one may leave the other.

        The slopes on both sides of a jump may be one, and the derivative's formula without cases.
        """
        if not self._jumping:
            return False
        self._value(self._primal.function, self._all(point))
        met = self._here[self._primal.function].conditions
        return met.tied or met.undecided

    def broken(self, point: Sequence[arb]) -> bool:
        """Whether what the function is made of derivatives of may jump there."""
        for e in self._jumping_before:
            self._value(e, self._all(point))
            met = self._here[e].conditions
            if (met.tied or met.undecided) and not self._steady(e, self._point(point)):
                return True
        return False

    def steady(self, point: Sequence[arb]) -> bool:
        """Whether the function is proven to be continuous in its variable."""
        return self._steady(self._primal.function, self._point(point))

    def _point(self, point: Sequence[arb]) -> Point | None:
        at = self._all(point)
        if at is None:
            return None
        given = {s: Later(number_in(x)) for s, x in zip(self._inputs, point, strict=True)}
        numbers = {**given, **{s: Later(e, given) for s, e in self._primal.made.items()}}
        still = frozenset(self._variables) - {self._primal.variable}
        return Point(dict(zip(self._variables, at, strict=True)), numbers, still)

    def _steady(self, e: Expr, at: Point | None) -> bool:
        """Whatever case is taken, or by what it is on both sides; or if its parts are."""
        if at is None:
            return False
        if continuous(e, at) or self._one_beside(e, at):
            return True
        if not isinstance(e, JUMPING) and all(self._steady(a, at) for a in e.args):
            return True
        point = list(at.balls.values())
        here = self._value(e, point)
        sides = [self._by_series(e, point, side)[0] for side in (-1, 1)]
        exact = all(ball.is_finite() and ball.is_exact() for ball in (here, *sides))
        return exact and all(here == side for side in sides)

    def _one_beside(self, e: Expr, at: Point) -> bool:
        """Whether what an expression is at the point and on both sides has one value there."""
        point = list(at.balls.values())

        def sign(border: Expr, side: int) -> int:
            if side == 0:
                if not at.value(border).is_zero():
                    raise Open
                return 0
            series = self._series(border, point, side)
            return SideConditions(side).sign(series, degree_of(border))

        try:
            here, *sides = (beside(e, at, partial(sign, side=side)) for side in (0, -1, 1))
            finite = all(at.value(case).is_finite() for case in (here, *sides))
            return finite and all(equal(here, side, at) for side in sides)
        except (Open, Undecided, Undefined, ValueError, ZeroDivisionError):
            return False

    def one_sided(self, point: Sequence[arb]) -> tuple[arb, arb] | None:
        """The derivatives from the left and from the right, proven; NaN where they are not.

        On either side the function is a power series in the distance, whose first coefficient is
        the one-sided derivative; or else its derivative has a limit there, as that of atan(1/z).
        None if the function is proven to jump: of e^z where z ≠ 0, else 0, both slopes at 0 are 1,
        and there is no derivative. Where it is not proven to be continuous nothing is known.
        """
        function, at = self._primal.function, self._all(point)
        here = self._value(function, at)
        steady, slopes = None, []
        for side in (-1, 1):
            tends, slope = self._beside_by_series(at, side)
            if not slope.is_finite():
                tends, slope = self._beside_by_limit(point, side)
            known = tends.is_finite() and here.is_finite()
            if known and not tends.overlaps(here):
                return None
            if known and not (tends.is_exact() and here.is_exact()):
                steady = self.steady(point) if steady is None else steady
                known = steady
            slopes.append(slope if known else arb.nan())
        return slopes[0], slopes[1]

    def steep(self, point: Sequence[arb]) -> bool:
        """Whether the derivative is proven to be unbounded on a side of the point."""
        return any(
            math.isinf(limit.high[0]) and bool(limit.certified[0])
            for side in (-1, 1)
            if (limit := self._slope_limit(point, side)) is not None
        )

    def _all(self, point: Sequence[arb]) -> list[arb] | None:
        """The point with what is computed from it; None where that has no value."""
        try:
            return [*point, *(value(*point) for value in self._made.values())]
        except Undefined:
            return None

    def _value(self, e: Expr, point: Sequence[arb] | None) -> arb:
        """An expression's value at the point; NaN if it is not known."""
        if e not in self._here:
            self._here[e] = compile_ball(e, self._variables)
        try:
            value = arb.nan() if point is None else self._here[e](*point)
        except Undefined:
            return arb.nan()
        return arb.nan() if self._here[e].conditions.undecided else value

    def _beside_by_limit(self, point: Sequence[arb], side: int) -> tuple[arb, arb]:
        """The limits of the function and its derivative at z + side/t for t → ∞, if proven."""
        slope = self._slope_limit(point, side)
        if slope is None:
            return arb.nan(), arb.nan()
        function = put(self._primal.function, self._next_to_all(point, side))
        tends = arb.nan() if function is sympy.nan else _ball(limits(function)[1:])
        return tends, _ball(slope)

    def _slope_limit(self, point: Sequence[arb], side: int) -> Enclosure | None:
        """The limit of the derivative at z + side/t for t → ∞; None where it is not looked for."""
        if self._primal.value is not None or not all(x.is_exact() for x in point):
            return None
        if not self.exists_beside(point)[side > 0]:
            return None
        try:
            slope = differentiate(self._primal.function, self._primal.variable)
            slope = put(slope, self._next_to_all(point, side))
            return None if slope is sympy.nan else limits(slope)[1:]
        except ValueError:  # floor has neither a derivative in closed form nor power series
            return None

    def _next_to_all(self, point: Sequence[arb], side: int) -> dict[Symbol, Expr]:
        """The inputs next to the point, and the stops at it."""
        numbers = dict(zip(self._inputs, map(number_in, point), strict=True))
        stops = {s: put(e, numbers) for s, e in self._primal.made.items()}
        return {**stops, **self._next_to(point, side)}

    def _beside_by_series(self, point: Sequence[arb] | None, side: int) -> tuple[arb, arb]:
        """The limits of the function and its derivative on that side, if proven."""
        if point is None:
            return arb.nan(), arb.nan()
        return self._by_series(self._primal.function, point, side)

    def _by_series(self, e: Expr, point: Sequence[arb], side: int) -> tuple[arb, arb]:
        """The limit of an expression in the variables of the function on that side."""
        try:
            series = self._series(e, point, side)
        except Undecided:
            return arb.nan(), arb.nan()
        except (Undefined, ValueError, ZeroDivisionError):
            return arb.nan(), arb.nan()  # the latter two: flint divides by a series that may be 0
        if not isinstance(series, arb_series):
            return arb(series), arb(0)
        if series.prec < 2 or not constant_of(series).is_finite():
            return arb.nan(), arb.nan()
        return series[0], series[1]

    def _series(self, e: Expr, point: Sequence[arb], side: int) -> Any:
        """An expression as a series in the distance from the point on one side.

        Raises: Undecided, Undefined, ValueError, ZeroDivisionError.
        """
        cap = ctx.cap
        try:
            if (e, side) not in self._beside:  # a CannotCertify, as of floor, is a ValueError
                self._beside[e, side] = compile_side(e, self._variables, side)
            ctx.cap = _ORDER
            arguments = [
                arb_series([x, 1] if s == self._primal.variable else [x])
                for s, x in zip(self._variables, point, strict=True)
            ]
            return self._beside[e, side](*arguments)
        finally:
            ctx.cap = cap


def _ball(limit: Enclosure) -> arb:
    """A limit; NaN unless it is proven and finite."""
    if not limit.certified[0] or not abs(limit.high[0]) <= LARGEST:
        return arb.nan()
    return arb(limit.high[0]) + arb(limit.low[0]) + arb(0, limit.bound[0])


def _has_value(guard: Compiled, point: Sequence[arb]) -> bool:
    """Whether it surely has one. Raises: Undefined if it surely has none."""
    return guard(*point).is_finite() and not guard.conditions.unknown
