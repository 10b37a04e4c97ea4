"""The derivative of a formula's text by another way than symdiff's: what is known of it at a point.

Precision rises until the derivative is known. At a tie (a border that is exactly 0) it is looked at
a hair to the left and to the right. What is not decided is said to be unknown.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from formula_walk import Dual, Evaluation, Formula, Tie
from mpmath import mp, mpf
from tracked import Num, Undefined, Unknown, magnitude

_LADDER = (160, 600, 1_700, 6_500)  # bits; each tells by itself whether it was enough
_ENOUGH = 118  # bits of the value that are right: a double-double shows 106
_VANISHED = -1_140  # an error below 2 to this is nothing beside the smallest float64, 2⁻¹⁰⁷⁴
_HAIRS = (Fraction(1, 2**1_500), Fraction(1, 2**1_900))  # below the distance of any two float64
_HAIR_LADDER = (2_600, 6_000)
_STEADY = -1_000  # a difference below 2 to this is of no jump that a formula here could have
_AGREE = 150  # bits in which the derivatives at both hairs agree where there is a limit


class Kind(Enum):
    """What is known of a derivative at a point."""

    VALUE = "value"
    SIDES = "sides"  # the one-sided derivatives differ, or there is one only, or f jumps
    NO_DERIVATIVE = "no derivative"  # neither side has one, yet the function has a value
    UNDEFINED = "undefined"
    UNKNOWN = "unknown"


class Near(NamedTuple):
    """A number and the exponent of its error bound."""

    value: mpf
    e: int


@dataclass(frozen=True)
class Truth:
    """What is known of the derivative at a point; `sides` are the left and the right one at a tie.

    A side is None where the function is undefined beside the point or its slope infinite.
    """

    kind: Kind
    value: Near | None = None
    sides: tuple[Near | None, Near | None] | None = None
    taken: Near | None = (
        None  # of the branch that holds at the point itself, at a tie of conditions
    )
    jumps: bool = False  # f at the point is proven to be another than what it tends to beside

    def __str__(self) -> str:
        shown = [self.kind.value]
        if self.value is not None:
            shown.append(mp.nstr(self.value.value, 25))
        if self.sides is not None:
            shown += ["none" if s is None else mp.nstr(s.value, 20) for s in self.sides]
        return " ".join(shown)


@contextmanager
def _deep() -> Iterator[None]:
    """Python may go deep in here, and only here: what is judged lives with the usual limit."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, 20_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


