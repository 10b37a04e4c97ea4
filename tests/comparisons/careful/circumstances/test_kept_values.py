"""A backward that is right once is not called wrong for what its forward kept; by order=2 it is."""

import pytest
import torch
from torch.autograd import Function

import comparisons
from comparisons import GradientMismatch

torch.manual_seed(0)
X, G = torch.randn(6, 8, dtype=torch.float64), torch.randn(8, dtype=torch.float64)


class RMSNorm(Function):
    """As published kernels are: the reciprocal root is kept for the backward."""

    @staticmethod
    def forward(ctx, x, g):
        """As autograd calls it."""
        r = (x * x).mean(-1, keepdim=True).rsqrt()
        ctx.save_for_backward(x, g, r)
        return x * r * g

    @staticmethod
    def backward(ctx, v):
        """As autograd calls it."""
        x, g, r = ctx.saved_tensors
        w = v * g
        return r * (w - x * r * r * (w * x).mean(-1, keepdim=True)), (v * x * r).sum(0)


class Scaled(Function):
    """Kept as an attribute, not by save_for_backward."""

    @staticmethod
    def forward(ctx, x):
        """As autograd calls it."""
        ctx.scale = x.square().sum()
        ctx.save_for_backward(x)
        return x * ctx.scale

    @staticmethod
    def backward(ctx, v):
        """As autograd calls it."""
        (x,) = ctx.saved_tensors
        return v * ctx.scale + 2 * x * (v * x).sum()


class Silu(Function):
    """Of one variable."""

    @staticmethod
    def forward(ctx, x):
        """As autograd calls it."""
        s = torch.sigmoid(x)
        ctx.save_for_backward(x, s)
        return x * s

    @staticmethod
    def backward(ctx, v):
        """As autograd calls it."""
        x, s = ctx.saved_tensors
        return v * s * (1 + x * (1 - s))


class Detached(Function):
    """What it keeps is its input, and a constant: nothing keeps its second derivative from it."""

    @staticmethod
    def forward(ctx, x):
        """As autograd calls it."""
        ctx.save_for_backward(x, torch.full((), 2.0, dtype=x.dtype))
        return x.sin() * 2

    @staticmethod
    def backward(ctx, v):
        """As autograd calls it."""
        x, two = ctx.saved_tensors
        return v * x.detach().cos() * two


class Wrong(RMSNorm):
    """Its first gradient is."""

    @staticmethod
    def backward(ctx, v):
        """As autograd calls it."""
        x_bar, g_bar = RMSNorm.backward(ctx, v)
        return x_bar * 1.0001, g_bar


RIGHT_ONCE = {
    "norm": (RMSNorm.apply, (X, G)),
    "attribute": (Scaled.apply, (X,)),
    "points": (Silu.apply, (X,)),
}


@pytest.mark.parametrize("name", RIGHT_ONCE)
def test_what_is_right_once_passes_and_what_is_wrong_twice_is_said(name):
    """Once, though several questions meet it."""
    function, given = RIGHT_ONCE[name]
    found = comparisons.check(function, *given)
    (said,) = (one for one in found.unasked if one.startswith("the second derivative"))

    assert "silently wrong" in said
    assert "once_differentiable" in said


@pytest.mark.parametrize("name", RIGHT_ONCE)
def test_asked_for_the_second_derivative_it_is_rejected(name):
    """By order=2."""
    function, given = RIGHT_ONCE[name]
    with pytest.raises(GradientMismatch):
        comparisons.check(function, *given, order=2)


@pytest.mark.parametrize("given", [(), (X,)], ids=["points", "tensor"])
def test_a_second_derivative_that_nothing_kept_is_rejected(given):
    """A slope that is detached, though a constant is kept beside it."""
    with pytest.raises(GradientMismatch):
        comparisons.check(Detached.apply, *given)


def test_a_wrong_first_gradient_is_rejected():
    """Whatever is kept."""
    with pytest.raises(GradientMismatch, match=r"x\.grad is wrong"):
        comparisons.check(Wrong.apply, X, G)
