"""Isolate the zeros of a smooth function of one variable on an interval, with proof.

An interval is settled where its enclosure has one sign, or where the derivative's has: then there
is one zero if the ends have opposite signs, and none otherwise. What is neither is cut in two,
binades before mantissas, from 1 outwards. A zero at an end, exact in the arithmetic, may be
multiple: the first derivative that is not 0 there decides, if it keeps its sign.

Pieces are analytic wherever they are defined, so a function whose derivative has one sign in the
weak sense and which is not 0 throughout is strictly monotone.

Source: Moore, Kearfott, Cloud, Introduction to Interval Analysis, 2009, §8 (interval Newton).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Mapping

import sympy
from flint import arb
from sympy import Expr, Symbol

from symdiff.expression.differentiate import differentiate
from symdiff.kinks import interval
from symdiff.kinks.interval import Ends, Note, ends
from symdiff.kinks.number import (
    between,
    exponent_of,
    guesses,
    is_short,
    number,
    rational,
    remoteness,
)
from symdiff.kinks.polynomial import exact_roots, terms
from symdiff.kinks.segment import Kind, Segment, opened, product, separated, signed, tidied
from symdiff.kinks.tape import NotUnderstood, Tape, sign_of
from symdiff.kinks.work import Work

PRECISION = 448  # bits
RANGE = arb(2) ** 1024  # float64 ends below
_NEAREST = arb(2) ** -1080  # no float64 but 0 is nearer to 0
_FINEST = arb(2) ** -64  # relative: such an interval holds one float64 at most
_ENCLOSED = arb(2) ** -380  # relative width of a root's interval
_OPEN_COSTS = 8  # roots: what could not be decided was looked at that much longer
_NAME_AT = (-12, -64)  # binary logarithms of the relative widths at which a multiple zero is sought
_HIGHEST = 6  # the order of the derivative that is asked at a multiple zero
_SHARES = (8, 7, 9, 5, 11)  # sixteenths at which an interval is cut; the first that shows a sign


def isolated(f: Expr, z: Symbol, low: arb, high: arb, work: Work) -> list[Segment]:
    """The segments of [low, high], in order and without gaps, each with f's sign, if known.

    Args: f, real and without cases; low and high, exact. At the working precision.
    """
    if low >= high:
        return [opened(low, high, "between two points that are too near to one another")]
    with work.share(2) as part:
        try:
            return _factored(f, z, low, high, part)
        except NotUnderstood as error:
            return [opened(low, high, str(error))]


def _factored(f: Expr, z: Symbol, low: arb, high: arb, work: Work) -> list[Segment]:
    if z not in f.free_symbols:
        sign = constant_sign(f)
        if sign is None:
            return [opened(low, high, f"the sign of {f} is not decided")]
        return [signed(low, high, sign)]
    parts = [p for a in sympy.Mul.make_args(f) for p in _PARTS.get(type(a), _itself)(a)]
    powers = [_power(a) for a in parts]
    if len(parts) == 1 and powers[0] is None:
        return _exact(f, z, low, high, work) or _with_poles(f, z, low, high, work)
    factors: list[tuple[list[Segment], Callable[[int], int | None]]] = []
    for left, part, power in zip(range(len(parts), 0, -1), parts, powers, strict=True):
        base, of_sign, pole = power or (part, lambda s: s, False)
        with work.share(left) as some:
            segments = _factored(base, z, low, high, some)
        if pole:
            segments = [_as_pole(s) for s in segments]
        factors.append((segments, of_sign))
    return product(factors, low, high)


def _itself(e: Expr) -> tuple[Expr, ...]:
    return (e,)


_PARTS: Mapping[type, Callable[[Expr], tuple[Expr, ...]]] = {
    sympy.tan: lambda e: (sympy.sin(*e.args), 1 / sympy.cos(*e.args)),
    sympy.cot: lambda e: (sympy.cos(*e.args), 1 / sympy.sin(*e.args)),
    sympy.sec: lambda e: (1 / sympy.cos(*e.args),),
    sympy.csc: lambda e: (1 / sympy.sin(*e.args),),
    sympy.csch: lambda e: (1 / sympy.sinh(*e.args),),
}


def _power(e: Expr) -> tuple[Expr, Callable[[int], int | None], bool] | None:
    """The base of a power, what its sign becomes, and whether its zeros are poles."""
    if not e.is_Pow or not e.exp.is_Rational or e.exp == 1:
        return None
    pole = bool(e.exp < 0)
    if not e.exp.is_Integer:  # real for a base ≥ 0 only
        return e.base, lambda s: s if s >= 0 else None, pole
    if e.exp % 2:
        return e.base, lambda s: s, pole
    return e.base, lambda s: s * s, pole


def _as_pole(s: Segment) -> Segment:
    return Segment(s.low, s.high, Kind.POLE, at=s.at) if s.kind is Kind.ROOT else s


def constant_sign(e: Expr) -> int | None:
    """The sign of a real constant; None if it is not decided, or not real."""
    if e.is_Rational:
        return int(sympy.sign(e))
    enclosed = constant(e)
    return None if enclosed is None else sign_of(enclosed)


def constant(e: Expr) -> Ends | None:
    """The interval of a real constant."""
    try:
        return Tape(e, sympy.Dummy())((interval.ZERO, interval.ZERO))
    except NotUnderstood:
        return None


def _exact(f: Expr, z: Symbol, low: arb, high: arb, work: Work) -> list[Segment] | None:
    """The segments by formula or by a polynomial's certified roots; None where neither serves."""
    coefficients = terms(f, z)
    if coefficients is None:
        return None
    roots = exact_roots(coefficients, constant_sign)
    if roots is None:
        return None
    marks = []
    for at, ball in roots:
        enclosed = constant(at) if ball is None else ends(ball)
        if enclosed is None:
            return None
        a, b = enclosed
        if b < low or a > high or a == b == low or a == b == high:
            continue
        name = number(a, b) if at is None else at
        marks.append(Segment(max(low, a), min(high, b), Kind.ROOT, at=name))
    tape, work_each = Tape(f, z), len(f.args)
    marks = separated(marks)
    edges = [low, *(e for m in marks for e in (m.low, m.high)), high]
    found = list(marks)
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        if a < b:
            work.spend(work_each)
            sign = _sign_between(tape, a, b)
            found.append(
                opened(a, b, f"the sign of {f} is not decided")
                if sign is None
                else signed(a, b, sign)
            )
    return tidied(found)


