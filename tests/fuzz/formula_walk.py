"""A formula's text and its walk at one point: Python's own parser, duals of tracked numbers.

Strict real semantics: only the branch that is taken is evaluated, and where any part that is
evaluated has no real value, neither has the whole. Nothing of symdiff is used, neither its parser
nor its functions, and no flint.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import tracked
from mpmath import mp
from textbook import SMOOTH
from tracked import ONE, ZERO, Num, Undefined, Unknown, magnitude, number, power

_TYPOGRAPHY = str.maketrans({"−": "-", "·": "*", "×": "*"})


class Tie(Exception):
    """A border is exactly 0 here, or the slope of a function infinite: look beside it."""


class Dual(NamedTuple):
    """A value, its derivative, and whether it is constant in a neighbourhood."""

    a: Num
    d: Num
    flat: bool


class Formula:
    """One formula in z with its parameters' values."""

    def __init__(self, text: str, parameters: Mapping[str, object] | None = None) -> None:
        """Read the text. Raises: SyntaxError; ValueError for a parameter that is not finite."""
        self.text = text.strip().translate(_TYPOGRAPHY)
        self.tree = ast.parse(self.text, mode="eval").body
        self.parameters = {k: Fraction(v) for k, v in (parameters or {}).items()}  # type: ignore[arg-type]
        self._literals: dict[tuple[ast.Constant, int], Num] = {}

    def literal(self, node: ast.Constant) -> Num:
        """The number as it is written, at the precision in force; read once at each."""
        key = node, mp.prec
        if key not in self._literals:
            written = ast.get_source_segment(self.text, node) or str(node.value)
            self._literals[key] = number(Fraction(written.replace("_", "")))
        return self._literals[key]


_dumped = lru_cache(maxsize=4096)(ast.dump)  # of a node: the same text is the same expression


class Evaluation:
    """One walk over the tree at one point and one precision."""

    def __init__(
        self, formula: Formula, x: Fraction, *, slope: bool, signs: list[int] | None
    ) -> None:
        self.formula, self.slope, self.signs = formula, slope, signs
        self.as_taken = False  # whether a tie of a condition is passed over
        self.lost = False  # whether a value was too small to be held, as φ(10³⁰⁰) is
        self.names = {k: Dual(number(v), ZERO, True) for k, v in formula.parameters.items()}  # noqa: FBT003
        along = ONE if slope else ZERO  # nothing asks for derivatives then, and 0 costs no time
        self.names["z"] = Dual(number(x), along, False)  # noqa: FBT003 - a named tuple's field

    def of(self, node: ast.expr) -> Dual:
        """The dual of a part of the formula."""
        found = self._of(node)
        self.lost |= not found.a.v and not found.a.zero
        return found

    def _of(self, node: ast.expr) -> Dual:
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
            case ast.Call(func=ast.Name(id="Piecewise"), args=pairs):
                *cases, last = (pair.elts for pair in pairs if isinstance(pair, ast.Tuple))
                taken = next((body for body, test in cases if self.holds(test)), last[0])
                return self.of(taken)
            case ast.Call(func=ast.Name(id=name), args=args):
                if name.lower() in ("max", "min"):
                    return self.extreme(args, 1 if name.lower() == "max" else -1)
                return _FUNCTIONS[name](self, self.of(args[0]))
        raise SyntaxError(ast.dump(node))

    def decided(self, sign: int) -> int:
        """The sign of a border, noted."""
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
        """Tests joined: one that gives `absorbing` decides."""
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
        """Whether a relation of two parts holds."""
        a, b = self.of(left), self.of(right)
        sign = 0
        if _dumped(left) != _dumped(right):
            sign = self.decided((a.a - b.a).sign())
            tie = sign == 0 and not (a.flat and b.flat)
            if tie and self.slope and not self.as_taken:
                raise Tie
        return _RELATIONS[type(op)](sign)

    def extreme(self, args: list[ast.expr], wanted: int) -> Dual:
        """The largest of the arguments, or with −1 the smallest."""
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
        """The sign of u."""
        sign = self.decided(u.a.sign())
        if sign == 0 and self.slope and not u.flat:
            raise Tie
        return constant(number(sign))

    def add(self, u: Dual, w: Dual) -> Dual:
        """u + w."""
        return Dual(u.a + w.a, u.d + w.d, u.flat and w.flat)

    def subtract(self, u: Dual, w: Dual) -> Dual:
        """u − w."""
        return Dual(u.a - w.a, u.d - w.d, u.flat and w.flat)

    def multiply(self, u: Dual, w: Dual) -> Dual:
        """u w."""
        flat = (u.flat and (w.flat or u.a.zero)) or (w.flat and w.a.zero)
        return Dual(u.a * w.a, ZERO if flat else u.d * w.a + u.a * w.d, flat)

    def divide(self, u: Dual, w: Dual) -> Dual:
        """u / w."""
        value = u.a / w.a
        flat = u.flat and (w.flat or u.a.zero)
        return Dual(value, ZERO if flat else (u.d - value * w.d) / w.a, flat)

    def raised(self, u: Dual, w: Dual) -> Dual:
        """u to the power of w."""
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

_BINARY: Mapping[type[ast.operator], Callable[[Evaluation, Dual, Dual], Dual]] = {
    ast.Add: Evaluation.add,
    ast.Sub: Evaluation.subtract,
    ast.Mult: Evaluation.multiply,
    ast.Div: Evaluation.divide,
    ast.Pow: Evaluation.raised,
}


def _smooth(name: str) -> Callable[[Evaluation, Dual], Dual]:
    value, slope = SMOOTH[name]
    return lambda run, u: run.chain(u, value(u.a), lambda: slope(u.a))


_FUNCTIONS: dict[str, Callable[[Evaluation, Dual], Dual]] = {
    **{name: _smooth(name) for name in SMOOTH},
    "abs": lambda run, u: run.kinked(u, -1),
    "relu": lambda run, u: run.kinked(u, 0),
    "sign": Evaluation.sign,
}
_FUNCTIONS |= {
    "Abs": _FUNCTIONS["abs"],
    "σ": _FUNCTIONS["sigmoid"],
    "Φ": _FUNCTIONS["Phi"],
    "φ": _FUNCTIONS["phi"],
}
