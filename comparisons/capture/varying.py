"""Tell which values depend on an input as torch's gradients see it: up to what cuts a gradient."""

from __future__ import annotations

from symdiff.graph import Input, Node, Stop
from symdiff.trees.walks import ordered


class Varying:
    """The nodes that depend on an input, with no stop on the way."""

    def __init__(self) -> None:
        self._known: dict[Node, bool] = {}

    def __contains__(self, node: Node) -> bool:
        """Whether the node depends on an input; each node is looked at once."""
        if node not in self._known:
            for one in ordered([node], self._unknown_operands):
                self._known[one] = isinstance(one, Input) or (
                    not isinstance(one, Stop) and any(self._known[o] for o in one.operands)
                )
        return self._known[node]

    def _unknown_operands(self, node: Node) -> list[Node]:
        return [operand for operand in node.operands if operand not in self._known]