def _sign_between(tape: Tape, a: arb, b: arb) -> int | None:
    """The sign at some point inside."""
    for share in _SHARES:
        m = between(a, b, share)
        sign = sign_of(tape((m, m)))
        if sign is not None:
            return sign
    return None


def _with_poles(f: Expr, z: Symbol, low: arb, high: arb, work: Work) -> list[Segment]:
    """The segments by intervals, between the zeros of what f divides by."""
    marks: list[Segment] = []
    for base in _denominators(f, z):
        marks += [_as_pole(s) for s in _factored(base, z, low, high, work) if s.marks]
    marks = separated(marks)
    edges = [low, *(e for m in marks for e in (m.low, m.high)), high]
    stretches = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
    found = list(marks)
    for left, (a, b) in zip(range(len(stretches), 0, -1), stretches, strict=True):
        with work.share(left) as part:
            found += _Search(f, z, part).segments(a, b)
    return tidied(found)


def _denominators(f: Expr, z: Symbol) -> list[Expr]:
    found = [p.base for p in f.atoms(sympy.Pow) if p.exp.is_Rational and p.exp < 0]
    found += [sympy.cos(g.args[0]) for g in f.atoms(sympy.tan, sympy.sec)]
    found += [sympy.sin(g.args[0]) for g in f.atoms(sympy.cot, sympy.csc)]
    found += [g.args[0] for g in f.atoms(sympy.csch, sympy.coth)]
    return sorted({b for b in found if z in b.free_symbols}, key=sympy.default_sort_key)


