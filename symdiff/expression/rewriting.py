"""Rebuild expressions without forgetting where they are defined, and put values into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy
from sympy import Basic, Expr, Number, Piecewise, Pow, Symbol
from sympy.core.relational import Relational
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.logic.boolalg import BooleanFunction

from symdiff.expression.domain import NOTHING, Domain, Requirements, guarded, required
from symdiff.trees.comparison import comparison
from symdiff.trees.refusals import LARGEST, Limits, refusal_of_power, refusing
from symdiff.trees.walks import rebuilt


def rewritten(
    expression: Expr,
    rule: Callable[[Expr], Expr],
    before: Callable[[Basic, tuple[Basic, ...]], None] | None = None,
) -> Expr:
    """The expression with `rule` applied to every part, from the bottom up.

    What SymPy or the rule cancels keeps its domain: see `symdiff.expression.domain`.

    Args: before, called with each part that is to be built and its new arguments.
    """
    domain = Domain()
    forgotten: dict[Basic, Requirements] = {}  # by a condition: what its sides were restricted by

    def change(part: Basic, arguments: tuple[Basic, ...]) -> Basic:
        pending = NOTHING.union(*(forgotten.get(a, NOTHING) for a in part.args))
        if arguments != part.args and before is not None:
            before(part, arguments)
        if isinstance(part, Piecewise):
            needed = domain.of_cases(arguments) | pending
        elif isinstance(part, BooleanFunction):
            needed = pending
        else:
            needed = required(part.func, arguments).union(pending, *map(domain.of, arguments))
        made = _made(part, arguments)
        if isinstance(part, Piecewise) and _is_whole(made, arguments):
            needed = pending
        if isinstance(made, Expr) and not isinstance(made, ExprCondPair):
            made = rule(made)
            return guarded(made, domain.lost(made, needed)) if needed else made
        if needed and not isinstance(made, ExprCondPair):
            forgotten[part] = domain.lost(made, needed)
        elif pending:
            forgotten[part] = pending
        return made

    return rebuilt(expression, change)


def _is_whole(made: Basic, cases: tuple[Basic, ...]) -> bool:
    """Whether SymPy left every case there, so that nothing was lost."""
    return isinstance(made, Piecewise) and [v for v, _ in made.args] == [v for v, _ in cases]


def _made(part: Basic, arguments: tuple[Basic, ...]) -> Basic:
    if arguments == part.args:
        return part
    if isinstance(part, Relational):
        return comparison(part.func, *arguments)
    return part.func(*arguments)


def with_values(expression: Expr, values: Mapping[Symbol, Number]) -> Expr:
    """The expression with numbers in place of symbols.

    Raises: ValueError, one sentence, if that makes a constant that is no finite real number, too
        large or too long to work out.
    """
    if not values:
        return expression
    if any(v.is_infinite for v in values.values()):  # these only choose cases
        return expression.xreplace(values)

    what = ", ".join(f"{s.name} = {_shown(v)}" for s, v in values.items())

    def refuse(problem: str | None) -> None:
        if problem is not None:
            raise ValueError(f"with {what} the formula {problem}; give other numbers")

    def look(part: Basic, arguments: tuple[Basic, ...]) -> None:
        if isinstance(part, Pow):
            refuse(refusal_of_power(*arguments))

    def rule(part: Expr) -> Expr:
        return values.get(part, part)

    with refusing(f"with {what} the formula", expression):
        result = rewritten(_with_cases_left(expression, values), rule, look)
        refuse(Limits(LARGEST).refusal(result))
        return result


def _with_cases_left(expression: Expr, values: Mapping[Symbol, Number]) -> Expr:
    """Without the cases that no longer arise: 1/a of `a > 0` is nothing to look at for a = 0."""

    def change(part: Basic, arguments: tuple[Basic, ...]) -> Basic:
        if not isinstance(part, Piecewise):
            return part if arguments == part.args else part.func(*arguments)
        left = []
        for value, condition in arguments:
            there = condition.xreplace(values)
            if there != False:  # noqa: E712 - SymPy's false
                left.append((value, sympy.true if there == True else condition))  # noqa: E712
        return Piecewise(*left) if left else part

    return rebuilt(expression, change)


def _shown(value: Number) -> str:
    text = str(value)
    return text if len(text) <= 24 else f"{text[:20]}…"
