"""Describe stretches of the axis by what is known of a border there, and put them together."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from flint import arb
from sympy import Expr


class Kind(Enum):
    """What is known of a border on a stretch."""

    SIGN = auto()  # it has one sign wherever it is defined
    UNDEFINED = auto()  # it is nowhere defined
    ROOT = auto()  # one zero, somewhere in the stretch
    POLE = auto()  # one point at which it is not defined, and which is crossed with any sign
    OPEN = auto()  # not known


@dataclass(frozen=True, eq=False)
class Segment:
    """A closed stretch with exact ends, and what is known of a border on it."""

    low: arb
    high: arb
    kind: Kind
    sign: int = 0
    at: Expr | None = None  # of a root or a pole: as an exact number, if there is a name for it
    reason: str = ""  # of an open one

    @property
    def marks(self) -> bool:
        """Whether the border's case changes on it, or may."""
        return self.kind in (Kind.ROOT, Kind.POLE, Kind.OPEN)


def opened(low: arb, high: arb, reason: str) -> Segment:
    """A stretch of which nothing is known."""
    return Segment(low, high, Kind.OPEN, reason=reason)


def signed(low: arb, high: arb, sign: int | None) -> Segment:
    """A stretch of one sign; of none, if the border is nowhere defined."""
    if sign is None:
        return Segment(low, high, Kind.UNDEFINED)
    return Segment(low, high, Kind.SIGN, sign)


def tidied(segments: Iterable[Segment]) -> list[Segment]:
    """The segments in order, equal neighbours joined.

    Where a border is undefined it has any sign: such a stretch joins the one beside it.
    """
    found: list[Segment] = []
    for s in sorted(segments, key=_order):
        last = found[-1] if found else None
        if last is None or s.kind in (Kind.ROOT, Kind.POLE) or last.kind in (Kind.ROOT, Kind.POLE):
            found.append(s)
        elif s.kind is last.kind is Kind.OPEN and s.low <= last.high:
            found[-1] = replace(last, high=max(last.high, s.high))
        elif Kind.OPEN in (s.kind, last.kind):
            found.append(s)
        elif s.kind is Kind.UNDEFINED or (s.kind is last.kind and s.sign == last.sign):
            found[-1] = replace(last, high=s.high)
        elif last.kind is Kind.UNDEFINED:
            found[-1] = replace(s, low=last.low)
        else:
            found.append(s)
    return found


class _Order:
    """Exact numbers as sort keys: flint's compare, and know nothing of `functools`."""

    __slots__ = ("high", "low")

    def __init__(self, low: arb, high: arb) -> None:
        self.low, self.high = low, high

    def __lt__(self, other: _Order) -> bool:
        return bool(self.low < other.low or (self.low == other.low and self.high < other.high))


def _order(s: Segment) -> _Order:
    return _Order(s.low, s.high)


def separated(marks: Iterable[Segment]) -> list[Segment]:
    """Marks in order that do not overlap: points that touch are one, and split what is open."""
    points: list[Segment] = []
    marks = sorted(marks, key=_order)
    for s in marks:
        if s.kind is Kind.OPEN:
            continue
        if points and s.low <= points[-1].high:
            last = points[-1]
            high = max(last.high, s.high)
            kind = last.kind if last.kind is s.kind else Kind.ROOT
            name = last.at if last.at is not None else s.at
            points[-1] = replace(last, high=high, kind=kind, at=name)
        else:
            points.append(s)
    found = list(points)
    for s in tidied(m for m in marks if m.kind is Kind.OPEN):
        low = s.low
        for p in points:
            if p.high <= low or p.low >= s.high:
                continue
            if low < p.low:
                found.append(replace(s, low=low, high=p.low))
            low = p.high
        if low < s.high or s.low == s.high:
            found.append(replace(s, low=low))
    return sorted(found, key=_order)


def product(
    factors: Sequence[tuple[list[Segment], Callable[[int], int | None]]], low: arb, high: arb
) -> list[Segment]:
    """The segments of a product from those of its factors.

    Args: factors, each with what its sign becomes in the product: that of its power.
    """
    marks = separated(s for segments, _ in factors for s in segments if s.marks)
    edges = [low, high, *(e for m in marks for e in (m.low, m.high))]
    edges += [s.high for segments, _ in factors for s in segments]
    ordered = sorted({place(e): e for e in edges}.values(), key=lambda e: _Order(e, e))
    found = list(marks)
    lows = [[_Order(s.low, s.low) for s in segments] for segments, _ in factors]
    covered = [_Order(m.low, m.low) for m in marks]
    for a, b in itertools.pairwise(ordered):
        if a < low or b > high or _at(marks, covered, a, b) is not None:
            continue
        sign: int | None = 1
        for (segments, power), starts in zip(factors, lows, strict=True):
            s = _at(segments, starts, a, b)
            known = s is not None and s.kind is Kind.SIGN
            own = power(s.sign) if s is not None and known else None
            sign = None if sign is None or own is None else sign * own
        found.append(signed(a, b, sign))
    return tidied(found)


def place(x: arb) -> tuple[int, int]:
    """A hashable form of an exact number."""
    mantissa, exponent = x.man_exp()
    return int(mantissa), int(exponent)


def _at(segments: list[Segment], starts: list[_Order], a: arb, b: arb) -> Segment | None:
    """The segment that holds [a, b]; None if there is none."""
    i = bisect_right(starts, _Order(a, a)) - 1
    while i >= 0:
        s = segments[i]
        if s.low <= a and b <= s.high:
            return s
        if s.low < a:
            return None
        i -= 1
    return None
