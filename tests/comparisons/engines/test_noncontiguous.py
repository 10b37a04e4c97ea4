"""Arrays whose memory is reversed: whatever else is among the inputs."""

import pytest
import torch

import comparisons
from comparisons import Verdict


class RightIfContiguous(torch.autograd.Function):
    """x s, whose backward reads memory in order, as a kernel that ignores strides does."""

    @staticmethod
    def forward(ctx, x, s):
        """Scales."""
        ctx.save_for_backward(x, s)
        return x * s

    @staticmethod
    def backward(ctx, v):
        """Right for x in C order alone."""
        x, s = ctx.saved_tensors
        in_memory = x.as_strided(x.shape, (x.shape[1], 1))
        return v * s, (v * in_memory).sum()


def test_a_scalar_beside_a_matrix_is_taken():
    """A loss with a temperature is honest, and has a number among its inputs."""

    def loss(x, temperature):
        return ((x / temperature) ** 2).mean()

    torch.manual_seed(0)
    comparisons.check(loss, torch.randn(3, 4), torch.tensor(2.0))


def test_a_scalar_s_gradient_is_judged():
    """The gradient of the scalar is the one that is wrong where memory is out of order."""
    torch.manual_seed(0)
    given = torch.randn(3, 4), torch.tensor(2.0)

    assert not comparisons.compare(RightIfContiguous.apply, *given).verdict.worse_than(
        Verdict.AGREES
    )
    with pytest.raises(comparisons.GradientMismatch, match=r"noncontiguous: s\.grad is wrong"):
        comparisons.check(RightIfContiguous.apply, *given)


def test_random_numbers_go_by_memory():
    """Dropout drops other entries of a transposed matrix: it is not asked about one."""
    torch.manual_seed(0)
    found = comparisons.check(torch.nn.Dropout(0.5), torch.randn(5, 4))

    assert found.subject.draws
    with pytest.raises(ValueError, match="draws random numbers"):
        comparisons.compare(torch.nn.Dropout(0.5), torch.randn(5, 4), engine="noncontiguous")
