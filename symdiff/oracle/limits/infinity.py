"""Prove the limit of an expression at ±∞.

Each subexpression is enclosed, for all z that are large enough, by a germ: a few terms of its
asymptotic expansion and a bound on the rest (`germ`). A limit is certified where the
germ of the whole has one, so that it is known to exist and the function to have real values from
some point on. Nothing is evaluated at any z, so no parameter is too large or too small.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import sympy
from flint import arb, ctx, fmpq
from sympy import Expr, Piecewise, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import ITE, And, Boolean, BooleanAtom, Not, Or

from symdiff.array_types import Float64Array
from symdiff.balls.compiled import compile_ball
from symdiff.balls.elementary import BALL, CannotCertify, Undefined
from symdiff.functions import maximum, minimum
from symdiff.oracle.enclosures.enclosure import Enclosure, Why, uncertain
from symdiff.oracle.enclosures.from_balls import enclosure_of
from symdiff.oracle.limits.constants import Number, Unproven, ball, exponential, number, pi
from symdiff.oracle.limits.far_out import absolute, applied, extreme, power
from symdiff.oracle.limits.germ import ORDER, Germ, OutsideDomain, constant, hull, variable
from symdiff.oracle.limits.growth import EFFORT, Effort, OutOfEffort
from symdiff.trees.conditions import RELATIONS

_T = TypeVar("_T")

# Bits and terms. A few settle nearly all; more are for numbers, or terms, that nearly cancel.
_ATTEMPTS = ((192, 3), (1024, 7))
_SETTLED = 2.0**-95  # relative: below what any format shows
_COMPARISONS = 300_000  # a second or two; the costliest of the catalogue takes 1,908


@lru_cache(maxsize=4096)
def limits(expression: Expr) -> Enclosure:
    """The limits at −∞ and at +∞ of an expression in at most one variable.

    Returns: two enclosures. Where a limit is proven to exist it is certified, and ±∞ with bound 0
        where the expression is proven to grow beyond all bounds with one sign. Else NaN ± ∞, and
        why: there is no real value from some point on, or no limit, or none was proven, or the
        work allowed for it is done.
    Raises: CannotCertify if the expression holds a function without ball arithmetic; ValueError
        if it has several variables.
    """
    variables = _variables(expression)
    if len(variables) > 1:
        names = ", ".join(sorted(map(str, variables)))
        raise ValueError(f"a limit is of an expression in one variable, not in {names}")
    result = uncertain((2,), Why.NO_LIMIT)
    for side, sign in enumerate((-1, 1)):
        result.put(slice(side, side + 1), _limit(expression, sign))
    return result


def at_infinities(expression: Expr, values: Float64Array) -> Enclosure:
    """The limits for values that are all ±∞."""
    return limits(expression)[(values > 0).astype(np.intp)]


def _variables(expression: Expr) -> set[Symbol]:
    """The symbols in an expression; SymPy's own walk recurses, and visits shared parts anew."""
    left, seen = [expression], {expression}
    while left:
        for part in left.pop().args:
            if part not in seen:
                seen.add(part)
                left.append(part)
    return {e for e in seen if e.is_Symbol}


def exists(expression: Expr, sign: int) -> bool | None:
    """Whether the expression has a real value from some point on, towards −∞ or +∞.

    Returns: None where neither that nor its contrary is proven.
    """
    try:
        # A germ says so.
        return asked(expression, _towards(expression, sign), lambda _: True) is not None or None
    except OutsideDomain:
        return False
    except OutOfEffort:
        return None


def _limit(expression: Expr, sign: int) -> Enclosure:
    """The limit at −∞ or at +∞, as an array of one."""
    return limit_of(expression, _towards(expression, sign))


def _towards(expression: Expr, sign: int) -> dict[Symbol, Germ]:
    """The germ of the expression's variable, which tends to −∞ or +∞."""
    return {v: variable(sign) for v in _variables(expression)}


def limit_of(expression: Expr, germs: Mapping[Symbol, Germ]) -> Enclosure:
    """The limit of an expression whose variables' germs are given, as an array of one."""
    widest = uncertain((1,), Why.NO_LIMIT)

    def settled(germ: Germ) -> Enclosure | None:
        limit = germ.limit()
        if limit is None:
            return None
        found = _enclosure(limit)
        widest.put(slice(None), found)
        return found if found.certified.all() else None

    try:
        found = asked(expression, germs, settled)
    except OutsideDomain:
        return uncertain((1,), Why.UNDEFINED)
    except OutOfEffort:
        return uncertain((1,), Why.OUT_OF_BUDGET)
    return widest if found is None else found


def bounds_of(expression: Expr, germs: Mapping[Symbol, Germ]) -> Enclosure:
    """An enclosure of every limit of such an expression, whether one exists or not."""
    try:
        band = asked(expression, germs, Germ.bounded_by)
    except (OutsideDomain, OutOfEffort):
        band = None
    return uncertain((1,), Why.NO_LIMIT) if band is None else _of_ball(band)


def asked(
    expression: Expr, germs: Mapping[Symbol, Germ], answer: Callable[[Germ], _T | None]
) -> _T | None:
    """Ask a question of the expression's germ, with more bits and terms if need be.

    Args: germs, of its variables.
    Raises: OutsideDomain, OutOfEffort, CannotCertify.
    """
    effort = EFFORT.set(Effort(_COMPARISONS))
    try:
        for bits, terms in _ATTEMPTS:
            order = ORDER.set(terms)
            try:
                with ctx.workprec(bits):
                    found = answer(_Walk(germs).germ(expression))
                if found is not None:
                    return found
            except (Unproven, Undefined):  # the latter of a bound, which need not be reached
                pass
            finally:
                ORDER.reset(order)
    finally:
        EFFORT.reset(effort)
    return None


