"""Decide whether a condition holds, given the signs of its borders."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from sympy import Expr
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational
from sympy.logic.boolalg import ITE, And, BooleanAtom, Not, Or

RELATIONS: Mapping[type, Callable[[Any, Any], bool]] = {
    Gt: operator.gt,
    Ge: operator.ge,
    Lt: operator.lt,
    Le: operator.le,
    Eq: operator.eq,
    Ne: operator.ne,
}


class NotReadable(ArithmeticError):
    """Raised for a condition of an unknown kind."""


def holds(condition: Any, sign: Callable[[Expr], int]) -> bool:
    """Whether a condition holds; only borders that decide it are asked for their sign.

    Args: sign, of a border, the left side of a comparison minus the right one; what it raises is
        passed on.
    Raises: NotReadable.
    """
    if isinstance(condition, BooleanAtom):
        return bool(condition)
    if isinstance(condition, Relational) and type(condition) in RELATIONS:
        return RELATIONS[type(condition)](sign(condition.lhs - condition.rhs), 0)
    if isinstance(condition, And):
        return all(holds(a, sign) for a in condition.args)
    if isinstance(condition, Or):
        return any(holds(a, sign) for a in condition.args)
    if isinstance(condition, Not):
        return not holds(condition.args[0], sign)
    if isinstance(condition, ITE):
        test, then, otherwise = condition.args
        return holds(then if holds(test, sign) else otherwise, sign)
    raise NotReadable(str(condition))
