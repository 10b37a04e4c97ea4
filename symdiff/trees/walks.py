"""Walk trees and graphs without recursion, so to any depth, visiting each distinct part once.

SymPy's own walks recurse, and visit what is shared as often as it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Iterator, MutableMapping
from typing import Generic, TypeVar

from sympy import Basic, Symbol

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


def ordered(outputs: Iterable[Key], before: Callable[[Key], Iterable[Key]]) -> tuple[Key, ...]:
    """The outputs and all that they need, each after what comes `before` it."""
    order: dict[Key, None] = {}
    stack: list[tuple[Key, Iterator[Key]]] = [(o, iter(before(o))) for o in outputs][::-1]
    while stack:
        item, pending = stack[-1]
        if item not in order:
            for one in pending:
                if one not in order:
                    stack.append((one, iter(before(one))))
                    break
            else:
                order[item] = None
                stack.pop()
        else:
            stack.pop()
    return tuple(order)


def subexpressions(expression: Basic, known: Container[Basic] = ()) -> tuple[Basic, ...]:
    """Each distinct part of the expression, itself included, arguments before what holds them.

    Args: known, parts to leave out, with all that is below them.
    """

    def unknown(part: Basic) -> Iterable[Basic]:
        return [a for a in part.args if a not in known] if known else part.args

    return ordered(() if expression in known else (expression,), unknown)


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


class _Needed(Exception, Generic[Key]):
    def __init__(self, key: Key) -> None:
        super().__init__()
        self.key = key


def on_demand(
    root: Key,
    evaluate: Callable[[Key, Callable[[Key], Value]], Value],
    found: MutableMapping[Key, Value],
) -> Value:
    """Compute the value of `root`; `found` receives all values that it took.

    Args:
        root: whose value is asked for.
        evaluate: the value of a key; it asks its second argument for the values of others, and is
            started again whenever one of them has to be found first.
        found: what is known already; it is added to.
    """

    def value(key: Key) -> Value:
        if key not in found:
            raise _Needed(key)
        return found[key]

    stack = [root]
    while stack:
        if stack[-1] not in found:
            try:
                found[stack[-1]] = evaluate(stack[-1], value)
            except _Needed as needed:
                stack.append(needed.key)
                continue
        stack.pop()
    return found[root]
