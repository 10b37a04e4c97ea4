"""Implicit layers: the backward of a fixed point, where the iteration comes to rest."""

import pytest
import torch
from torch.autograd.function import once_differentiable

import comparisons
from comparisons.careful.numbers.iterations import goes_on, resting
from comparisons.cases.asked import Asked, case_of
from comparisons.dtypes import float_type

W = 0.04 * torch.sin(torch.arange(1.0, 17.0, dtype=torch.float64) ** 2).reshape(4, 4)
X = torch.tensor([0.4, -1.1, 0.25, 0.9], dtype=torch.float64)


class FixedPoint(torch.autograd.Function):
    """z = tanh(W z + x), whose derivative is (1 − s W)⁻¹ s with s = 1 − z²."""

    @staticmethod
    def forward(ctx, w, x):
        """By iteration; it is a contraction for small W."""
        z = torch.zeros_like(x)
        for _ in range(20):
            z = torch.tanh(w @ z + x)
        ctx.save_for_backward(w, z)
        return z

    @staticmethod
    @once_differentiable
    def backward(ctx, v):
        """By the implicit function theorem."""
        w, z = ctx.saved_tensors
        s = 1 - z * z
        jacobian = torch.eye(len(w), dtype=w.dtype) - s[:, None] * w
        u = torch.linalg.solve(jacobian.T, v) * s
        return torch.outer(u, z), u


class OfPositive(FixedPoint):
    """Wrong where all of x is below 0."""

    @staticmethod
    @once_differentiable
    def backward(ctx, v):
        """Cut off."""
        w_bar, x_bar = FixedPoint.backward(ctx, v)
        return w_bar, x_bar * (ctx.saved_tensors[1] > 0).any()


@pytest.mark.slow
def test_a_fixed_point_is_not_asked_where_its_iteration_goes_on():
    """Of weights 64 times as large the 20th step is not where it rests; it is said."""
    result = comparisons.check(FixedPoint.apply, W, X)

    assert result.verdict is comparisons.Verdict.ACCURATE
    assert "an iteration that comes to rest at those given does not there" in str(result.unasked)


def test_what_is_wrong_where_it_rests_is_found():
    """At other arguments than those given."""
    with pytest.raises(comparisons.GradientMismatch, match="at entries below 0"):
        comparisons.check(OfPositive.apply, W, X)


def test_whether_it_rests():
    """Twenty steps of a contraction do; of weights 64 times as large they do not."""
    near, far = (
        comparisons.compare(FixedPoint.apply, scale * W, X).subject for scale in (1.0, 64.0)
    )
    cases = [case_of(Asked(subject, float_type("float64"))) for subject in (near, far)]

    assert [set(resting(case).values()) for case in cases] == [{True}, {False}]
    assert goes_on(*cases)
    assert not goes_on(*cases[::-1])


class Root(torch.autograd.Function):
    """√(1 + |x|) by Newton's steps, until one is small."""

    @staticmethod
    def forward(ctx, x):
        """Of 10⁻¹⁸ no step is made."""
        y = x.abs() + 1
        for _ in range(50):
            better = 0.5 * (y + (x.abs() + 1) / y)
            if (better - y).abs().max() < 1e-15:
                break
            y = better
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx, v):
        """Of the root."""
        x, y = ctx.saved_tensors
        return v * x.sign() / (2 * y)


class NotOfSmall(Root):
    """Wrong of small numbers, of which the steps are as many."""

    @staticmethod
    @once_differentiable
    def backward(ctx, v):
        """A tenth too large below 1/64, where no input goes."""
        (x, _) = ctx.saved_tensors
        return Root.backward(ctx, v) * torch.where(x.abs() < 2.0**-6, 1.1, 1.0)


def test_an_iteration_that_stops_at_once_is_not_asked_there():
    """Its tolerance is absolute; and what is wrong where steps are made is found."""
    x = torch.sin(torch.arange(1.0, 9.0, dtype=torch.float64) ** 2)
    found = comparisons.check(Root.apply, x)

    assert "an iteration stops there after fewer steps" in "; ".join(found.unasked)
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(NotOfSmall.apply, x)