class _Search:
    """The subdivision for one function."""

    def __init__(self, f: Expr, z: Symbol, work: Work) -> None:
        self.f, self.z, self.work = f, z, work
        self.tapes = [Tape(f, z)]
        self._derivatives = [f]
        self._count = itertools.count()

    def derivative(self, order: int) -> Tape:
        """The tape of the derivative of that order."""
        while len(self.tapes) <= order:
            self._derivatives.append(differentiate(self._derivatives[-1], self.z))
            self.tapes.append(Tape(self._derivatives[-1], self.z))
        return self.tapes[order]

    def ask(self, order: int, at: Ends, note: Note | None = None) -> Ends | None:
        """The interval of that derivative."""
        tape = self.derivative(order)
        self.work.spend(len(tape))
        return tape(at, note)

    def sign_at(self, x: arb) -> int | None:
        """The sign at one number: 0 if it is exactly 0, None if it is not decided."""
        return sign_of(self.ask(0, (x, x)))

    def segments(self, low: arb, high: arb) -> list[Segment]:
        """The segments of [low, high], each with what is known of f's sign there."""
        found: list[Segment] = []
        waiting = [(0.0, next(self._count), low, high, self.sign_at(low), self.sign_at(high))]
        while waiting:
            if self.work.why:
                why = f"{self.work.why}: {self._name}"
                found += [opened(a, b, why) for _, _, a, b, _, _ in waiting]
                break
            _, _, a, b, at_a, at_b = heapq.heappop(waiting)
            settled = self._settled(a, b, at_a, at_b) or self._multiple(a, b)
            if settled is None and self._too_small(a, b):
                settled = [opened(a, b, f"a multiple zero, or nearly one: {self._name}")]
                self.work.spend(0, _OPEN_COSTS)
            if settled is not None:
                found += settled
                self.work.spend(0, sum(s.kind is Kind.ROOT for s in settled))
                continue
            m, at_m = self._cut(a, b)
            if at_m == 0:
                found.append(Segment(m, m, Kind.ROOT, at=rational(m)))
                self.work.spend(0, 1)
            for part in ((a, m, at_a, at_m), (m, b, at_m, at_b)):
                heapq.heappush(waiting, (remoteness(*part[:2]), next(self._count), *part))
        return tidied(found)

    def _multiple(self, a: arb, b: arb) -> list[Segment] | None:
        """A multiple zero inside that has a name: f and its first derivatives are 0 there.

        Asked at two widths only. The first derivative that is not 0 must keep its sign.
        """
        size = max(-a, b)
        width = exponent_of(interval.up(b - a)) - exponent_of(size)
        if width not in _NAME_AT or not is_short(self.f):
            return None
        for at, (x, y) in guesses(a, b):
            if not (a < x and y < b) or self.f.xreplace({self.z: at}) != 0:
                continue
            for order in range(1, _HIGHEST + 1):
                note = Note()
                everywhere = self.ask(order, (a, b), note)
                sign = None if note.partial else sign_of(everywhere)
                if sign:
                    root = Segment(x, y, Kind.ROOT, at=at)
                    return [signed(a, x, sign * (-1) ** order), root, signed(y, b, sign)]
                if self._derivatives[order].xreplace({self.z: at}) != 0:
                    break
        return None

    @property
    def _name(self) -> str:
        text = str(self.f)
        return text if len(text) <= 60 else text[:57] + "…"

    @staticmethod
    def _too_small(a: arb, b: arb) -> bool:
        size = max(-a, b)
        return bool(size <= _NEAREST or b - a <= _FINEST * size)

    def _cut(self, a: arb, b: arb) -> tuple[arb, int | None]:
        """A number inside at which the sign shows, if there is one at hand.

        At the middle, or at 0, unless f is so near to 0 there that its sign does not show.
        """
        first = between(a, b, _SHARES[0])
        value = self.ask(0, (first, first))
        sign = sign_of(value)
        if value is None or sign is not None or not value[1] - value[0] < 1:
            return first, sign
        for share in _SHARES[1:]:
            m = between(a, b, share)
            sign = self.sign_at(m)
            if sign is not None:
                return m, sign
        return first, None

    def _settled(self, a: arb, b: arb, at_a: int | None, at_b: int | None) -> list[Segment] | None:
        """The segments of [a, b] if one look decides, else None. Zeros at its ends are known."""
        note = Note()
        value = self.ask(0, (a, b), note)
        if value is None:
            return [signed(a, b, None)]
        sign = sign_of(value)
        if sign is not None:
            return [signed(a, b, sign)]
        if note.partial:
            return None
        slope = self.ask(1, (a, b), note)
        if slope is None or note.partial:
            return None
        if (slope[0] >= 0 or slope[1] <= 0) and at_a is not None and at_b is not None:
            if at_a * at_b < 0:
                at, (x, y) = self._named(*self._refined(a, b, at_a))
                root = Segment(x, y, Kind.ROOT, at=at)
                return [signed(a, x, at_a), root, signed(y, b, at_b)]
            if at_a or at_b:
                return [signed(a, b, at_a or at_b)]
        by_mean = self._by_mean_value(a, b, slope)
        if by_mean is not None:
            return [signed(a, b, by_mean)]
        return self._beside_multiple(a, b, at_a, at_b)

    def _by_mean_value(self, a: arb, b: arb, slope: Ends) -> int | None:
        """The sign of f(m) + f'([a, b])([a, b] − m), which holds the values on [a, b]."""
        if not (slope[0].is_finite() and slope[1].is_finite()):
            return None
        m = between(a, b, _SHARES[0])
        value = self.ask(0, (m, m))
        if value is None:
            return None
        reach = interval.add((a, b), (-m, -m))
        return sign_of(interval.add(value, interval.multiply(slope, reach)))

    def _beside_multiple(
        self, a: arb, b: arb, at_a: int | None, at_b: int | None
    ) -> list[Segment] | None:
        """Where f is exactly 0 at an end: by Taylor's formula there, f = f⁽ᵏ⁾(ξ)(x − end)ᵏ/k!."""
        for end, zero, side in ((a, at_a, 1), (b, at_b, -1)):
            if zero != 0 or b - a > 4:
                continue
            for order in range(1, _HIGHEST + 1):
                if len(self.derivative(order)) > 2000:
                    break
                note = Note()
                everywhere = self.ask(order, (a, b), note)
                sign = None if note.partial or everywhere is None else sign_of(everywhere)
                if sign:
                    return [signed(a, b, sign * side**order)]
                if sign_of(self.ask(order, (end, end))) != 0:
                    break
        return None

    def _refined(self, a: arb, b: arb, at_a: int) -> Ends:
        """The one root of a monotone stretch, by Newton's method on intervals, else by halving."""
        for _ in range(4000):
            size = max(-a, b)
            if b - a <= _ENCLOSED * size or self.work.why:
                break
            width, m = b - a, between(a, b, _SHARES[0])
            value, slope = self.ask(0, (m, m)), self.ask(1, (a, b))
            if value is None or slope is None:
                break
            inverse = interval.reciprocal(slope, Note())
            if inverse is not None:
                step = interval.add((m, m), interval.negative(interval.multiply(value, inverse)))
                before = (a, b)
                a, b = (max(a, step[0])), (min(b, step[1]))
                if 2 * (b - a) < width:
                    continue
                if not a < m < b:  # of a width of 10³⁰⁸ what was cut off may not show
                    if a > before[0] or b < before[1]:
                        continue
                    break
            sign = sign_of(value)
            if sign is None:  # a root at the middle itself, as of softplus(z) − log 2
                m, sign = self._cut(a, b)
            if sign is None:
                break
            if sign == 0:
                return m, m
            a, b = (m, b) if sign == at_a else (a, m)
        return a, b

    def _named(self, a: arb, b: arb) -> tuple[Expr, Ends]:
        """The root in [a, b] exactly, where SymPy finds that f is 0 there; else to 60 digits.

        Returns: it, and where it is: no wider than its name, which may be all that is known.
        """
        if is_short(self.f):
            for at, (x, y) in guesses(a, b):
                if x <= b and a <= y and self.f.xreplace({self.z: at}) == 0:
                    return at, (max(a, x), min(b, y))
        return number(a, b), (a, b)
