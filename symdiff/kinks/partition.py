"""Cut the axis where an expression changes its case: smooth pieces, and the cuts between.

The cases are asked from the outside in, and of a border only the stretch on which it is asked: one
in a case that is not taken is never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flint import arb
from sympy import Expr, Symbol

from symdiff.kinks.branches import NoCaseHolds, SignWanted, chosen
from symdiff.kinks.roots import RANGE, constant_sign, isolated
from symdiff.kinks.segment import Kind, Segment, opened, place, separated
from symdiff.kinks.work import Work

_MOST_PIECES = 2000


@dataclass(frozen=True, eq=False)
class Piece:
    """A stretch on which every border keeps its sign, and the expression there, if defined."""

    low: arb
    high: arb
    smooth: Expr | None


@dataclass(frozen=True, eq=False)
class Partition:
    """The pieces, and between them the breakpoints and what was not isolated, all in order."""

    pieces: tuple[Piece, ...]
    breakpoints: tuple[Segment, ...]
    unresolved: tuple[Segment, ...]


def partition(
    expression: Expr, z: Symbol, work: Work, low: arb = -RANGE, high: arb = RANGE
) -> Partition:
    """Cut [low, high], by default all of float64's range, into the expression's pieces."""
    pieces: list[Piece] = []
    marks: list[Segment] = []
    holes: list[Segment] = []
    waiting: list[tuple[arb, arb, dict[Expr, int]]] = [(low, high, {})]
    asked = 0
    while waiting:
        a, b, known = waiting.pop()
        asked += 1
        work.spend(100)
        if asked > _MOST_PIECES or work.late:
            marks.append(opened(a, b, "too much work: too many pieces"))
            continue
        try:
            pieces.append(Piece(a, b, chosen(expression, _lookup(known))))
        except NoCaseHolds:
            pieces.append(Piece(a, b, None))
        except RecursionError:
            marks.append(opened(a, b, "nested too deeply"))
        except SignWanted as wanted:
            segments = isolated(wanted.smooth, z, a, b, work)
            for i, s in enumerate(segments):
                if s.kind is Kind.SIGN:
                    waiting.append((s.low, s.high, {**known, wanted.border: s.sign}))
                elif s.kind is Kind.UNDEFINED:
                    pieces.append(Piece(s.low, s.high, None))
                elif s.kind is not Kind.POLE or _crossed(segments, i):
                    marks.append(s)
                else:
                    holes.append(s)
    marks = separated([*marks, *_changing(holes, pieces)])
    return Partition(
        tuple(sorted(pieces, key=lambda p: _Low(p.low))),
        tuple(m for m in marks if m.kind is not Kind.OPEN),
        tuple(m for m in marks if m.kind is Kind.OPEN),
    )


class _Low:
    """An exact number as a sort key."""

    def __init__(self, low: arb) -> None:
        self.low = low

    def __lt__(self, other: _Low) -> bool:
        return bool(self.low < other.low)


def _lookup(known: Mapping[Expr, int]) -> Callable[[Expr, Expr], int]:
    def sign(border: Expr, smooth: Expr) -> int:
        if border in known:
            return known[border]
        if not smooth.free_symbols:
            constant = constant_sign(smooth)
            if constant is not None:
                return constant
        raise SignWanted(border, smooth)

    return sign


def _changing(holes: list[Segment], pieces: list[Piece]) -> list[Segment]:
    """The points at which a border has no value, and beside which the expression is another.

    The border z of relu(min(z, z^(−2))) is 0 where z^(−2) has a pole.
    """
    below = {place(p.high): p.smooth for p in pieces}
    above = {place(p.low): p.smooth for p in pieces}
    return [h for h in holes if below.get(place(h.low)) != above.get(place(h.high))]


def _crossed(segments: list[Segment], i: int) -> bool:
    """Whether the sign, or whether there is one, differs between the two sides of a pole."""
    sides = [segments[j] for j in (i - 1, i + 1) if 0 <= j < len(segments)]
    if len(sides) < 2:
        return False
    left, right = sides
    return left.kind is not right.kind or left.sign != right.sign
