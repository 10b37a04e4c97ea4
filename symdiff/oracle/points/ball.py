"""Enclose any expression in any number of variables at float64 points, in balls.

Ziv's strategy: evaluate in ball arithmetic, and double the precision for the points whose ball is
still too wide. A ball contains the truth whatever the precision (Johansson 2017), so no margin of
safety is needed and two precisions are never compared.

Of very many points that are to be known to float64 balls of two float64 decide most, beforehand.

Source: Ziv, "Fast evaluation of elementary mathematical functions with correctly rounded last
bit", ACM TOMS 17(3), 1991.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import sympy
from flint import arb, ctx
from sympy import Expr, Piecewise

from symdiff.array_types import Float64Array
from symdiff.balls.compiled import compile_ball
from symdiff.balls.elementary import Undecided, Undefined
from symdiff.balls.exact import Exact
from symdiff.oracle import deadline
from symdiff.oracle.enclosures.enclosure import SMALLEST, Enclosure, Why, uncertain
from symdiff.oracle.enclosures.from_balls import enclosure_of
from symdiff.oracle.enclosures.from_float_balls import WORTH_AT_POINTS, enclose_points
from symdiff.oracle.points.primal import Primal, PrimalAt
from symdiff.trees.walks import symbols as symbols_of

_CHOOSING = (Piecewise, sympy.sign, sympy.Heaviside)  # what has a value of its own at a tie
MAX_PRECISION = 4096  # bits; a zero or a pole is still undecided there, a hard point never was
_CLOSELY = 256  # bits at which a point without a neighbourhood in the domain is at its edge
_SURELY = 1000  # bits at which a derivative without a value is said to have none
_SPARE_BITS = 20  # what the rounding of some tens of operations costs


class _Asked(NamedTuple):
    """When a point is settled, and when to give it up; as `enclose_ball` says."""

    relative: float
    absolute: float
    rounding: str | None
    max_precision: int


def enclose_ball(
    expression: Expr,
    points: Mapping[str, Float64Array],
    *,
    of: Primal | None = None,
    relative: float = 2.0**-64,
    absolute: float = SMALLEST,
    rounding: str | None = None,
    max_precision: int = MAX_PRECISION,
) -> Enclosure:
    """Enclose the expression's true value at each point, certified where its bound is small.

    Small enough is: at most `relative` times the value, or at most `absolute`; and, if `rounding`
    names a format, so small that the value's rounding to it is decided.

    Args: expression, a real SymPy expression; points, variable → float64 values, of shapes that
        broadcast; of, what the expression is the derivative of: where that is undefined nothing is
        certified, and at a tie of two cases its one-sided derivatives decide; relative, from 2⁻¹⁰⁰
        (a double-double holds no more) to 1.
    Raises: CannotCertify if the expression holds a function without ball arithmetic; ValueError
        if a variable has no values or `relative` is out of range.
    """
    if not 2.0**-100 <= relative <= 1:
        raise ValueError(f"the relative bound must be from 2**-100 to 1; {relative} was given")
    arrays = dict(zip(points, np.broadcast_arrays(*points.values()), strict=True))
    shape = next(iter(arrays.values())).shape if arrays else ()
    if of and not (of.restricting or of.jumping or expression.has(*_CHOOSING)):
        of = None  # it is defined everywhere and smooth, and no convention is asked
    used = symbols_of(expression, *(of.restricting if of else ()))
    if of:
        used |= of.symbols
    symbols = sorted(used, key=str)
    missing = [s.name for s in symbols if s.name not in arrays]
    if missing:
        given = ", ".join(points) or "none"
        raise ValueError(f"no values were given for {missing[0]!r}; given were {given}")
    settling = _Settling(
        expression, symbols, of, _Asked(relative, absolute, rounding, max_precision)
    )
    if not symbols:
        constant = settling.settle([()])[np.zeros(shape, dtype=np.intp)]
        nan = np.any([np.isnan(array) for array in arrays.values()], axis=0) & np.ones(shape, bool)
        constant.put(nan, uncertain((int(nan.sum()),), Why.NOT_A_NUMBER))
        return constant
    columns = [np.asarray(arrays[s.name], dtype=np.float64).ravel() for s in symbols]
    chosen, inverse = _distinct(columns)
    finite = np.all([np.isfinite(column) for column in chosen], axis=0)
    result = uncertain((len(finite),), Why.NO_LIMIT)
    result.why[np.any([np.isnan(column) for column in chosen], axis=0)] = Why.NOT_A_NUMBER
    within = [column[finite] for column in chosen]
    made = uncertain((len(within[0]),))
    if len(made) >= WORTH_AT_POINTS and of is None and not expression.has(*_CHOOSING):
        made = enclose_points(expression, symbols, within, (relative, absolute))
    left = made.unsettled if rounding is None else made.unsettled | ~made.rounded(rounding)[1]
    settled = list(zip(*(column[left].tolist() for column in within), strict=True))
    made.put(left, settling.settle(settled))
    result.put(finite, made)
    return result[inverse].reshape(shape)


def _distinct(columns: list[Float64Array]) -> tuple[list[Float64Array], Any]:
    """The distinct points, and for each point which of them it is; −0 is 0."""
    if len(columns) > 1:  # several variables seldom repeat: sorting them would only cost
        return columns, slice(None)
    values, inverse = np.unique(columns[0], return_inverse=True)
    return [values], inverse


class _Settling:
    """One expression, with what it is the derivative of, at as many points as are asked."""

    def __init__(
        self, expression: Expr, symbols: Sequence[Any], of: Primal | None, asked: _Asked
    ) -> None:
        self.program = compile_ball(expression, symbols)
        self.primal = None if of is None else PrimalAt(of, symbols)
        self.exact = Exact(expression, symbols)
        self.asked = asked

    def settle(self, points: list[tuple[float, ...]]) -> Enclosure:
        """Ziv's strategy: the precision doubles for the points that are not settled."""
        asked = self.asked
        result = uncertain((len(points),))
        left = list(range(len(points)))
        near = [False] * len(points) if self.primal is None else self.primal.near_borders(points)
        precision = max(64, int(np.ceil(-np.log2(asked.relative))) + _SPARE_BITS)
        while left:
            with ctx.workprec(min(precision, asked.max_precision)):
                balls, whys = self._balls([(points[i], near[i]) for i in left])
                part = enclosure_of(balls, relative=asked.relative, absolute=asked.absolute)
            settled = part.certified
            if asked.rounding is not None:
                settled &= part.rounded(asked.rounding)[1]
            part.why[:] = np.where(settled, Why.CERTIFIED, whys)
            reached = part[: len(balls)]
            result.put(left[: len(balls)], reached)
            if len(balls) < len(left):
                result.why[left[len(balls) :]] = Why.OUT_OF_BUDGET
                break
            left = [
                i
                for i, done, why in zip(left, settled.tolist(), whys, strict=True)
                if not done and why == Why.UNDECIDED
            ]
            if precision >= asked.max_precision:
                break
            if precision > 4 * 64:  # by now only zeros, poles and the like are left
                left = [i for i in left if not self._exactly_zero(points[i], i, result)]
            precision *= 2
        return result

    def _balls(self, points: list[tuple[tuple[float, ...], bool]]) -> tuple[list[arb], list[Why]]:
        """A ball for each point, and why it could not be certified; fewer if the time is spent.

        Args: points, each with whether the function's cases may change there.
        """
        balls, whys = [], []
        for point, near in points:
            if deadline.spent():
                break
            ball, why = self._ball([arb(x) for x in point], near=near)
            balls.append(ball)
            whys.append(why)
        return balls, whys

    def _ball(self, point: list[arb], *, near: bool) -> tuple[arb, Why]:
        if self.primal is not None and self.primal.guards:
            defined = self.primal.defined(point)
            if not defined:
                return arb.nan(), Why.UNDECIDED if defined is None else Why.UNDEFINED
            if not self.primal.surrounded(point):
                if ctx.prec < _CLOSELY:
                    return arb.nan(), Why.UNDECIDED
                exists = self.primal.exists_beside(point)
                if True not in exists:
                    alone = exists == (False, False)
                    return arb.nan(), Why.NO_DERIVATIVE if alone else Why.UNDECIDED
        try:
            ball = self.program(*point)
        except Undefined:
            return self._without_value(point)
        if self.primal is None and self.program.conditions.unknown:
            return arb.nan(), Why.UNDECIDED
        tied = self.program.conditions.tied
        if self.primal is not None and near and self.primal.broken(point):
            return arb.nan(), Why.UNDECIDED
        if self.primal is None or not (tied or (near and self.primal.may_jump(point))):
            return ball, Why.UNDECIDED
        if not tied and self.primal.steady(point):
            return ball, Why.UNDECIDED  # it is the limit of the slopes beside the point
        return self._at_tie(ball, self.primal.one_sided(point))

    def _without_value(self, point: list[arb]) -> tuple[arb, Why]:
        """The derivative where its formula has none: the sides', as of asin(min(z, 1)) at 1.5."""
        if self.primal is None:
            return arb.nan(), Why.UNDEFINED
        sides = self.primal.one_sided(point)
        if sides is None:
            return arb.nan(), Why.NO_DERIVATIVE
        left, right = sides
        if left.is_finite() and right.is_finite():
            if left.overlaps(right):
                return left.union(right), Why.UNDECIDED
            return arb.nan(), Why.NO_DERIVATIVE
        steep = ctx.prec >= _SURELY and self.primal.steep(point)
        return arb.nan(), Why.NO_DERIVATIVE if steep else Why.UNDECIDED

    @staticmethod
    def _at_tie(taken: arb, sides: tuple[arb, arb] | None) -> tuple[arb, Why]:
        """The derivative where two cases meet: both sides' if they are one, else the convention's.

        None where the function jumps: there is none.

        The sides are one as far as their balls say: the ball that is returned holds both. Where
        cases are nested a convention may name what lies outside of the sides, as 5 for
        max(z, max(z, min(6z, z)) − z) at 0; that is no derivative by any account.
        """
        if sides is None:
            return arb.nan(), Why.NO_DERIVATIVE
        left, right = sides
        if not (left.is_finite() and right.is_finite()):
            return arb.nan(), Why.UNDECIDED
        if left.overlaps(right):
            return left.union(right), Why.UNDECIDED
        if (taken < left and taken < right) or (taken > left and taken > right):
            return arb.nan(), Why.NO_DERIVATIVE
        return taken, Why.UNDECIDED

    def _exactly_zero(self, point: tuple[float, ...], i: int, result: Enclosure) -> bool:
        """Whether the value is 0 in exact rational arithmetic; if so, it is put down."""
        if not np.isfinite(result.bound[i]):
            return False
        try:
            value = self.exact(*map(arb, point))
        except (Undecided, Undefined):
            return False
        if value != 0:
            return False
        result.high[i] = result.low[i] = result.bound[i] = 0
        result.certified[i], result.why[i] = True, Why.CERTIFIED
        return True
