"""Kernels of symmetric matrices read one triangle; some are symmetric up to rounding only."""

import pytest
import torch

import comparisons

torch.manual_seed(3)
_FACTOR = torch.randn(4, 4)
ROUNDED = _FACTOR @ _FACTOR.T + torch.eye(4)  # in float32
ROUNDED[0, 1] += 1e-6


def likelihood(a):
    """Of a Gaussian, as of a Gaussian process."""
    factor = torch.linalg.cholesky(a)
    y = torch.ones(len(a), 1, dtype=a.dtype)
    fit = (y * torch.cholesky_solve(y, factor)).sum()
    return -fit / 2 - factor.diagonal().log().sum()


class Unsymmetric(torch.autograd.Function):
    """The lower factor, with the gradient of entries that are apart."""

    @staticmethod
    def forward(ctx, a):
        """L."""
        factor = torch.linalg.cholesky(a)
        ctx.save_for_backward(factor)
        return factor

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, v):
        """Murray 2016, eq. 10, the last line forgotten."""
        (factor,) = ctx.saved_tensors
        inner = (factor.T @ v).tril()
        inner.diagonal().mul_(0.5)
        inverse = torch.linalg.inv(factor)
        return inverse.T @ inner @ inverse


@pytest.mark.parametrize(
    "code",
    [torch.linalg.cholesky, lambda a: torch.linalg.cholesky(a, upper=True), likelihood],
    ids=["lower", "upper", "likelihood"],
)
@pytest.mark.parametrize("order", [1, 2])
def test_a_matrix_that_is_symmetric_up_to_rounding_is_taken(code, order):
    """By the triangle that is read; the gradient is that of a symmetric matrix."""
    assert ROUNDED[0, 1] != ROUNDED[1, 0]
    found = comparisons.check(code, ROUNDED, order=order)

    assert found.verdict is comparisons.Verdict.ACCURATE


def test_a_gradient_of_one_triangle_alone_is_wrong():
    """As it is of a matrix that is symmetric to the last bit."""
    for matrix in (ROUNDED, (ROUNDED + ROUNDED.T) / 2):
        with pytest.raises(comparisons.GradientMismatch, match=r"a\.grad is wrong"):
            comparisons.check(Unsymmetric.apply, matrix)
