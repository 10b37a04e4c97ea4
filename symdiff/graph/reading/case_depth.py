"""How deep cases depend on values with cases: SymPy solves inequalities to fold them."""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache

from sympy import Basic, Piecewise, Symbol

from symdiff.graph.kinds.elementwise import Elementwise
from symdiff.graph.node import Node
from symdiff.graph.template import placeholder
from symdiff.trees.extent import TooLarge
from symdiff.trees.walks import ordered

MAX_CASES = 2  # a third takes SymPy 0.1 s, then 2 s, then 40 s and more


def check_cases(node: Node, leaves: Container[Node] = ()) -> None:
    """Refuse a node whose cases depend on values with cases, which depend on more of them.

    Args: leaves, the nodes that are not written out.
    Raises: TooLarge if that goes deeper than `MAX_CASES`.
    """

    def before(one: Node) -> tuple[Node, ...]:
        return () if one in leaves else (*one.operands, *one.needs)

    depth: dict[Node, int] = {}
    for one in ordered([node], before):
        depth[one] = max((depth[o] for o in before(one)), default=0)
        if isinstance(one, Elementwise) and one not in leaves:
            own = _case_levels(one.expr)
            inside = {placeholder(i): depth[o] for i, o in enumerate(one.operands)}
            depth[one] = max((level + inside.get(s, 0) for s, level in own.items()), default=0)
        if depth[one] > MAX_CASES:
            raise TooLarge(f"nested more than {MAX_CASES} deep in its cases")


@lru_cache(maxsize=4096)
def _case_levels(expression: Basic) -> dict[Symbol, int]:
    """For each symbol how many conditions, each within another's value, it is inside of."""
    if isinstance(expression, Symbol):
        return {expression: 0}
    levels: dict[Symbol, int] = {}

    def add(part: Basic, more: int) -> None:
        for symbol, level in _case_levels(part).items():
            levels[symbol] = max(levels.get(symbol, 0), level + more)

    for argument in expression.args:
        if isinstance(expression, Piecewise):
            value, condition = argument.args
            add(value, 0)
            add(condition, 1)
        else:
            add(argument, 0)
    return levels
