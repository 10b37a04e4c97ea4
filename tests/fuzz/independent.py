"""The derivative of a formula's text by another way: Python's own parser, duals of mpmath.

Strict real semantics: only the branch that is taken is evaluated, and where any part that is
evaluated has no real value, neither has the whole. At a tie (a border that is exactly 0) the
derivative is looked at a hair to the left and to the right. What is not decided is said to be
unknown. Nothing of symdiff is used, neither its parser nor its functions, and no flint.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import tracked
from mpmath import mp, mpf
from textbook import SMOOTH
from tracked import ONE, ZERO, Num, Undefined, Unknown, magnitude, number, power

_LADDER = (160, 600, 1_700, 6_500)  # bits; each tells by itself whether it was enough
_ENOUGH = 118  # bits of the value that are right: a double-double shows 106
_VANISHED = -1_140  # an error below 2 to this is nothing beside the smallest float64, 2⁻¹⁰⁷⁴
_HAIRS = (Fraction(1, 2**1_500), Fraction(1, 2**1_900))  # below the distance of any two float64
_HAIR_LADDER = (2_600, 6_000)
_AGREE = 150  # bits in which the derivatives at both hairs agree where there is a limit

_TYPOGRAPHY = str.maketrans({"−": "-", "·": "*", "×": "*"})


class Tie(Exception):
    """A border is exactly 0 here, or the slope of a function infinite: look beside it."""


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

    def __str__(self) -> str:
        shown = [self.kind.value]
        if self.value is not None:
            shown.append(mp.nstr(self.value.value, 25))
        if self.sides is not None:
            shown += ["none" if s is None else mp.nstr(s.value, 20) for s in self.sides]
        return " ".join(shown)


class Dual(NamedTuple):
    """A value, its derivative, and whether it is constant in a neighbourhood."""

    a: Num
    d: Num
    flat: bool


@contextmanager
def _deep() -> Iterator[None]:
    """Python may go deep in here, and only here: what is judged lives with the usual limit."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, 20_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


class Independent:
    """One formula in z with its parameters' values."""

    def __init__(self, text: str, parameters: Mapping[str, object] | None = None) -> None:
        """Read the text. Raises: SyntaxError; ValueError for a parameter that is not finite."""
        self.text = text.strip().translate(_TYPOGRAPHY)
        self.tree = ast.parse(self.text, mode="eval").body
        self.parameters = {k: Fraction(v) for k, v in (parameters or {}).items()}  # type: ignore[arg-type]
        self._known: dict[Fraction, Truth] = {}
        self._literals: dict[tuple[ast.Constant, int], Num] = {}

    def literal(self, node: ast.Constant) -> Num:
        """The number as it is written, at the precision in force; read once at each."""
        key = node, mp.prec
        if key not in self._literals:
            written = ast.get_source_segment(self.text, node) or str(node.value)
            self._literals[key] = number(Fraction(written.replace("_", "")))
        return self._literals[key]

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
    ) -> Dual:
        with mp.workprec(bits), _deep():
            run = _Evaluation(self, Fraction(x), slope=slope, signs=signs)
            run.as_taken = as_taken
            return run.of(self.tree)

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
            if apart <= max(size - _AGREE + 10, _VANISHED) and not self._jumps(at):
                return Truth(Kind.VALUE, Near(left.value, e), (left, right))
        return Truth(Kind.SIDES, None, (left, right), self._taken(at))

    def _jumps(self, at: Fraction) -> bool:
        """Whether f at the point is another than f a hair beside."""
        try:
            here, *beside = (self.value(at + k * _HAIRS[0]) for k in (0, -1, 1))
        except Unknown:
            return True
        with mp.workprec(800):
            most = mpf(2) ** -400 * max(1, abs(here.v) if here else 1)
            return any(b is None or here is None or abs(b.v - here.v) > most for b in beside)

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


_dumped = lru_cache(maxsize=4096)(ast.dump)  # of a node: the same text is the same expression


