"""Find where an expression has a real value, and restore what SymPy forgets of that.

SymPy writes z for e^(log z) and for √z², 1 for z/z, 0 for 0·log z, and each has a value where the
formula has none. After every step what restricts the operands is compared with what restricts the
result; what was lost becomes the condition of a case without a default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import sympy
from sympy import And, Basic, Expr, Not, Or, Piecewise, Pow, S, Tuple
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational
from sympy.logic.boolalg import Boolean, BooleanFunction

from symdiff.functions import Extreme, Rounding, SpecialFunction, StableFunction, log1p
from symdiff.trees.comparison import comparison
from symdiff.trees.walks import size, subexpressions

# What has a value at every real number; of the stable and special functions not all have.
_EVERYWHERE = (
    *(sympy.Add, sympy.Mul, sympy.Abs, sympy.sign, sympy.exp, sympy.sin, sympy.cos, sympy.atan),
    *(sympy.asinh, sympy.sinh, sympy.cosh, sympy.erf, sympy.erfc, StableFunction, Extreme),
)
_MAX_SIZE = 400  # of a condition that is put back: SymPy's time grows with its square
Requirements = frozenset["Requirement"]
NOTHING: Requirements = frozenset()


class Requirement(NamedTuple):
    """A condition for a value to exist: `of` is > 0, ≥ 0 or ≠ 0, is true, or is defined."""

    kind: str  # positive, nonnegative, nonzero, true, defined
    of: Basic
    where: Boolean = sympy.true


@lru_cache(maxsize=4096)
def is_total(e: Expr) -> bool:
    """Whether the expression is seen to have a value at every real number."""
    if isinstance(e, sympy.Pow):
        return bool(e.exp.is_Integer and e.exp > 0 and is_total(e.base))
    if isinstance(e, Piecewise):
        relations = [c.atoms(Relational) for _, c in e.args]
        sides = [side for found in relations for r in found for side in r.args]
        values = [value for value, _ in e.args]
        return e.args[-1][1] == True and all(map(is_total, [*values, *sides]))  # noqa: E712 - SymPy's true
    if e.is_Atom:
        return e not in (sympy.nan, sympy.zoo)
    restricted = isinstance(e, log1p) or (
        isinstance(e, SpecialFunction) and not isinstance(e, Rounding)
    )
    return isinstance(e, _EVERYWHERE) and not restricted and all(map(is_total, e.args))


class Domain:
    """Collects the requirements of expressions, each part looked at once."""

    def __init__(self, put: Mapping[Basic, Basic] | None = None) -> None:
        """Args: put, what stands in the place of symbols: of xʸ at y = 2 there is none on x."""
        self._put = put or {}
        self._known: dict[Basic, Requirements] = {}

    def of(self, expression: Basic) -> Requirements:
        """The requirements that must all hold for the expression to have a real value."""
        for part in subexpressions(expression, self._known):
            if isinstance(part, Piecewise):
                self._known[part] = self.of_cases(part.args)
            elif isinstance(part, BooleanFunction):
                # `log(z) > 0 and z > 9` is false at −1, whatever log(z) is: it says nothing of it
                self._known[part] = NOTHING
            else:
                inside = (self._known[a] for a in part.args)
                own = required(part.func, tuple(map(self._at, part.args)))
                self._known[part] = own.union(*inside)
        return self._known[expression]

    def _at(self, part: Any) -> Any:
        return part.xreplace(self._put) if self._put else part

    def of_cases(self, cases: Iterable[tuple[Expr, Boolean]]) -> Requirements:
        """The requirements of values with conditions, of which the first that holds is taken."""
        found: set[Requirement] = set()
        conditions: list[Boolean] = []
        for value, condition in cases:
            inside, deciding = self.of(value), self.of(condition)
            condition = self._at(condition)  # noqa: PLW2901 - the same with what is put in
            if inside or deciding:
                untaken = And(*(Not(c) for c in conditions))
                found |= only(untaken, deciding) | only(And(untaken, condition), inside)
            conditions.append(condition)
        if conditions[-1] != True:  # noqa: E712 - SymPy's true
            found |= _true(Or(*conditions))
        return frozenset(found)

    def lost(self, result: Basic, before: Iterable[Requirement]) -> Requirements:
        """The requirements that the result does not state."""
        kept = self.of(result)
        return frozenset(
            missing
            for r in before
            if r not in kept
            for missing in _missing(r, {k for k in kept if k.where in (sympy.true, r.where)})
        )


def guarded(result: Expr, lost: Requirements) -> Expr:
    """The result where the lost requirements hold, and undefined elsewhere.

    Raises: ValueError if they hold nowhere, or cannot be written as conditions.
    """
    if not lost:
        return result
    condition = And(*map(_condition, lost))
    if size(condition) > _MAX_SIZE:
        raise ValueError(
            "the formula cancels what restricts it in too many cases; write it with fewer cases"
        )
    if condition == False:  # noqa: E712 - SymPy's false
        raise ValueError(
            "the formula has a part that has no real value anywhere; write one that has"
        )
    return Piecewise((result, condition))


def required(function: type[Basic], arguments: tuple[Basic, ...]) -> Requirements:
    """The requirements of the function itself on its arguments."""
    if function in (sympy.log, log1p):
        return positive(arguments[0] if function is sympy.log else 1 + arguments[0])
    if function in (sympy.asin, sympy.acos):
        return nonnegative(1 - arguments[0]) | nonnegative(1 + arguments[0])
    if function is sympy.atanh:
        return positive(1 - arguments[0]) | positive(1 + arguments[0])
    if function is sympy.tan:
        return nonzero(sympy.cos(arguments[0]))
    if function is Pow:
        return _of_power(*arguments)
    return NOTHING


def _of_power(base: Expr, exponent: Expr) -> Requirements:
    if isinstance(base, Piecewise):  # SymPy takes the power case by case
        untaken: Boolean = sympy.true
        found = NOTHING
        for value, condition in base.args:
            found |= only(And(untaken, condition), _of_power(value, exponent))
            untaken = And(untaken, Not(condition))
        return found
    if exponent.is_Integer:
        return nonzero(base) if exponent.is_negative else NOTHING
    if base.is_number and exponent.is_number:
        return NOTHING
    if exponent.is_number:
        return positive(base) if exponent.is_negative else nonnegative(base)
    if base.is_extended_positive:
        return NOTHING
    if base.is_extended_nonnegative:
        away = And(*(_condition(r) for r in nonzero(base)))
        return _true(Or(away, Ge(exponent, 0)))
    return frozenset({Requirement("defined", Tuple(base, exponent))})


def positive(u: Expr) -> Requirements:
    """The condition u > 0, written so that equal conditions compare equal."""
    if u.is_number or u.is_extended_positive:
        return NOTHING
    factors = [f for f in sympy.Mul.make_args(_primitive(u)) if not f.is_extended_positive]
    if len(factors) == 1:
        (u,) = factors
        if isinstance(u, sympy.Abs):
            return nonzero(u.args[0])
        if u.is_Pow and u.exp.is_Integer:
            return positive(u.base) if u.exp.is_odd else nonzero(u.base)
        if u.is_Pow and u.exp.is_number:
            return positive(u.base)
    else:
        u = sympy.Mul(*factors)
    return frozenset({Requirement("positive", u)})


def nonnegative(u: Expr) -> Requirements:
    """The condition u ≥ 0, written so that equal conditions compare equal."""
    if u.is_number or u.is_extended_nonnegative:
        return NOTHING
    u = sympy.Mul(*(f for f in sympy.Mul.make_args(_primitive(u)) if not f.is_extended_positive))
    if u.is_Pow and u.exp.is_Integer and u.exp.is_odd:
        return nonnegative(u.base) if u.exp.is_extended_positive else positive(u.base)
    return frozenset({Requirement("nonnegative", u)})


def nonzero(u: Expr) -> Requirements:
    """The condition u ≠ 0, written so that equal conditions compare equal."""
    if u.is_number or u.is_zero is False:
        return NOTHING
    if u.is_Mul:
        return NOTHING.union(*map(nonzero, u.args))
    if u.is_Pow:
        return nonzero(u.base)
    if isinstance(u, sympy.Abs):
        return nonzero(u.args[0])
    u = _primitive(u)
    return frozenset({Requirement("nonzero", -u if u.could_extract_minus_sign() else u)})


def _primitive(u: Expr) -> Expr:
    """u without a positive rational factor."""
    if u.is_Add:
        return u.primitive()[1]
    coefficient, rest = u.as_coeff_Mul()
    return u / abs(coefficient) if rest.is_Add or coefficient not in (1, -1) else u


def _true(condition: Boolean) -> Requirements:
    """The requirements that a condition holds."""
    if condition == True:  # noqa: E712 - SymPy's true
        return NOTHING
    if isinstance(condition, And):
        return NOTHING.union(*map(_true, condition.args))
    if isinstance(condition, Relational) and not isinstance(condition, Eq):
        difference = condition.lhs - condition.rhs
        match condition:
            case Gt():
                return positive(difference)
            case Ge():
                return nonnegative(difference)
            case Lt():
                return positive(-difference)
            case Le():
                return nonnegative(-difference)
            case Ne():
                return nonzero(difference)
    return frozenset({Requirement("true", condition)})


def only(where: Boolean, requirements: Requirements) -> Requirements:
    """The requirements within a case, without those that its condition implies."""
    if where == True or not requirements:  # noqa: E712 - SymPy's true
        return requirements
    if where == False:  # noqa: E712 - SymPy's false
        return NOTHING
    given = {r._replace(where=sympy.true) for r in _true(where)}
    return frozenset(
        missing._replace(where=And(r.where, where))
        for r in requirements
        for missing in _missing(r._replace(where=sympy.true), given)
    )


def _missing(r: Requirement, kept: set[Requirement]) -> Requirements:
    """What is left of a requirement where others hold."""

    def has(kind: str, u: Basic) -> bool:
        return any(Requirement(kind, u, where) in kept for where in (sympy.true, r.where))

    if has(r.kind, r.of):
        return NOTHING
    if r.kind == "nonnegative" and has("positive", r.of):
        return NOTHING
    if r.kind == "nonzero" and (has("positive", r.of) or has("positive", -r.of)):
        return NOTHING
    if r.kind == "defined":
        return _missing_power(r, kept)
    return frozenset({r})


def _missing_power(r: Requirement, kept: set[Requirement]) -> Requirements:
    """Of b^e, where b^(e + k) is defined for a whole number k: that b ≠ 0 or e ≥ 0."""
    base, exponent = r.of
    if {p._replace(where=r.where) for p in positive(base)} <= kept:
        return NOTHING
    others = (other.of for other in kept if other.kind == "defined")
    if any(b == base and (exponent - e).is_Integer for b, e in others):
        away = And(*(_condition(n) for n in nonzero(base)))
        return only(r.where, _true(Or(away, Ge(exponent, 0))))
    return frozenset({r})


def _condition(r: Requirement) -> Boolean:
    relation = {"positive": Gt, "nonnegative": Ge, "nonzero": Ne}.get(r.kind)
    if r.kind == "defined":
        raise ValueError(
            f"the formula cancels '{Pow(*r.of)}', and where that has a value depends on its "
            "exponent; write the power once"
        )
    condition = r.of if relation is None else comparison(relation, r.of, S.Zero)
    return condition if r.where == True else Or(Not(r.where), condition)  # noqa: E712 - SymPy's true
