"""Write scalar expressions in placeholders, to be applied entry by entry to any operands.

A deep graph applies a few expressions thousands of times. What is told of an expression alone is
told here once, and kept.
"""

from __future__ import annotations

from functools import lru_cache

import sympy
from sympy import Basic, Expr, Symbol

from symdiff.expression.domain import Domain, Requirements, guarded

_KEPT = 2**14  # expressions about which something is remembered


@lru_cache(maxsize=_KEPT)
def placeholder(position: int) -> Symbol:
    """The symbol that stands for an operand; its name is no identifier, so no user's can clash."""
    return Symbol(f"%{position}", real=True)


PLAIN = placeholder(0)  # the operand itself
SUM = placeholder(0) + placeholder(1)


@lru_cache(maxsize=_KEPT)
def in_placeholders(expression: Expr, symbols: tuple[Symbol, ...]) -> Expr:
    """The expression with placeholder i for symbol i."""
    return expression.xreplace({s: placeholder(i) for i, s in enumerate(symbols)})


@lru_cache(maxsize=_KEPT)
def positions(template: Basic) -> tuple[int, ...]:
    """The numbers of the placeholders in an expression, in ascending order."""
    return tuple(sorted(int(s.name[1:]) for s in template.free_symbols if s.name[0] == "%"))


@lru_cache(maxsize=_KEPT)
def names(template: Expr) -> tuple[Symbol, ...]:
    """The parameters and axis lengths in an expression, in the order of their names."""
    return tuple(sorted((s for s in template.free_symbols if s.name[0] != "%"), key=str))


@lru_cache(maxsize=_KEPT)
def without_names(template: Expr, count: int) -> Expr:
    """The expression with more placeholders, from `count` on, for its `names`."""
    named = names(template)
    if not named:
        return template
    return template.xreplace({s: placeholder(count + i) for i, s in enumerate(named)})


@lru_cache(maxsize=_KEPT)
def renumbered(template: Expr, order: tuple[int, ...]) -> Expr:
    """The expression with placeholder i replaced by that of i's place in `order`."""
    if order == tuple(range(len(order))):
        return template  # SymPy would build every case anew
    return template.xreplace({placeholder(i): placeholder(k) for k, i in enumerate(order)})


@lru_cache(maxsize=_KEPT)
def identified(template: Expr, which: tuple[int, ...]) -> Expr:
    """The expression where operands i and `which[i]` are equal; NaN where it is no number.

    x/(x − stop(x)) is none, and a condition on it SymPy refuses.
    """
    if which == tuple(range(len(which))):
        return template
    try:
        return merged(
            template, tuple((placeholder(i), placeholder(w)) for i, w in enumerate(which))
        )
    except TypeError:
        return sympy.nan


@lru_cache(maxsize=_KEPT)
def merged(template: Expr, put: tuple[tuple[Symbol, Expr], ...]) -> Expr:
    """The expression where operands are one, or constants: 0/x is 0 where x is not 0, else none.

    Args: put, placeholders or constants in the place of each.
    Raises: ValueError if what restricts it cannot be written; TypeError, SymPy's.
    """
    new = dict(put)
    result = template.xreplace(new)
    before = Domain(new).of(template) if _restricting(template) else ()
    if not before or result.has(sympy.zoo, sympy.nan):  # 1/(x − x) is no number already
        return result
    return guarded(result, Domain().lost(result, before))


@lru_cache(maxsize=_KEPT)
def _restricting(template: Expr) -> Requirements:
    return Domain().of(template)  # where there are none, nor are there of a case


@lru_cache(maxsize=_KEPT)
def is_infinite(template: Expr) -> bool:
    """Whether SymPy folded some part into an infinity or NaN."""
    return bool(template.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo))