class _Evaluation:
    """One walk over the tree at one point and one precision."""

    def __init__(
        self, formula: Independent, x: Fraction, *, slope: bool, signs: list[int] | None
    ) -> None:
        self.formula, self.slope, self.signs = formula, slope, signs
        self.as_taken = False  # whether a tie of a condition is passed over
        self.names = {k: Dual(number(v), ZERO, True) for k, v in formula.parameters.items()}  # noqa: FBT003
        self.names["z"] = Dual(number(x), ONE, False)  # noqa: FBT003 - a named tuple's field

    def of(self, node: ast.expr) -> Dual:
        match node:
            case ast.Constant():
                return constant(self.formula.literal(node))
            case ast.Name(id=name):
                if name in self.names:
                    return self.names[name]
                return constant(tracked.exp(ONE) if name == "e" else tracked.pi())
            case ast.UnaryOp(op=op, operand=operand):
                u = self.of(operand)
                return Dual(-u.a, -u.d, u.flat) if isinstance(op, ast.USub) else u
            case ast.BinOp(left=left, op=op, right=right):
                return _BINARY[type(op)](self, self.of(left), self.of(right))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.of(body if self.holds(test) else orelse)
            case ast.Call(func=ast.Name(id="where"), args=[test, body, orelse]):
                return self.of(body if self.holds(test) else orelse)
            case ast.Call(func=ast.Name(id=name), args=args):
                if name.lower() in ("max", "min"):
                    return self.extreme(args, 1 if name.lower() == "max" else -1)
                return _FUNCTIONS[name](self, self.of(args[0]))
        raise SyntaxError(ast.dump(node))

    def decided(self, sign: int) -> int:
        if self.signs is not None:
            self.signs.append(sign)
        return sign

    def chain(self, u: Dual, value: Num, slope: Callable[[], Num]) -> Dual:
        """f(u), of the given value and slope; an infinite slope is looked at from beside."""
        if u.flat or not self.slope:
            return Dual(value, ZERO, u.flat)
        try:
            return Dual(value, slope() * u.d, False)  # noqa: FBT003 - a named tuple's field
        except Undefined:
            raise Tie from None

    def holds(self, node: ast.expr) -> bool:
        """A condition. Where an operand of `and` and `or` decides, a tie of another is none."""
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            tests = [
                lambda a=a, op=op, b=b: self.compares(a, op, b)
                for a, op, b in zip(sides, node.ops, sides[1:], strict=False)
            ]
            return self.joined(tests, absorbing=False)
        if isinstance(node, ast.BoolOp):
            tests = [lambda v=v: self.holds(v) for v in node.values]
            return self.joined(tests, absorbing=isinstance(node.op, ast.Or))
        raise SyntaxError(ast.dump(node))

    def joined(self, tests: list[Callable[[], bool]], *, absorbing: bool) -> bool:
        found, raised = [], []
        for test in tests:
            try:
                found.append(test())
            except (Tie, Unknown, Undefined) as error:
                raised.append(error)
        if any(isinstance(error, Unknown) for error in raised):
            raise Unknown
        if absorbing in found:
            if any(isinstance(error, Undefined) for error in raised):
                raise Unknown  # whether an undefined operand counts depends on the reading
            return absorbing
        if raised:
            raise next((e for e in raised if isinstance(e, Undefined)), raised[0])
        return not absorbing

    def compares(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> bool:
        a, b = self.of(left), self.of(right)
        sign = 0
        if _dumped(left) != _dumped(right):
            sign = self.decided((a.a - b.a).sign())
            tie = sign == 0 and not (a.flat and b.flat)
            if tie and self.slope and not self.as_taken:
                raise Tie
        return _RELATIONS[type(op)](sign)

    def extreme(self, args: list[ast.expr], wanted: int) -> Dual:
        best, written = self.of(args[0]), _dumped(args[0])
        for arg in args[1:]:
            other = self.of(arg)
            if _dumped(arg) == written:
                continue
            sign = self.decided((other.a - best.a).sign())
            if sign == 0 and self.slope and not (best.flat and other.flat):
                if not (other.d - best.d).zero:
                    raise Tie
                best = Dual(best.a, best.d, False)  # noqa: FBT003 - a named tuple's field
            elif sign == wanted:
                best, written = other, _dumped(arg)
        return best

    def kinked(self, u: Dual, below: int) -> Dual:
        """u where it is positive, `below` times u where it is negative."""
        sign = self.decided(u.a.sign())
        if sign > 0:
            return u
        if sign < 0:
            return Dual(-u.a, -u.d, u.flat) if below else constant(ZERO)
        if self.slope and not u.flat and not u.d.zero:
            raise Tie
        return Dual(ZERO, ZERO, u.flat)

    def sign(self, u: Dual) -> Dual:
        sign = self.decided(u.a.sign())
        if sign == 0 and self.slope and not u.flat:
            raise Tie
        return constant(number(sign))

    def add(self, u: Dual, w: Dual) -> Dual:
        return Dual(u.a + w.a, u.d + w.d, u.flat and w.flat)

    def subtract(self, u: Dual, w: Dual) -> Dual:
        return Dual(u.a - w.a, u.d - w.d, u.flat and w.flat)

    def multiply(self, u: Dual, w: Dual) -> Dual:
        flat = (u.flat and (w.flat or u.a.zero)) or (w.flat and w.a.zero)
        return Dual(u.a * w.a, ZERO if flat else u.d * w.a + u.a * w.d, flat)

    def divide(self, u: Dual, w: Dual) -> Dual:
        value = u.a / w.a
        flat = u.flat and (w.flat or u.a.zero)
        return Dual(value, ZERO if flat else (u.d - value * w.d) / w.a, flat)

    def raised(self, u: Dual, w: Dual) -> Dual:
        exponent = w.a.q
        if exponent is not None and exponent.denominator == 1 and abs(exponent) <= 2**20:
            n = int(exponent)
            if w.flat or not self.slope:
                if n == 0:
                    return constant(ONE)
                value = power(u.a, n)
                return self.chain(u, value, lambda: number(n) * power(u.a, n - 1))
            if u.a.sign() < 0:
                raise Tie  # the exponent is no whole number beside
        base = u.a.sign()
        if base == 0:
            sign = w.a.sign()
            if sign < 0:
                raise Undefined
            if sign == 0:
                raise Unknown
            if self.slope and not u.flat:
                raise Tie
            return Dual(ZERO, ZERO, u.flat)
        if base < 0:
            if exponent is None:
                nearest = number(int(mp.nint(w.a.v))) if magnitude(w.a.v) < 300 else None
                if nearest is None:
                    raise Unknown
                (w.a - nearest).sign()
            elif exponent.denominator == 1:
                raise Unknown  # a huge whole number
            raise Undefined
        if exponent is not None and exponent.denominator == 2 and abs(exponent) < 2**20:
            value = power(tracked.sqrt(u.a), exponent.numerator)
        else:
            value = tracked.exp(w.a * tracked.log(u.a))
        if (u.flat and w.flat) or not self.slope:
            return Dual(value, ZERO, u.flat and w.flat)
        slope = w.a * u.d / u.a
        if not w.flat:
            slope += w.d * tracked.log(u.a)
        return Dual(value, value * slope, False)  # noqa: FBT003 - a named tuple's field


def constant(value: Num) -> Dual:
    """A number that does not depend on z."""
    return Dual(value, ZERO, True)  # noqa: FBT003 - a named tuple's field


_RELATIONS: Mapping[type[ast.cmpop], Callable[[int], bool]] = {
    ast.Lt: lambda s: s < 0,
    ast.LtE: lambda s: s <= 0,
    ast.Gt: lambda s: s > 0,
    ast.GtE: lambda s: s >= 0,
    ast.Eq: lambda s: s == 0,
    ast.NotEq: lambda s: s != 0,
}

_BINARY: Mapping[type[ast.operator], Callable[[_Evaluation, Dual, Dual], Dual]] = {
    ast.Add: _Evaluation.add,
    ast.Sub: _Evaluation.subtract,
    ast.Mult: _Evaluation.multiply,
    ast.Div: _Evaluation.divide,
    ast.Pow: _Evaluation.raised,
}


def _smooth(name: str) -> Callable[[_Evaluation, Dual], Dual]:
    value, slope = SMOOTH[name]
    return lambda run, u: run.chain(u, value(u.a), lambda: slope(u.a))


_FUNCTIONS: dict[str, Callable[[_Evaluation, Dual], Dual]] = {
    **{name: _smooth(name) for name in SMOOTH},
    "abs": lambda run, u: run.kinked(u, -1),
    "relu": lambda run, u: run.kinked(u, 0),
    "sign": _Evaluation.sign,
}
_FUNCTIONS |= {
    "Abs": _FUNCTIONS["abs"],
    "σ": _FUNCTIONS["sigmoid"],
    "Φ": _FUNCTIONS["Phi"],
    "φ": _FUNCTIONS["phi"],
}
