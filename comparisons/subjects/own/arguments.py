"""Change the floating-point tensors among the arguments of a user's code."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from comparisons.dtypes import FloatType

if TYPE_CHECKING:
    from torch import Tensor

MOST_AXES = 64  # that a tensor has in torch
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


def tied_to_shape(function: Callable[..., Any], given: Any, axes: int = MOST_AXES) -> str:
    """Why a function that is to give a tensor for each of its own gives none for longer ones.

    In words; empty if it does. A mask that it closes over says nothing of other numbers either.

    Args: given, its arguments by position and by name; axes, how many of the first are asked.
    """
    import torch

    own = [x for x in given[0] if isinstance(x, torch.Tensor) and x.is_floating_point()]
    for axis in range(min(axes, max((x.dim() for x in own), default=0))):
        longer = moved(given, partial(_one_longer, axis=axis))
        wanted = [tuple(_one_longer(x, axis).shape) for x in own]
        try:
            found = function(*longer[0], **longer[1])
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            return str(error).partition("\n")[0] or type(error).__name__
        found = found if isinstance(found, tuple | list) else (found,)
        if [tuple(y.shape) for y in found] != wanted:
            return "it gives tensors of one shape"
    return ""


def _one_longer(tensor: Tensor, axis: int) -> Tensor:
    """The tensor with its last entry along an axis once more, if it has one there."""
    import torch

    if axis >= tensor.dim() or not tensor.shape[axis]:
        return tensor
    last = tensor.narrow(axis, tensor.shape[axis] - 1, 1)
    return torch.cat([tensor, last], axis)
