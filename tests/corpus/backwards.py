"""autograd.Functions of several arrays: a forward, and a backward of one's choosing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

Function = Callable[..., Tensor]
Gradients = Sequence[Tensor | None]
# (inputs, cotangent) → a gradient for every input, None for those that are not floating
Backward = Callable[[tuple[Tensor, ...], Tensor], Gradients]


def written(value: Function, backward: Backward) -> Function:
    """`value` forward, `backward` backward."""

    class Written(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *inputs: Tensor) -> Tensor:
            ctx.save_for_backward(*inputs)
            return value(*inputs)

        @staticmethod
        def backward(ctx: Any, cotangent: Tensor) -> Any:
            return tuple(backward(ctx.saved_tensors, cotangent))

    return Written.apply


def gradients(function: Function, inputs: Sequence[Tensor], cotangent: Tensor) -> list[Any]:
    """torch's own gradients of `function`; differentiable again if a graph is being recorded."""
    again = torch.is_grad_enabled()
    with torch.enable_grad():
        leaves = [
            x if again and x.requires_grad else x.detach().requires_grad_(x.is_floating_point())
            for x in inputs
        ]
        asked = [x for x in leaves if x.is_floating_point()]
        found = iter(
            torch.autograd.grad(
                function(*leaves), asked, cotangent, create_graph=again, allow_unused=True
            )
        )
    return [_or_zero(next(found), x) if x.is_floating_point() else None for x in leaves]


def _or_zero(gradient: Tensor | None, x: Tensor) -> Tensor:
    return torch.zeros_like(x) if gradient is None else gradient


def backward_of(other: Function) -> Backward:
    """The backward pass of another function of the same arguments."""
    return lambda inputs, v: gradients(other, inputs, v)


def changed(
    value: Function, change: Callable[[list[Any], tuple[Tensor, ...], Tensor], Gradients]
) -> Backward:
    """The right gradients of `value`, changed: `change(gradients, inputs, cotangent)`."""
    return lambda inputs, v: change(gradients(value, inputs, v), inputs, v)


def of_size(value: Function, backward: Backward, size: float) -> Backward:
    """The right gradients with an error towards the wrong ones, of relative norm `size`.

    Where the two are equal nothing is added.
    """

    def blended(inputs: tuple[Tensor, ...], v: Tensor) -> Gradients:
        right, wrong = gradients(value, inputs, v), backward(inputs, v)
        return [_blend(r, w, size) for r, w in zip(right, wrong, strict=True)]

    return blended


def _blend(right: Tensor | None, wrong: Tensor | None, size: float) -> Tensor | None:
    if right is None or wrong is None:
        return None
    away = (wrong - right).detach()
    length = away.norm()
    if length <= 1e-12 * right.norm():
        return right
    return right + away * (size * right.detach().norm() / length)
