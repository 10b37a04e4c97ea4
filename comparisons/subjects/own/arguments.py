"""Change the floating-point tensors among the arguments of a user's code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from comparisons.dtypes import FloatType

if TYPE_CHECKING:
    from torch import Tensor

_HAIR = 2.0**9  # units of the largest entry: far more than roundings


def moved(given: Any, move: Callable[[Tensor], Tensor]) -> Any:
    """The arguments with each strided floating-point tensor passed through a function."""
    import torch
    from torch.utils._pytree import tree_map_only

    from comparisons.capture.arrays.storage import unreadable

    def one(tensor: Tensor) -> Tensor:
        if not tensor.is_floating_point() or unreadable(tensor):
            return tensor
        return move(tensor.detach()).requires_grad_(tensor.requires_grad)

    return tree_map_only(torch.Tensor, one, given)


def shapes_of_constants(given: Any) -> list[tuple[int, ...]]:
    """The shapes of the tensors among the arguments without a gradient: indices, masks."""
    import torch
    from torch.utils._pytree import tree_leaves

    tensors = [leaf for leaf in tree_leaves(given) if isinstance(leaf, torch.Tensor)]
    return [tuple(t.shape) for t in tensors if not t.is_floating_point()]


def rounded_to(given: Any, dtype: FloatType) -> Any:
    """The arguments rounded to the type, held in float64."""
    from comparisons.capture.running.rounded import rounded

    return moved(given, lambda tensor: rounded(tensor, dtype).double())


def a_hair_away(given: Any, k: int, draw: np.random.Generator, dtype: FloatType) -> Any:
    """The arguments moved by so little that it only decides ties.

    Args: k, the move's number: the first is in the order of the entries, the second against it;
        dtype, the type that the code runs in.
    """
    import torch

    def move(tensor: Tensor) -> Tensor:
        values = tensor.to("cpu", torch.float64)
        finite = values[values.isfinite()]
        if not finite.numel():
            return tensor
        order = np.linspace(-1, 1, values.numel()) * (1, -1)[k] if k < 2 else None
        by = draw.normal(size=values.numel()) if order is None else order
        step = _HAIR * dtype.unit_roundoff * float(finite.abs().max())
        return values + torch.from_numpy(np.asarray(by * step)).reshape(values.shape)

    return moved(given, move)
