"""Gradients of whole graphs: judged by their own roundings, whatever the size and the types."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import comparisons
from comparisons import GradientMismatch, Verdict
from comparisons.judge.vocabulary import Status


def _normal(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.manual_seed(0)).to(dtype)


@pytest.mark.parametrize("rows", [4, 40, 400])
def test_the_verdict_does_not_depend_on_the_size(rows):
    """A softmax of 64, 640 and 6,400 entries is accurate, by the same allowance."""
    found = comparisons.compare(lambda x: torch.softmax(x, -1), _normal(rows, 16))

    assert found.verdict is Verdict.ACCURATE
    assert 0 < found.adjoints["x"].max_conditioned < 4


class _Off(torch.autograd.Function):
    """swish with a gradient that is 10⁻¹² of itself too large in one entry of a hundred."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return F.silu(x)

    @staticmethod
    def backward(ctx, v):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        gradient = v * s * (1 + x * (1 - s))
        gradient.view(-1)[::100] *= 1 + 1e-12
        return gradient


@pytest.mark.parametrize("rows", [10, 100])
def test_a_small_error_in_few_entries_is_seen(rows):
    """10⁻¹² is seen in float64, entry by entry, at 100 and at 1,000 entries alike."""
    found = comparisons.compare(_Off.apply, _normal(rows, 10))

    assert found.verdict is Verdict.DISAGREES
    wrong = found.adjoints["x"].judgement.excess > 1
    assert 0 < wrong.sum() <= rows // 10
    assert not wrong.ravel()[np.arange(wrong.size) % 100 != 0].any()


def test_a_cast_has_its_own_unit():
    """A product in bfloat16 inside float64 code is right to bfloat16's digits, and so judged."""

    def mixed(a, b):
        return (a.bfloat16() @ b.bfloat16()).double().tanh()

    assert comparisons.compare(mixed, _normal(6, 7), _normal(7, 5)).verdict is Verdict.ACCURATE


def test_a_surrogate_of_an_array_is_judged_by_what_it_should_be():
    """A straight-through rounding: the identity is accurate, twice the identity is not."""

    class Round(torch.autograd.Function):
        @staticmethod
        def forward(_, x):
            return x.round()

        @staticmethod
        def backward(_, v):
            return v

    x = _normal(4, 8)

    assert comparisons.check(Round.apply, x, gradient=torch.ones_like).verdict is Verdict.ACCURATE
    with pytest.raises(GradientMismatch):
        comparisons.check(Round.apply, x, gradient=lambda x: torch.full_like(x, 2))


def test_what_underflows_is_not_wrong():
    """e^−2000 is 0 in float64: the enclosure says no more than that, and 0 is right."""
    x = torch.tensor([[0.0, 2000.0, -2000.0]], dtype=torch.float64)
    found = comparisons.compare(lambda x: torch.softmax(x, -1), x)

    assert found.verdict is Verdict.ACCURATE
    assert set(found.counts()) <= {Status.CORRECT, Status.FAITHFUL, Status.WITHIN}
