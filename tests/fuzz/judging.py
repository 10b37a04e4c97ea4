"""Whether an enclosure, a limit or a list of kinks agrees with what is independently known."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from independent import Independent, Kind, Near, Truth
from mpmath import mp, mpf
from tracked import Unknown, magnitude

from symdiff.oracle.enclosures.enclosure import Enclosure, Why

_BITS = 2_600  # a float64 is a multiple of 2⁻¹⁰⁷⁴ below 2¹⁰²⁴: sums of three are exact
_SCALES = tuple(1 + Fraction(63 * k, 100) for k in range(4))
_UNBOUNDED = 2**40  # bits: what isolates kinks takes e^z for unbounded beyond e^(2^40)
_NEAREST, _FINE, _COARSE = Fraction(1, 2**1500), Fraction(1, 10**40), Fraction(1, 10**13)
_MANY_SCALES = tuple(1 + Fraction(63 * k, 1_000) for k in range(100))
_OSCILLATING = re.compile(r"\b(sin|cos|tan|sinc|j1)\(")


class Ball(NamedTuple):
    """One point of an enclosure."""

    high: float
    low: float
    bound: float
    certified: bool
    why: int

    @classmethod
    def all_of(cls, enclosure: Enclosure) -> list[Ball]:
        """Every point, in order."""
        parts = (
            enclosure.high,
            enclosure.low,
            enclosure.bound,
            enclosure.certified,
            enclosure.why,
        )
        return [cls(*row) for row in zip(*(p.ravel().tolist() for p in parts), strict=True)]

    def __str__(self) -> str:
        state = "certified" if self.certified else Why(self.why).name
        return f"{self.high!r} {self.low:+.3g} ± {self.bound:.3g}, {state}"

    def meets(self, low: mpf, high: mpf) -> bool:
        """Whether the enclosure and the interval have a number in common."""
        with mp.workprec(_BITS):
            if abs(self.high) == float("inf"):
                edge = mpf(2) ** 1024 - mpf(2) ** 970
                return bool(high >= edge if self.high > 0 else low <= -edge)
            middle = mpf(self.high) + mpf(self.low)
            return bool(low - self.bound <= middle <= high + self.bound)


class Fault(NamedTuple):
    """What is wrong, as a class of faults, and what was expected."""

    kind: str
    expected: str


def judge(ball: Ball, truth: Truth) -> Fault | None:
    """What is wrong with an enclosure of the derivative at a finite point, the worst first."""
    return _numberless(ball) or _false(ball, truth) or _unsaid(ball)


def _false(ball: Ball, truth: Truth) -> Fault | None:
    if not ball.certified:
        if ball.why == Why.UNDEFINED and truth.kind is Kind.VALUE:
            return Fault("why: says undefined where it has a value", str(truth))
        if ball.why == Why.NO_DERIVATIVE and truth.kind is Kind.VALUE:
            # It says that there is none.
            return Fault("why: says that there is no derivative where there is one", str(truth))
        smooth = truth.kind is Kind.VALUE and truth.sides is None
        if smooth and ball.bound < float("inf") and not _holds(ball, truth.value):
            return Fault("false: the bound of a point that is not certified", str(truth))
        return None
    if truth.kind is Kind.VALUE and not _holds(ball, truth.value):
        return Fault("false: smooth tie" if truth.sides else "false: value", str(truth))
    if truth.jumps:
        return Fault("false: jump", str(truth))
    if truth.kind is Kind.SIDES:
        taken = truth.taken is not None and _holds(ball, truth.taken)
        return None if taken or _between(ball, truth.sides) else Fault("false: kink", str(truth))
    if truth.kind is Kind.UNDEFINED:
        return Fault("false: outside the domain", str(truth))
    if truth.kind is Kind.NO_DERIVATIVE:
        return Fault("false: no derivative", str(truth))
    return None


def _unsaid(ball: Ball) -> Fault | None:
    if ball.certified != (ball.why == Why.CERTIFIED):
        return Fault("why: contradicts `certified`", "the same in both")
    return None


def _numberless(ball: Ball) -> Fault | None:
    if ball.certified and not (not math.isnan(ball.high) and ball.bound < float("inf")):
        return Fault("why: certified without a number", "a number, or not certified")
    return None


def judge_plain(value: float, truth: Truth) -> Fault | None:
    """What breaks `lambdify`'s promise at a finite point: right to 10⁻⁸, or NaN.

    NaN where there is a value breaks none; it is told as another kind. At a kink only what lies
    outside of both sides is wrong.
    """
    if math.isnan(value):
        lost = truth.kind is Kind.VALUE and truth.value is not None and _sharp(truth.value)
        return Fault("bridge: no value", str(truth)) if lost else None
    if truth.kind is Kind.UNDEFINED:
        return Fault("lambdify: outside the domain", str(truth))
    known = [truth.value] if truth.kind is Kind.VALUE else truth.sides or ()
    if not known or None in known:
        return None
    with mp.workprec(_BITS):
        errors = [mpf(2) ** max(side.e, -4_000) + abs(side.value) / 10**8 for side in known]
        least, most = mpf(2) ** -1_069, (2 - mpf(2) ** -20) * mpf(2) ** 1023
        low = min(side.value - e for side, e in zip(known, errors, strict=True)) - least
        high = max(side.value + e for side, e in zip(known, errors, strict=True)) + least
        beyond = (math.isinf(value) and value > 0 and high >= most) or (
            math.isinf(value) and value < 0 and low <= -most
        )
        inside = not math.isinf(value) and low <= value <= high
    return None if beyond or inside else Fault("lambdify: wrong", str(truth))


def _holds(ball: Ball, near: Near | None) -> bool:
    assert near is not None
    with mp.workprec(_BITS):
        error = mpf(2) ** max(near.e, -4_000)
        return ball.meets(near.value - error, near.value + error)


def _between(ball: Ball, sides: tuple[Near | None, Near | None] | None) -> bool:
    known = [side for side in sides or () if side is not None]
    with mp.workprec(_BITS):
        errors = [mpf(2) ** max(side.e, -4_000) for side in known]
        low = min(s.value - e for s, e in zip(known, errors, strict=True))
        high = max(s.value + e for s, e in zip(known, errors, strict=True))
        return ball.meets(low, high)


def judge_limit(ball: Ball, formula: Independent, sign: int) -> Fault | None:
    """What is wrong with a limit at ±∞ of the derivative, by values far out and farther.

    A limit that is approached must be nearer at the second, 10^1500, or reached. How z^(10⁻³²³)
    grows is not seen there, where it is 1 to 300 digits and more.
    """
    if (fault := _numberless(ball)) or not ball.certified or formula.has_slow_power():
        return fault or _unsaid(ball)
    found: list[list[mpf]] = []
    waves = _OSCILLATING.search(formula.text) is not None
    scales = _MANY_SCALES if waves else _SCALES  # a wave needs many, at numbers that cost less
    for far in (310, 380) if waves else (400, 1_500):
        truths = []
        for scale in scales:
            truths.append(formula.derivative(sign * 10**far * scale))
            if truths[-1].kind is Kind.UNDEFINED:
                return Fault("false: limit outside the domain", f"undefined at {sign}e{far}")
            if truths[-1].value is None or not _sharp(truths[-1].value):
                return None
        found.append([t.value.value for t in truths if t.value is not None])
    near, beyond = found
    shown = f"{mp.nstr(near[0], 12)} far out and {mp.nstr(beyond[0], 12)} beyond"
    with mp.workprec(_BITS):
        if abs(ball.high) == float("inf"):
            signs = {mp.sign(v) for v in beyond}
            grows = min(map(abs, beyond)) >= 0.9 * max(map(abs, near)) and min(map(abs, beyond)) > 3
            good = signs == {mp.sign(ball.high)} and grows
            return None if good else Fault("false: limit", shown)
        limit = mpf(ball.high) + mpf(ball.low)
        first, second = (max(abs(v - limit) for v in values) for values in found)
        reached = ball.bound + abs(limit) * mpf(2) ** -40 + mpf(2) ** -1_074
        good = second <= reached or second <= (0.5 if waves else 0.9) * first
    return None if good else Fault("false: limit", shown)


def _sharp(near: Near) -> bool:
    """Whether the error is small beside the value, or beside everything."""
    return near.e <= max(magnitude(near.value) - 100, -1_100)


def contradict(a: Ball, b: Ball, factor: float = 1.0) -> bool:
    """Whether both are certified and factor·a and b have no number in common."""
    if not (a.certified and b.certified):
        return False
    infinite = abs(a.high) == float("inf") or abs(b.high) == float("inf")
    if infinite:
        return factor == 1.0 and a.high != b.high
    with mp.workprec(_BITS):
        middle, reach = factor * (mpf(a.high) + a.low), abs(factor) * mpf(a.bound)
        return not b.meets(middle - reach, middle + reach)


def kinks_by_sampling(formula: Independent, grid: Sequence[Fraction], most: int = 6) -> list[float]:
    """Where the derivative jumps between neighbours of the grid whose borders' signs differ."""
    signs = [formula.decisions(x) for x in grid]
    found: list[float] = []
    for (a, before), (b, after) in zip(
        zip(grid, signs, strict=True), zip(grid[1:], signs[1:], strict=True), strict=False
    ):
        if before is None or after is None or before == after or len(found) >= most:
            continue
        low, high = a, b
        for _ in range(64):
            middle = (low + high) / 2
            at_middle = formula.decisions(middle)
            if at_middle is None:
                break
            low, high = (middle, high) if at_middle == before else (low, middle)
        else:
            again = bool(found) and abs(found[-1] - low) <= 1e-15 * abs(low) + Fraction(1, 2**60)
            if not again and _jumps(formula, low, high):
                found.append(float(low))
    return found