class Independent(Formula):
    """What is known of a formula's value and derivative at a point."""

    def __init__(self, text: str, parameters: Mapping[str, object] | None = None) -> None:
        """Read the text. Raises: SyntaxError; ValueError for a parameter that is not finite."""
        super().__init__(text, parameters)
        self._known: dict[Fraction, Truth] = {}

    def derivative(self, x: float | Fraction) -> Truth:
        """What is known of f′ at x, a finite number, which is taken exactly."""
        at = Fraction(x)
        if at not in self._known:
            self._known[at] = self._derivative(at)
        return self._known[at]

    def _derivative(self, at: Fraction) -> Truth:
        best = None
        for bits in _LADDER:
            try:
                found = self._run(at, bits, slope=True)
            except Undefined:
                return Truth(Kind.UNDEFINED)
            except Tie:
                return self._beside(at)
            except (Unknown, OverflowError, MemoryError, ZeroDivisionError):
                continue
            best = Near(found.d.v, found.d.e)
            if best.e <= max(_VANISHED, magnitude(best.value) - _ENOUGH):
                break
        return Truth(Kind.UNKNOWN) if best is None else Truth(Kind.VALUE, best)

    def value(self, x: float | Fraction) -> Num | None:
        """f(x), or None where it is undefined. Raises: Unknown."""
        for bits in _LADDER:
            try:
                return self._run(Fraction(x), bits, slope=False).a
            except Undefined:
                return None
            except (Unknown, OverflowError, MemoryError, ZeroDivisionError):
                continue
        raise Unknown

    def decisions(self, x: Fraction) -> tuple[int, ...] | None:
        """The sign of every border on the way to f(x), in order; None where that is not known."""
        for bits in _LADDER[:3]:
            signs: list[int] = []
            try:
                self._run(x, bits, slope=False, signs=signs)
            except Undefined:
                return None
            except (Unknown, OverflowError, MemoryError, ZeroDivisionError):
                continue
            return tuple(signs)
        return None

    def has_slow_power(self) -> bool:
        """Whether there is a power of an exponent below 1/100 that is not 0."""
        powers = (n for n in ast.walk(self.tree) if isinstance(n, ast.BinOp))
        for node in powers:
            if isinstance(node.op, ast.Pow):
                with suppress(Unknown, Undefined), mp.workprec(_LADDER[0]), _deep():
                    run = Evaluation(self, Fraction(1), slope=False, signs=None)
                    exponent = run.of(node.right)
                    if exponent.flat and not exponent.a.zero and abs(exponent.a.v) < 0.01:
                        return True
        return False

    def is_hole(self, x: float) -> bool:
        """Whether f is defined a hair to the left and to the right of x."""
        for side in (-1, 1):
            try:
                if self.value(Fraction(x) + side * _HAIRS[0]) is None:
                    return False
            except Unknown:
                return False
        return True

    def _run(
        self,
        x: float | Fraction,
        bits: int,
        *,
        slope: bool,
        signs: list[int] | None = None,
        as_taken: bool = False,
        whole: bool = False,
    ) -> Dual:
        with mp.workprec(bits), _deep():
            run = Evaluation(self, Fraction(x), slope=slope, signs=signs)
            run.as_taken = as_taken
            found = run.of(self.tree)
        if whole and run.lost:
            raise Unknown
        return found

    def _beside(self, at: Fraction) -> Truth:
        try:
            if self.value(at) is None:
                return Truth(Kind.UNDEFINED)
            left, right = self._side(at, -1), self._side(at, 1)
        except Unknown:
            return Truth(Kind.UNKNOWN)
        if left is None and right is None:
            return Truth(Kind.NO_DERIVATIVE, sides=(None, None))
        if left is not None and right is not None:
            with mp.workprec(400):
                apart = magnitude(left.value - right.value)
            size = max(magnitude(left.value), magnitude(right.value))
            e = max(left.e, right.e, apart) + 1
            if apart <= max(size - _AGREE + 10, _VANISHED) and self._jumps(at) is False:
                return Truth(Kind.VALUE, Near(left.value, e), (left, right))
        return Truth(Kind.SIDES, None, (left, right), self._taken(at), self._jumps(at) is True)

    def _jumps(self, at: Fraction) -> bool | None:
        """Whether f at the point is another than what it tends to beside; None if it is not known.

        A difference that is no error, and that a hair 2⁴⁰⁰ times as near leaves as it was, is one.
        Where a value was too small to be held, so may a jump be: from φ(10³⁰⁰) to 0, say.
        """
        try:
            here = self._run(at, _HAIR_LADDER[0], slope=False, whole=True).a
            for side in (-1, 1):
                far, near = (
                    self._run(at + side * hair, _HAIR_LADDER[0], slope=False, whole=True).a - here
                    for hair in _HAIRS
                )
                if magnitude(near.v) > max(near.e, magnitude(far.v) - 2):
                    return True
                if max(magnitude(near.v), near.e) > _STEADY:
                    return None  # a jump of 10¹⁰ is not seen beside z^100 at 10¹⁰
        except (Undefined, Unknown, OverflowError, MemoryError, ZeroDivisionError):
            return None
        return False

    def _taken(self, at: Fraction) -> Near | None:
        for bits in _LADDER:
            try:
                found = self._run(at, bits, slope=True, as_taken=True)
            except (Unknown, Tie, Undefined, OverflowError, MemoryError, ZeroDivisionError):
                continue
            return Near(found.d.v, found.d.e)
        return None

    def _side(self, at: Fraction, side: int) -> Near | None:
        """The limit of f′ from one side; None if there is none. Raises: Unknown."""
        found: list[Near] = []
        for hair in _HAIRS:
            for bits in _HAIR_LADDER:
                try:
                    dual = self._run(at + side * hair, bits, slope=True)
                except Undefined:
                    return None
                except Tie:
                    raise Unknown from None
                except (Unknown, OverflowError, MemoryError, ZeroDivisionError):
                    continue
                near = Near(dual.d.v, dual.d.e)
                if near.e <= max(_VANISHED, magnitude(near.value) - _AGREE):
                    found.append(near)
                    break
        if len(found) < len(_HAIRS):
            raise Unknown
        with mp.workprec(400):
            apart = magnitude(found[1].value - found[0].value)
        size = [magnitude(n.value) for n in found]
        if apart <= max(max(size) - _AGREE, _VANISHED):
            return Near(found[1].value, max(found[1].e, apart, -1_200) + 2)
        if max(size) < -600:
            return Near(found[1].value, max(size) + 2)  # it goes to 0, as √z does, or is as small
        if size[1] > size[0] + 50 and size[1] > 50:
            return None  # it grows without end
        raise Unknown
