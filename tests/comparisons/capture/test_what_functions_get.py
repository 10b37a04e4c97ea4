"""What an `autograd.Function` is given, writes into and takes out of torch; what code returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

import comparisons
from comparisons import GradientMismatch
from comparisons.capture import Refused, capture

X = torch.linspace(-1.5, 1.4, 6)


class Product(torch.autograd.Function):
    """x s, whose gradient by s is a sum."""

    @staticmethod
    def forward(ctx, x, s):
        """Of an array and a number."""
        ctx.save_for_backward(x, s)
        return x * s

    @staticmethod
    def backward(ctx, v):
        """By both."""
        x, s = ctx.saved_tensors
        return v * s, (v * x).sum()


class Tripled(torch.autograd.Function):
    """Written into its argument."""

    @staticmethod
    def forward(ctx, x):
        """3x, in place."""
        x.mul_(3)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(_, v):
        """The derivative."""
        return 3 * v


class Doubled(Tripled):
    """The same with another slope."""

    @staticmethod
    def backward(_, v):
        """Of another function."""
        return 2 * v


class HalfInNumpy(torch.autograd.Function):
    """x tanh x, whose second factor numpy computes."""

    @staticmethod
    def forward(ctx, x):
        """As torch does not see it."""
        ctx.save_for_backward(x)
        return x * torch.from_numpy(np.tanh(x.detach().numpy()))

    @staticmethod
    def backward(ctx, v):
        """By the product rule."""
        (x,) = ctx.saved_tensors
        return v * (x.tanh() + x / x.cosh() ** 2)


class Logged(torch.autograd.Function):
    """x³, with a look at its numbers."""

    @staticmethod
    def forward(ctx, x):
        """The mean is for the log alone."""
        ctx.save_for_backward(x)
        x.detach().numpy().mean()
        return x**3

    @staticmethod
    def backward(ctx, v):
        """The derivative."""
        return 3 * v * ctx.saved_tensors[0] ** 2


def scaled_without_a_gradient(x):
    """By the largest entry, which is taken as constant."""
    with torch.no_grad():
        scale = x.abs().max()
    return Product.apply(x, scale)


def written_into_without_a_gradient(x):
    """Twice x for autograd, 6x in truth."""
    y = 2 * x
    with torch.no_grad():
        y.mul_(3)
    return y


@dataclass
class Output:
    """What models return."""

    loss: Tensor
    more: tuple[Tensor, ...]
    steps: int = 3


SOUND = {
    "given what is detached": lambda x: Product.apply(x, x.max().detach()),
    "given what has no gradient": scaled_without_a_gradient,
    "given both": lambda x: Product.apply(x, x.abs().max()),
    "given of another": lambda x: Product.apply(x, Product.apply(x.detach(), x.min()).sum()),
    "written into": lambda x: Tripled.apply(x.clone()),
    "looked at by numpy": Logged.apply,
    "a dataclass returned": lambda x: Output(x.sum(), (x * x, x.sin())),
    "under no_grad": written_into_without_a_gradient,
}


@pytest.mark.parametrize("way", SOUND)
def test_a_sound_gradient_passes(way):
    """A gradient is cut where autograd cuts it, and a Function's forward is its definition."""
    assert comparisons.compare(SOUND[way], X).verdict.name == "ACCURATE"


def test_a_wrong_slope_of_what_is_written_into_is_rejected():
    """The forward triples."""
    with pytest.raises(GradientMismatch):
        comparisons.check(lambda x: Doubled.apply(x.clone()), X)


def test_what_numpy_computed_is_no_constant():
    """It would be one at these inputs, and the right backward wrong."""
    with pytest.raises(Refused, match=r"leave torch in .*numpy\(\).*functions_get\.py:\d+\)"):
        comparisons.check(HalfInNumpy.apply, X)


def test_a_dataclass_has_the_names_of_its_fields():
    """As a dict has those of its keys."""
    assert capture(SOUND["a dataclass returned"], X).outputs == ("loss", "more_0", "more_1")