def _jumps(formula: Independent, low: Fraction, high: Fraction) -> bool:
    width = 4 * (high - low)
    truths = [
        formula.derivative(x)
        for x in (low - 2 * width, low - width, high + width, high + 2 * width)
    ]
    if any(t.kind is not Kind.VALUE or t.sides for t in truths):
        return False
    far_left, left, right, far_right = (t.value.value for t in truths if t.value is not None)
    jump = abs(right - left)
    steady = abs(far_left - left) + abs(far_right - right) < jump / 1_000
    return bool(steady and jump > 1e-6 * (abs(left) + abs(right)) + mpf(10) ** -12)


def unlisted(
    found: Iterable[float], listed: Iterable[Any], unresolved: Iterable[Any]
) -> list[float]:
    """Those kinks found that are neither listed nor where a border could not be resolved."""
    ats = [float(at) for at in listed]
    spans = [_span(item) for item in unresolved]
    return [
        x
        for x in found
        if not any(abs(at - x) <= 1e-9 * max(1, abs(x)) for at in ats)
        and not any(low - 1e-9 <= x <= high + 1e-9 for low, high in spans)
    ]


def open_beside(at: Fraction, side: int, unresolved: Iterable[Any]) -> bool:
    """Whether an interval that may hold other kinks reaches up to a place from one side."""
    beside = float(at) * (1 + side * math.copysign(1e-9, float(at)))
    return any(
        (low <= beside < high) if side > 0 else (low < beside <= high)
        for low, high in map(_span, unresolved)
    )


