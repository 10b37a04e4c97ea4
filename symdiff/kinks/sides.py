"""Find the derivative beside a breakpoint and at it.

Beside is what is meant: f' is enclosed at distances down to 2⁻³⁰⁰ of the breakpoint's size. The
case that holds there, evaluated by SymPy at the breakpoint itself, gives the exact number; it is
believed where the enclosure of that case on the stretch up to the breakpoint holds it and is
narrow. Where the case has no value there, as sin(z)/z at 0, the enclosures are followed inwards.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import sympy
from flint import arb, ctx
from sympy import Expr, S, Symbol

from symdiff.expression.differentiate import differentiate
from symdiff.kinks import interval
from symdiff.kinks.branches import NoCaseHolds, SignWanted, chosen
from symdiff.kinks.interval import Ends, Maybe, Note
from symdiff.kinks.kink import Kink
from symdiff.kinks.number import is_short, near, number
from symdiff.kinks.roots import constant
from symdiff.kinks.segment import Segment
from symdiff.kinks.tape import NotUnderstood, Tape, sign_of

_DISTANCES = (140, 220, 300)  # bits below the breakpoint's size
_PRECISION = 1024
_AGREE = arb(2) ** -84  # relative: 25 digits
_NARROW = arb(2) ** -60  # of the stretch up to a breakpoint; the slope of a root is 2⁻⁷⁰ there
_SAME = arb(2) ** -120
_DIGITS = 30
_SHORT = 30  # nodes of an exact number that is worth showing
_GROWTH = arb(2) ** 10  # from one distance to the next, 80 bits nearer: 1/z^(1/8) at least


def kink_at(
    derivative: Expr,
    z: Symbol,
    mark: Segment,
    room: tuple[arb, arb],
    smooth: tuple[Expr | None, Expr | None] = (None, None),
) -> Kink:
    """The kink at an isolated breakpoint: the derivatives on both sides and the one taken.

    Args: mark, the breakpoint; room, the distances to its neighbours, below and above; smooth, the
        function without its cases, as it is on either side, where that is known.
    """
    at = mark.at if mark.at is not None else number(mark.low, mark.high)
    with ctx.workprec(_PRECISION):
        beside = _Beside(derivative, z, at, mark)
        left = beside.side(-1, room[0], smooth[0])
        right = beside.side(1, room[1], smooth[1])
        taken = beside.taken()
        right = _snapped(right, left)
        taken = _snapped(_snapped(taken, left), right)
    return Kink(at, left, right, taken)


def value_at(derivative: Expr, z: Symbol, at: float) -> Expr:
    """The derivative at one float64, to 30 digits; NaN where it is not known that well."""
    if not math.isfinite(at):
        return S.NaN
    with ctx.workprec(_PRECISION):
        try:
            value = Tape(derivative, z)((arb(at), arb(at)))
        except NotUnderstood:
            return S.NaN
        return S.NaN if value is None or not _narrow(value) else _shown(value)


def _snapped(value: Expr, other: Expr) -> Expr:
    """`other` in place of a number that differs from it by less than 2⁻¹²⁰ of its size."""
    if value == other or not (value.is_finite and other.is_finite):
        return value
    a, b = constant(value), constant(other)
    if a is None or b is None:
        return value
    (low, high), size = interval.add(a, interval.negative(b)), interval.absolute(b)[1]
    # Two that are shown to 30 digits are no nearer than their rounding.
    rounded = value.is_Float and other.is_Float
    allowed = (arb(2) ** -90 if rounded else _SAME) * size
    return other if -allowed <= low and high <= allowed else value


@dataclass(frozen=True)
class _Beside:
    derivative: Expr
    z: Symbol
    at: Expr
    mark: Segment

    def side(self, side: int, room: arb, smooth: Expr | None = None) -> Expr:
        """The limit of the derivative from the left (−1) or the right (1).

        The derivative of asin(min(z, 1)) is 0/0 above 1, where the function is asin(1): the
        derivative of what the function is there is asked next.
        """
        found = self.limit_from(side, room)
        if found is not S.NaN or smooth is None:
            return found
        try:
            slope = differentiate(smooth, self.z)
        except ValueError:  # too large to be written out
            return S.NaN
        return replace(self, derivative=slope).limit_from(side, room)

    def limit_from(self, side: int, room: arb) -> Expr:
        """The limit of this derivative; NaN where it is not known."""
        start = self.mark.high if side > 0 else self.mark.low
        size = interval.absolute((self.mark.low, self.mark.high))[1]
        size = size if size > 0 else interval.ONE
        reach = min(room, size)
        steps = [(reach * arb(2) ** -bits).mid() for bits in _DISTANCES]
        try:
            points = [((start + side * step).mid(),) * 2 for step in steps]
            case = self.case_at(points[-1])
            exact = self._exactly(case, start, steps[0] * side)
            if exact is not None:
                return exact
            tape = Tape(self.derivative, self.z)
            return _limit([tape(p) for p in points])
        except (NotUnderstood, NoCaseHolds, SignWanted, RecursionError):
            return S.NaN

    def case_at(self, beside: Ends) -> Expr:
        """The derivative without its cases, as they are on the interval."""

        def sign(border: Expr, smooth: Expr) -> int:
            found = sign_of(Tape(smooth, self.z)(beside))
            if found is None:
                raise SignWanted(border, smooth)
            return found

        return chosen(self.derivative, sign)

    def _exactly(self, case: Expr, start: arb, step: arb) -> Expr | None:
        """The case's value at the breakpoint, if it is continuous up to there."""
        stretch = interval.hull((start, start), ((start + step).mid(),) * 2)
        stretch = interval.hull(stretch, (self.mark.low, self.mark.high))
        assert stretch is not None  # noqa: S101 - it has points
        note = Note()
        tape = Tape(case, self.z)
        values = tape(stretch, note)
        if note.partial or values is None or not _narrow(values):
            return None
        return self._value(case, tape, values)

    def _value(self, case: Expr, tape: Tape, around: Ends) -> Expr | None:
        """The value by SymPy where the number is short, else to 30 digits."""
        if not case.free_symbols:
            found = case
        elif (
            not self.at.is_Float
            and not self.at.has(sympy.CRootOf)
            and is_short(case)
            and is_short(self.at)
        ):
            found = case.xreplace({self.z: self.at})
        else:
            found = S.NaN
        if found.is_finite is not False and not found.has(S.NaN, sympy.zoo, sympy.oo):
            enclosed = constant(found)
            short = found.is_Rational or sum(1 for _ in sympy.preorder_traversal(found)) <= _SHORT
            if enclosed is not None and enclosed[1] >= around[0] and enclosed[0] <= around[1]:
                shown = number(*enclosed, _DIGITS)
                # SymPy could only write out what is beyond 2^±100,000.
                return found if short and (shown.is_Float or found.is_Rational) else shown
        value = tape((self.mark.low, self.mark.high))
        return None if value is None else _shown(value)

    def taken(self) -> Expr:
        """The value of the derivative's own case at the breakpoint; NaN where it has none."""
        here = (self.mark.low, self.mark.high)

        def sign(border: Expr, smooth: Expr) -> int:
            if self.z not in smooth.free_symbols:
                found = sign_of(constant(smooth))
            else:
                found = sign_of(Tape(smooth, self.z)(here))
                if found is None:
                    found = self._tied(smooth)
            if found is None:
                raise SignWanted(border, smooth)
            return found

        try:
            case = chosen(self.derivative, sign)
            tape, note = Tape(case, self.z), Note()
            value = tape(here, note)
            if value is None or note.partial or not _narrow(value):
                return S.NaN
            found = self._value(case, tape, value)
        except (NotUnderstood, NoCaseHolds, SignWanted, RecursionError):
            return S.NaN
        return S.NaN if found is None else found

    def _tied(self, smooth: Expr) -> int | None:
        """0 where a border is 0 at the breakpoint, or within 10⁻¹⁰⁰ of it: it is the border."""
        if not self.at.is_Float and is_short(smooth) and smooth.xreplace({self.z: self.at}) == 0:
            return 0
        value = Tape(smooth, self.z)((self.mark.low, self.mark.high))
        if value is None:
            return None
        tiny = arb(2) ** -330
        return 0 if -tiny < value[0] <= 0 <= value[1] < tiny else None


