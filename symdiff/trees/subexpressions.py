"""Walk over an expression, visiting each distinct part once, to any depth.

SymPy's own walks recurse, and visit what is shared as often as it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from sympy import Basic, Symbol


def subexpressions(expression: Basic, known: Container[Basic] = ()) -> list[Basic]:
    """Each distinct part of the expression, itself included, arguments before what holds them.

    Args: known, parts to leave out, with all that is below them.
    """
    order: dict[Basic, None] = {}
    stack = [(expression, False)]
    while stack:
        part, done = stack.pop()
        if done:
            order[part] = None
        elif part not in order and part not in known:
            stack.append((part, True))
            stack.extend((a, False) for a in reversed(part.args) if a not in order)
    return list(order)


def symbols(*expressions: Basic) -> set[Symbol]:
    """The symbols in the expressions."""
    return {p for e in expressions for p in subexpressions(e) if isinstance(p, Symbol)}


def size(expression: Basic) -> int:
    """The size of an expression: the number of its distinct parts and of their arguments."""
    return sum(1 + len(part.args) for part in subexpressions(expression))


def depth(expression: Basic) -> int:
    """The depth of an expression's nesting; a symbol or a number has depth 0."""
    depths: dict[Basic, int] = {}
    for part in subexpressions(expression):
        depths[part] = 1 + max((depths[a] for a in part.args), default=-1)
    return depths[expression]


def rebuilt(expression: Basic, change: Callable[[Basic, tuple[Basic, ...]], Basic]) -> Basic:
    """The expression built anew from the bottom up.

    Args: change, takes a part and its arguments, already changed, and returns what takes its place.
    """
    changed: dict[Basic, Basic] = {}
    for part in subexpressions(expression):
        changed[part] = change(part, tuple(changed[a] for a in part.args))
    return changed[expression]
