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