def _narrow(values: Ends) -> bool:
    low, high = values
    if not (low.is_finite() and high.is_finite()):
        return False
    size = interval.absolute(values)[1]
    return bool(high - low <= _NARROW * (size if size > 1 else interval.ONE))


def _limit(values: list[Maybe]) -> Expr:
    """The limit of enclosures at points ever nearer: a number, ±∞, or NaN."""
    known = [v for v in values if v is not None]
    if len(known) < len(values):
        return S.NaN
    _, middle, last = known
    signs = {sign_of(v) for v in known}
    if len(signs) == 1 and signs <= {1, -1}:
        sizes = [interval.absolute(v) for v in known]
        if all(b[0] >= _GROWTH * a[1] for a, b in itertools.pairwise(sizes)):
            return S.Infinity if sign_of(last) == 1 else S.NegativeInfinity
        if all(_GROWTH * b[1] <= a[0] for a, b in itertools.pairwise(sizes)):
            return S.Zero
    low, high = interval.add(last, interval.negative(middle))
    size = interval.absolute(last)[1]
    allowed = _AGREE * (size if size > 1 else interval.ONE)
    if not (-allowed <= low and high <= allowed):
        return S.NaN
    return _shown(last)


def _shown(value: Ends) -> Expr:
    """A number as a small fraction if it is one within 10⁻³⁰ of its size, else to 30 digits."""
    low, high = value
    if low.is_zero() and high.is_zero():
        return S.Zero
    middle = ((low + high) / 2).mid()
    simple = near(middle, 1000)
    if simple is not None:
        gap = abs(arb(int(simple.p)) / int(simple.q) - middle)
        size = abs(middle) if abs(middle) > 1 else interval.ONE
        if gap <= arb(2) ** -100 * size:
            return simple
    return number(low, high, _DIGITS)
