"""Captured code that works entry by entry on one tensor: it can be judged at any other points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import symdiff
from comparisons.dtypes import Float64Array, FloatType
from comparisons.subjects.own.read_off import formula_of, no_formula_of
from symdiff import Definition
from symdiff.trees.extent import TooLarge

if TYPE_CHECKING:
    from torch import Tensor

    from comparisons.capture import Captured


@dataclass(frozen=True)
class Entrywise:
    """What code computes of each entry of its tensor.

    Args: definition, of an entry; function, the code that is judged, of a row of entries; defined,
        the code that is the definition, the same without a reference; at, the code as a `Subject`
        at a row of other entries; by_hand, whether a derivative was written by hand.
    """

    definition: Definition
    function: Callable[[Tensor], Tensor]
    defined: Callable[[Tensor], Tensor]
    at: Callable[[Float64Array], Any]
    by_hand: bool


def entrywise(
    captured: Captured,
    calls: tuple[Callable[..., Any], Callable[..., Any]],
    given: tuple[tuple[Any, ...], dict[str, Any]],
    dtype: FloatType,
    again: Callable[[tuple[Any, ...], dict[str, Any]], Any],
) -> Entrywise | None:
    """The code entry by entry; None if it is more, or goes by anything else than the entry.

    Args: captured, at what is given; calls, the code that is judged and that which is the
        definition; given, the arguments by position and by name; again, from other arguments to
        the subject.
    """
    import torch
    from torch.utils._pytree import tree_flatten, tree_unflatten

    if captured.draws or no_formula_of(captured, dtype.name):
        return None
    leaves, structure = tree_flatten(given)
    real = [
        i for i, a in enumerate(leaves) if isinstance(a, torch.Tensor) and a.is_floating_point()
    ]
    asked = [i for i in real if leaves[i].requires_grad] or real
    if len(asked) != 1:  # a parameter of a module
        return None
    (node,) = captured.graph.output_nodes
    try:
        definition = symdiff.activation(formula_of(node))
    except (TooLarge, RecursionError, TypeError, ValueError):
        return None
    axes = max(1, leaves[asked[0]].dim())

    def arguments(row: Tensor) -> tuple[tuple[Any, ...], dict[str, Any]]:
        filled = list(leaves)
        filled[asked[0]] = row.reshape((1,) * (axes - 1) + (-1,))
        found: tuple[tuple[Any, ...], dict[str, Any]] = tree_unflatten(filled, structure)
        return found

    def called(function: Callable[..., Any]) -> Callable[[Tensor], Tensor]:
        def of_row(z: Tensor) -> Tensor:
            positional, named = arguments(z)
            found: Tensor = function(*positional, **named)
            return found.reshape(z.shape)

        return of_row

    def at(points: Float64Array) -> Any:
        return again(*arguments(torch.from_numpy(points.copy())))

    function, defined = calls
    by_hand = captured.written or function is not defined
    return Entrywise(definition, called(function), called(defined), at, by_hand)
