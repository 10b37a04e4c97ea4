"""Order things so that each comes after what it needs; iterative, so any depth."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)


def ordered(outputs: Iterable[Item], before: Callable[[Item], Iterable[Item]]) -> tuple[Item, ...]:
    """The outputs and all that they need, each after what comes `before` it."""
    order: dict[Item, None] = {}
    stack: list[tuple[Item, Iterator[Item]]] = [(o, iter(before(o))) for o in outputs][::-1]
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
