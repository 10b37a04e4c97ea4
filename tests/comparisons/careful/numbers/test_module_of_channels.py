"""A module with a parameter a channel is asked at every point, as one with one parameter is."""

import pytest
import torch

import comparisons


class _LeakyFar(torch.autograd.Function):
    """A leaky ReLU, 0.1 % off beyond 20."""

    @staticmethod
    def forward(ctx, z, weight):
        ctx.save_for_backward(z, weight)
        return torch.where(z > 0, z, z * weight)

    @staticmethod
    def backward(ctx, v):
        z, weight = ctx.saved_tensors
        slope = torch.where(z > 0, torch.where(z > 20, 1.001, 1.0).to(z.dtype), weight)
        return v * slope, (v * z * (z <= 0)).sum(0)


class _Leaky(torch.nn.PReLU):
    def forward(self, z):
        return _LeakyFar.apply(z, self.weight)


class _Torch(torch.nn.PReLU):
    def forward(self, z):
        return torch.where(z > 0, z, z * self.weight)


def test_what_is_wrong_far_out_is_rejected():
    """At a point that no array of 96 rows holds."""
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(_Leaky(3), "prelu")


def test_what_is_right_passes():
    """In every channel, at every point."""
    comparisons.check(_Torch(3), "prelu")
