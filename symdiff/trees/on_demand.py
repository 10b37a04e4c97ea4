"""Compute values that need other values on demand, each once, without recursion."""

from __future__ import annotations

from collections.abc import Callable, Hashable, MutableMapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


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
