"""How deep the cases of a node depend on each other, and the limit to writing them out."""

from __future__ import annotations

from collections.abc import Container

from symdiff.graph import Elementwise, Node, ordered, placeholder
from symdiff.trees.extent import TooLarge, case_levels

MAX_CASES = 2  # SymPy solves inequalities to fold a third: 0.1 s, then 2 s, then 40 s and more


def check_cases(node: Node, leaves: Container[Node] = ()) -> None:
    """Refuses a node whose cases depend on values with cases, which depend on more of them.

    Args: leaves, the nodes that are not written out.
    Raises: TooLarge if that goes deeper than `MAX_CASES`.
    """

    def before(one: Node) -> tuple[Node, ...]:
        return () if one in leaves else (*one.operands, *one.needs)

    depth: dict[Node, int] = {}
    for one in ordered([node], before):
        depth[one] = max((depth[o] for o in before(one)), default=0)
        if isinstance(one, Elementwise) and one not in leaves:
            own = case_levels(one.expr)
            inside = {placeholder(i): depth[o] for i, o in enumerate(one.operands)}
            depth[one] = max((level + inside.get(s, 0) for s, level in own.items()), default=0)
        if depth[one] > MAX_CASES:
            raise TooLarge(f"nested more than {MAX_CASES} deep in its cases")