def _enclosure(limit: Number | int) -> Enclosure:
    if isinstance(limit, int):
        infinite = np.array([np.copysign(np.inf, limit)])
        return Enclosure(infinite, np.zeros(1), np.zeros(1), np.ones(1, dtype=bool))
    return _of_ball(ball(limit))


def _of_ball(limit: arb) -> Enclosure:
    found = enclosure_of([limit], relative=_SETTLED)
    return Enclosure(found.high, found.low, found.bound, found.certified)


# A rule asks for a part by yielding it, is sent its germ (of a condition: a bool, or None if it is
# not decided), and returns its own. So no expression is too deep for Python's stack.
_Rule = Generator[Any, Any, Any]


class _Walk:
    """The germs of an expression's parts, each found once."""

    def __init__(self, germs: Mapping[Symbol, Germ]) -> None:
        self.found: dict[Any, Any] = dict(germs)

    def germ(self, expression: Expr) -> Germ:
        """The expression's germ. Raises: Unproven, OutsideDomain, OutOfEffort, CannotCertify."""
        asked = [(expression, self.rule(expression))]
        answer: Any = None
        while asked:
            e, rule = asked[-1]
            try:
                failed = isinstance(answer, Exception)
                part = rule.throw(answer) if failed else rule.send(answer)
            except StopIteration as done:
                answer = done.value
            except (Unproven, OutsideDomain) as error:
                answer = error
            else:
                EFFORT.get().spend()
                answer = self.found.get(part)
                if part not in self.found:
                    asked.append((part, self.rule(part)))
                continue
            asked.pop()
            self.found[e] = answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    def rule(self, e: Any) -> _Rule:
        """The rule for an expression or a condition."""
        if isinstance(e, Boolean) and not isinstance(e, Symbol):
            return self.condition(e)
        if e.is_Atom:
            return self.atom(e)
        if isinstance(e, Piecewise):
            return self.cases(e)
        return self.operation(e)

    def atom(self, e: Expr) -> _Rule:
        if e in self.found:
            return self.found[e]
        if e.is_Rational or e.is_Float:
            exact = sympy.Rational(e)
            return constant(fmpq(int(exact.p), int(exact.q)))
        if e is sympy.pi or e is sympy.E:
            return constant(pi() if e is sympy.pi else exponential(fmpq(1)))
        return constant(number(compile_ball(e, ())()))
        yield

    def operation(self, e: Expr) -> _Rule:
        germs: list[Germ] = []
        for argument in e.args:
            germs.append((yield argument))  # noqa: PERF401 - a list cannot yield
        first = germs[0]
        if e.is_Add or e.is_Mul:
            for other in germs[1:]:
                first = first + other if e.is_Add else first * other
            return first
        if e.is_Pow:
            return power(*germs)
        if isinstance(e, sympy.Abs):
            return absolute(first)
        if isinstance(e, sympy.sign):
            return _step(first, constant(fmpq(0)), below=fmpq(-1))
        if isinstance(e, sympy.Heaviside):
            return _step(first, germs[1], below=fmpq(0))
        if isinstance(e, sympy.Max | sympy.Min | maximum | minimum):
            larger = isinstance(e, sympy.Max | maximum)
            for other in germs[1:]:
                first = extreme(first, other, larger=larger)
            return first
        if type(e) in BALL and len(germs) == 1:
            return applied(type(e), first)
        raise CannotCertify(
            f"there is no limit at infinity known of {type(e).__name__!r} in '{e}'; known are "
            f"{', '.join(sorted({f.__name__ for f in BALL}))}"
        )

    def cases(self, e: Piecewise) -> _Rule:
        """The first case that holds; of those that may, one germ that holds of them all."""
        possible: list[Germ] = []
        for value, condition in e.args:
            decided = yield condition
            if decided is False:
                continue
            if decided and not possible:
                return (yield value)  # it may be OutsideDomain, and so is the whole
            try:
                possible.append((yield value))
            except OutsideDomain:
                raise Unproven from None
            if decided:
                break
        else:
            # Past all cases there is no value.
            raise Unproven if possible else OutsideDomain
        first = possible[0]
        for other in possible[1:]:
            first = hull(first, other)
        return first

    def condition(self, c: Boolean) -> _Rule:
        """True, False, or None if it is not decided, all for all large z."""
        if isinstance(c, BooleanAtom):
            return bool(c)
        if isinstance(c, Relational) and type(c) in RELATIONS:
            border = yield c.lhs - c.rhs
            try:
                return RELATIONS[type(c)](border.sign(), 0)
            except Unproven:
                return None
        if isinstance(c, Not):
            inner = yield c.args[0]
            return None if inner is None else not inner
        if isinstance(c, And | Or):
            deciding = isinstance(c, Or)  # one True decides an Or, one False an And
            parts = []
            for argument in c.args:
                try:
                    parts.append((yield argument))
                except OutsideDomain:  # another one may decide
                    raise Unproven from None
                if parts[-1] is deciding:
                    return deciding
            return None if None in parts else not deciding
        if isinstance(c, ITE):
            test, then, otherwise = c.args
            decided = yield test
            if decided is not None:
                return (yield then if decided else otherwise)
            first, second = (yield then), (yield otherwise)
            return first if first is second else None
        raise CannotCertify(
            f"the condition '{c}' is not understood; write it with comparisons, 'and', 'or', 'not'"
        )


def _step(g: Germ, at_zero: Germ, *, below: fmpq) -> Germ:
    """1 where g > 0, `below` where g < 0, `at_zero` where g = 0."""
    try:
        return (at_zero, constant(fmpq(1)), constant(below))[g.sign()]
    except Unproven:
        return hull(hull(constant(below), constant(fmpq(1))), at_zero)
