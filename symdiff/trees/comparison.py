"""Write conditions between two values so that no value with cases stands inside one.

SymPy turns a Piecewise inside a condition into nested ITEs, and those into sums of products: 2ⁿ
of them. Here each case is taken with its own comparison, and too many are refused.
"""

from __future__ import annotations

import sympy
from sympy import And, Expr, Not, Or, Piecewise
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symdiff.trees.walks import rebuilt, subexpressions

MAX_CASES = 16  # of the values compared: four independent ones with two cases each


def comparison(relation: type[Relational], a: Expr, b: Expr) -> Boolean:
    """The relation a < b, or another, without a Piecewise in it.

    Raises: ValueError if the two sides have more than 16 cases between them.
    """
    return _apart(relation, a, b, 1)


def _apart(relation: type[Relational], a: Expr, b: Expr, cases: int) -> Boolean:
    # from the outside in: what stands in a case matters only where that is taken
    parts = (p for side in (a, b) for p in reversed(subexpressions(side)))
    first = next((p for p in parts if isinstance(p, Piecewise)), None)
    if first is None:
        return _settled(relation(a, b))
    cases *= len(first.args)
    if cases > MAX_CASES:
        raise ValueError(
            f"a comparison has values with more than {MAX_CASES} cases on its sides; write the "
            "conditions out, or use max, min and abs"
        )
    taken: list[Boolean] = []
    before: Boolean = sympy.true
    for value, condition in first.args:
        left, right = (_with(side, first, value) for side in (a, b))
        taken.append(And(before, condition, _apart(relation, left, right, cases)))
        before = And(before, Not(condition))
    return Or(*taken)


def _settled(condition: Boolean) -> Boolean:
    """The condition, or the same of a difference if SymPy would turn it to and fro for ever.

    It takes −8z + cosh 1 > erf|z| for 8z − cosh 1 < −erf|z| and that for the former, each time
    that a Piecewise is built with it.
    """
    if not isinstance(condition, Relational):
        return condition
    canonical = condition.canonical
    if not isinstance(canonical, Relational) or canonical.canonical == canonical:
        return condition
    return condition.func(condition.lhs - condition.rhs, 0)


def _with(expression: Expr, old: Expr, new: Expr) -> Expr:
    def change(part: Expr, arguments: tuple[Expr, ...]) -> Expr:
        if part == old:
            return new
        return part if arguments == part.args else part.func(*arguments)

    return rebuilt(expression, change)
