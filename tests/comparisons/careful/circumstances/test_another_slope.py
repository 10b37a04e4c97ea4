"""A search for a root has another slope than the branches that it took."""

from __future__ import annotations

import pytest
import torch

import comparisons
from comparisons.capture import Refused


class _CubeRoot(torch.autograd.Function):
    """By bisection; its backward is that of the root."""

    factor = 1.0
    steps = 24

    @classmethod
    def forward(cls, ctx, x):
        low, high = torch.full_like(x, -2.0), torch.full_like(x, 2.0)
        for _ in range(cls.steps):
            middle = (low + high) / 2
            above = middle**3 > x
            low, high = torch.where(above, low, middle), torch.where(above, middle, high)
        ctx.save_for_backward(high)
        return high

    @classmethod
    def backward(cls, ctx, v):
        (y,) = ctx.saved_tensors
        return cls.factor * v / (3 * y * y)


class _Wrong(_CubeRoot):
    factor = 1.05


class _Rounded(torch.autograd.Function):
    """To a thousandth, straight through."""

    @staticmethod
    def forward(_, x):
        return (x * 4096).round() / 4096

    @staticmethod
    def backward(_, v):
        return v


X = torch.tensor([0.5, 1.25, 2.0], dtype=torch.float64)


def test_the_backward_of_a_root_is_not_called_wrong():
    """The bounds are constants, so the derivative of the branches is 0; what to do is said."""
    with pytest.raises(Refused, match=r"as of a search for a root; give reference="):
        comparisons.check(_CubeRoot.apply, X)


@pytest.mark.parametrize("function", [_Wrong, _Rounded])
def test_what_differences_do_not_bear_out_is_rejected(function):
    """Five per cent too large; and a table, whose slope is 0 however fine it is."""
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(function.apply, X)
