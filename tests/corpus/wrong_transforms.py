"""Products that are right in a plain call, and wrong in forward mode or under vmap."""
# ruff: noqa: ARG004 - torch's methods have their arguments in common

from __future__ import annotations

from typing import Any

import torch
from backwards import Function
from entries import Arrays, WrongArrays
from plain import drawn
from torch import Tensor
from torch.autograd import forward_ad

from comparisons.engines.engine import own_deprecations_ignored

_pair = drawn((4, 6), (4, 6))


class _Forward(torch.autograd.Function):
    """Has a jvp with a wrong sign, and a vmap that reverses the batch of its second argument."""

    @staticmethod
    def forward(a: Tensor, b: Tensor) -> Tensor:
        return a * b

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, v: Tensor) -> Any:
        a, b = ctx.saved_tensors
        return v * b, v * a


class _Tangent(_Forward):
    @staticmethod
    def jvp(ctx: Any, of_a: Tensor, of_b: Tensor) -> Tensor:
        a, b = ctx.saved_tensors
        return of_a * b - a * of_b


class _Batched(_Forward):
    @staticmethod
    def vmap(info: Any, dims: Any, a: Tensor, b: Tensor) -> Any:
        a, b = (
            x.expand(info.batch_size, *x.shape) if d is None else x.movedim(d, 0)
            for x, d in zip((a, b), dims, strict=True)
        )
        return a * b.flip(0), 0


def _pushed(function: Function, inputs: Arrays) -> Tensor:
    with own_deprecations_ignored(), forward_ad.dual_level():
        b = forward_ad.make_dual(inputs[1], torch.ones_like(inputs[1]))
        return forward_ad.unpack_dual(function(inputs[0], b)).tangent


def _batch(function: Function, inputs: Arrays) -> Tensor:
    both = [torch.stack([x, 2 * x]) for x in inputs]
    with own_deprecations_ignored():
        return torch.func.vmap(function)(*both)


TRANSFORMS = [
    WrongArrays("mul", "transform", function, torch.mul, _pair, wrong, "call", shows=shows)
    for wrong, function, shows in (
        ("forward mode has the second tangent's sign wrong", _Tangent.apply, _pushed),
        ("under vmap the second argument's batch is reversed", _Batched.apply, _batch),
    )
]
