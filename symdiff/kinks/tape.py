"""Write an expression in one variable as a list of interval operations, and evaluate it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from flint import arb, fmpq
from sympy import Expr, Piecewise, Symbol
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational
from sympy.logic.boolalg import ITE, And, BooleanAtom, Not, Or

from symdiff.functions import maximum, minimum
from symdiff.kinks import interval
from symdiff.kinks.interval import FUNCTIONS, Ends, Maybe, Note

_MOST_NODES = 20_000


class NotUnderstood(ValueError):
    """Raised for an expression that holds something without interval arithmetic."""


class Tape:
    """An expression over intervals; undecided conditions take the hull of both cases.

    Raises: NotUnderstood if the expression holds a function without interval arithmetic, a symbol
        other than z, or more than 20,000 operations.
    """

    def __init__(self, expression: Expr, z: Symbol) -> None:
        self.z = z
        self.steps: list[Callable[[list[Any], Note], Any]] = []
        self._known: dict[Any, int] = {}
        try:
            self.result = self._write(expression)
        except RecursionError as error:
            raise NotUnderstood("nested too deeply") from error

    def __len__(self) -> int:
        return len(self.steps)

    def __call__(self, at: Ends, note: Note | None = None) -> Maybe:
        """The interval of the values at the points of `at`; None where there is none."""
        note = note or Note()
        values: list[Any] = [at]
        for step in self.steps:
            values.append(step(values, note))
        found: Maybe = values[self.result]
        return found

    def _add(self, step: Callable[[list[Any], Note], Any]) -> int:
        if len(self.steps) >= _MOST_NODES:
            raise NotUnderstood("too long")
        self.steps.append(step)
        return len(self.steps)

    def _write(self, e: Any) -> int:
        """The index of the value of `e`, whose steps are written unless they were before."""
        if e == self.z:
            return 0
        if e not in self._known:
            self._known[e] = self._condition(e) if _is_condition(e) else self._value(e)
        return self._known[e]

    def _value(self, e: Expr) -> int:
        if e.is_Rational:
            exact = fmpq(int(e.p), int(e.q))
            return self._constant(lambda: arb(exact))
        if e is sympy.pi:
            return self._constant(arb.pi)
        if e is sympy.E:
            return self._constant(arb.const_e)
        if e.is_Float:
            return self._value(sympy.Rational(e))
        if e.is_Add:
            return self._fold(interval.add, e.args)
        if e.is_Mul:
            return self._fold(interval.multiply, e.args)
        if e.is_Pow:
            return self._power(*e.args)
        if isinstance(e, Piecewise):
            return self._cases(e)
        if isinstance(e, sympy.Max | maximum):
            return self._fold(interval.larger, e.args)
        if isinstance(e, sympy.Min | minimum):
            return self._fold(interval.smaller, e.args)
        if isinstance(e, sympy.Abs):
            return self._unary(e.args[0], lambda a, _: interval.absolute(a))
        if isinstance(e, sympy.sign):
            return self._unary(e.args[0], lambda a, _: interval.signs(a))
        if isinstance(e, sympy.Heaviside):
            return self._fold(lambda a, h: interval.signs(a, h[0], interval.ZERO), e.args)
        if type(e) in FUNCTIONS and len(e.args) == 1:
            return self._unary(e.args[0], FUNCTIONS[type(e)])
        raise NotUnderstood(f"there is no interval arithmetic for '{type(e).__name__}'")

    def _constant(self, ball: Callable[[], arb]) -> int:
        return self._add(lambda _values, _note: interval.ends(ball()))

    def _unary(self, argument: Expr, function: interval.Function) -> int:
        i = self._write(argument)

        def step(values: list[Any], note: Note) -> Maybe:
            return None if values[i] is None else function(values[i], note)

        return self._add(step)

    def _fold(self, function: Callable[[Ends, Ends], Ends], arguments: tuple[Expr, ...]) -> int:
        first, *others = (self._write(a) for a in arguments)
        for other in others:

            def step(values: list[Any], _note: Note, i: int = first, j: int = other) -> Maybe:
                a, b = values[i], values[j]
                return None if a is None or b is None else function(a, b)

            first = self._add(step)
        return first

    def _power(self, base: Expr, exponent: Expr) -> int:
        if exponent.is_Integer and exponent > 0:
            n = int(exponent)
            return self._unary(base, lambda a, _: interval.whole_power(a, n))
        if exponent.is_Rational and exponent < 0:
            return self._unary(base ** (-exponent), interval.reciprocal)
        if exponent == sympy.Rational(1, 2):
            return self._unary(base, interval.square_root)
        i, j = self._write(base), self._write(exponent)

        def step(values: list[Any], note: Note) -> Maybe:
            a, b = values[i], values[j]
            return None if a is None or b is None else interval.real_power(a, b, note)

        return self._add(step)

    def _cases(self, e: Piecewise) -> int:
        pairs = [(self._write(condition), self._write(value)) for value, condition in e.args]

        def step(values: list[Any], note: Note) -> Maybe:
            found: Maybe = None
            for condition, value in pairs:
                note.undecided |= values[condition] is None
                if values[condition] is not False:
                    found = interval.hull(found, values[value])
                    note.partial |= values[value] is None
                if values[condition] is True:
                    return found
            note.partial = True
            return found

        return self._add(step)

    def _condition(self, c: Any) -> int:
        """True, False or None (undecided) as a value."""
        if isinstance(c, BooleanAtom):
            return self._add(lambda _values, _note: bool(c))
        if isinstance(c, Relational):
            i, decide = self._write(c.lhs - c.rhs), _TRUTH[type(c)]

            def relation(values: list[Any], _note: Note) -> bool | None:
                return None if values[i] is None else decide(*values[i])

            return self._add(relation)
        parts = [self._write(a) for a in c.args]
        if isinstance(c, Not):
            return self._add(lambda values, _: _not(values[parts[0]]))
        if isinstance(c, And | Or):
            settles = isinstance(c, Or)

            def junction(values: list[Any], _note: Note) -> bool | None:
                found = [values[i] for i in parts]
                return settles if settles in found else (None if None in found else not settles)

            return self._add(junction)
        if isinstance(c, ITE):

            def choice(values: list[Any], _note: Note) -> bool | None:
                test, then, otherwise = (values[i] for i in parts)
                if test is None:
                    return bool(then) if then is otherwise and then is not None else None
                found: bool | None = then if test else otherwise
                return found

            return self._add(choice)
        raise NotUnderstood(f"the condition '{c}' is not understood")


def _is_condition(e: Any) -> bool:
    return isinstance(e, BooleanAtom | Relational | And | Or | Not | ITE)


def _not(truth: bool | None) -> bool | None:  # noqa: FBT001 - it is what is negated
    return None if truth is None else not truth


def _greater(low: arb, high: arb) -> bool | None:
    return True if low > 0 else (False if high <= 0 else None)


def _at_least(low: arb, high: arb) -> bool | None:
    return True if low >= 0 else (False if high < 0 else None)


def _equal(low: arb, high: arb) -> bool | None:
    if low > 0 or high < 0:
        return False
    return True if low.is_zero() and high.is_zero() else None


_TRUTH: dict[type, Callable[[arb, arb], bool | None]] = {
    Gt: _greater,
    Ge: _at_least,
    Lt: lambda low, high: _not(_at_least(low, high)),
    Le: lambda low, high: _not(_greater(low, high)),
    Eq: _equal,
    Ne: lambda low, high: _not(_equal(low, high)),
}


def sign_of(at: Maybe) -> int | None:
    """The sign of every number in the interval; None if they differ, or there is none."""
    if at is None:
        return None
    low, high = at
    if low > 0:
        return 1
    if high < 0:
        return -1
    return 0 if low.is_zero() and high.is_zero() else None
