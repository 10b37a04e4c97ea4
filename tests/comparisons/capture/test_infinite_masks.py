"""Code that puts ±∞ or NaN under a mask, as a number or as a tensor, beside plain torch."""

import pytest
import torch

import comparisons

HIDDEN = torch.tensor([[0, 0, 1, 0, 0, 1, 0, 0]]).bool().expand(3, 8)
MASKED = {
    "a tensor": lambda x: x.masked_fill(HIDDEN, torch.tensor(-torch.inf)).softmax(-1),
    "by a comparison": lambda x: torch.where(x > 0, x, -torch.inf).softmax(-1),
    "above": lambda x: torch.where(x > 0, x, torch.inf).reciprocal(),
    "NaN that is not taken": lambda x: torch.where(x < 9, x.sin(), torch.nan),
    "NaN that is left out": lambda x: torch.where(x > 0, x, torch.nan).nanmean(),
    "of one number": lambda x: torch.where(x[0, 0] < 9, x[0, 0].sin(), torch.nan),
    "logdet": lambda x: torch.logdet(x @ x.T + torch.eye(3)),
}


class Wrong(torch.autograd.Function):
    """A masked softmax whose backward forgets the sum."""

    @staticmethod
    def forward(ctx, x):
        """The softmax of what is positive."""
        y = torch.where(x > 0, x, -torch.inf).softmax(-1)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, v):
        """Without − y Σ y v."""
        (y,) = ctx.saved_tensors
        return y * v


@pytest.fixture
def x():
    """Numbers of both signs in each row."""
    return torch.randn(3, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("way", MASKED)
def test_masked_code_is_certified(way, x):
    """Sound at every entry, the masked ones too; none is left open."""
    found = comparisons.check(MASKED[way], x)

    assert found.verdict.name in ("ACCURATE", "AGREES")
    assert all(a.certified for a in found.adjoints.values())


def test_nan_that_is_taken_spoils_no_other_entry(x):
    """Where it is, nothing is certified; elsewhere the code is judged."""
    found = comparisons.compare(lambda x: torch.where(x > 0, x.sin(), torch.nan), x)

    assert found.verdict.name == "ACCURATE"
    assert [a.certified for a in found.adjoints.values()] == [True, False]


def test_a_wrong_backward_under_a_mask_is_found(x):
    """It is off where nothing is masked."""
    with pytest.raises(comparisons.GradientMismatch, match="is wrong at"):
        comparisons.check(Wrong.apply, x)