def _span(item: Any) -> tuple[float, float]:
    """The ends of an interval, however it is held: low and high, a pair, or a single place."""
    if hasattr(item, "low") and hasattr(item, "high"):
        return float(item.low), float(item.high)
    if hasattr(item, "at"):
        return float(item.at), float(item.at)
    if isinstance(item, tuple | list) and len(item) == 2:
        return float(item[0]), float(item[1])
    return float(item), float(item)


def side_fault(formula: Independent, at: Fraction, side: int, said: float | None) -> str | None:
    """The derivative a hair beside a kink, if it is not the one-sided derivative that was said.

    A kink that has no closed form is given to some digits only: then the hair is longer.
    """
    size = max(Fraction(1), abs(at))
    hair = _FINE * size
    if formula.decisions(at - hair) == formula.decisions(at + hair):
        hair = _COARSE * size
    if formula.decisions(at + side * hair) != formula.decisions(at + side * _NEAREST):
        return None  # another border lies between: max(1e300 z, 1) at 1e-300 beside 0
    truths = [formula.derivative(at + side * hair * k) for k in (1, 3)]
    if any(t.kind is not Kind.VALUE or t.value is None for t in truths):
        return None
    first, second = (t.value.value for t in truths if t.value is not None)
    scale = abs(first) + mpf(10) ** -12
    if abs(first - second) > 1e-9 * scale:  # it does not settle: no one-sided derivative
        return None
    if said is None and magnitude(first) > _UNBOUNDED:
        return None
    if said is not None and (abs(said - first) <= 1e-8 * scale or said == float(first)):
        return None
    return mp.nstr(first, 15)


def is_hole(formula: Independent, x: float) -> bool:
    """Whether a point outside the domain is a single one: z/z at 0."""
    try:
        return formula.is_hole(x)
    except Unknown:
        return False
