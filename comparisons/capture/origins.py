"""Record where each value of a graph comes from: the user's line, the operator, the type."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from comparisons.capture.running.place import Place, here
from symdiff.graph import Input, Node


@dataclass(frozen=True, eq=False)
class Origins:
    """The line, operator and type of each value recorded so far.

    Args:
        places: the line of the user's code that made a value first.
        operations: the name of the operator that made it first.
        types: the coarsest type that it is held in.
    """

    places: dict[Node, Place] = field(default_factory=dict)
    operations: dict[Node, str] = field(default_factory=dict)
    types: dict[Node, torch.dtype] = field(default_factory=dict)

    def made(self, operator: str, tensor: Tensor, node: Node, *, exact: bool) -> None:
        """Note that an operator made a value.

        Args: exact, whether without rounding, of truths or integers: `(x > 0).float()`.
        """
        self.operations.setdefault(node, operator)
        self.remember(tensor, node, exact=exact)

    def remember(self, tensor: Tensor, node: Node, *, exact: bool = False) -> None:
        """Note that a tensor holds a value from the line that runs now.

        Args: exact, whether its type holds the value without rounding.
        """
        if node not in self.places and not isinstance(node, Input):
            place = here()
            if place is not None:
                self.places[node] = place
        if tensor.is_floating_point() and not exact:
            known = self.types.get(node)
            if known is None or torch.finfo(known).eps < torch.finfo(tensor.dtype).eps:
                self.types[node] = tensor.dtype
