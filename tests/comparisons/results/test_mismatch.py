"""What a mismatch says beside the numbers: what may be meant, and how to say it."""

import pytest
import torch

import comparisons

X = torch.tensor([[0.3, -1.2, 0.8], [2.0, 0.1, -0.4]], dtype=torch.float64)


class Weighted(torch.autograd.Function):
    """A squared distance, whose target has no gradient."""

    @staticmethod
    def forward(ctx, x, target):
        """A row's."""
        ctx.save_for_backward(x, target)
        return ((x - target) ** 2).sum(-1)

    @staticmethod
    def backward(ctx, v):
        """Of the first argument."""
        x, target = ctx.saved_tensors
        return 2 * v[:, None] * (x - target), None


class Normed(torch.autograd.Function):
    """Rows of length 1, the length saved."""

    @staticmethod
    def forward(ctx, x):
        """x/|x|."""
        r = x.norm(dim=-1, keepdim=True)
        ctx.save_for_backward(x, r)
        return x / r

    @staticmethod
    def backward(ctx, v):
        """Right once: r is a constant to the second derivative."""
        x, r = ctx.saved_tensors
        return v / r - x * (v * x).sum(-1, keepdim=True) / r**3


class Saved(Normed):
    """Of the length alone."""

    @staticmethod
    def forward(ctx, x):
        """The gradient is saved where autograd does not see it."""
        r = x.norm(dim=-1)
        ctx.save_for_backward(x / r[:, None])
        return r

    @staticmethod
    def backward(ctx, v):
        """Right once."""
        return v[:, None] * ctx.saved_tensors[0]


def _said(function, *arguments, **options):
    with pytest.raises(comparisons.GradientMismatch) as caught:
        comparisons.check(function, *arguments, **options)
    return str(caught.value)


def test_a_constant_argument_is_said_to_be_one_by_the_others():
    """As to gradcheck; and then the check passes."""
    said = _said(Weighted.apply, X, X.flip(0))

    assert "target.grad has no gradient (None)" in said
    assert "if target is a constant, call requires_grad_() on the tensors whose" in said
    comparisons.check(Weighted.apply, X.clone().requires_grad_(), X.flip(0))


@pytest.mark.parametrize("function", [Normed, Saved], ids=["wrong", "None"])
def test_a_second_derivative_that_is_not_meant_can_be_forbidden(function):
    """It says what the backward takes for a constant, and what to write."""
    said = _said(function.apply, X, order=2)

    assert said.startswith(f"the gradient of {function.__name__}")
    assert "what forward computes and saves is a constant to the backward" in said
    assert "mark the backward with once_differentiable" in said
