"""The gradient of a gradient that torch writes as a quotient: v y/x loses what its parts cancel."""

import pytest
import torch

import comparisons


def _signed(count=20):
    draw = torch.manual_seed(5)
    x, sign = (torch.randn(count, generator=draw, dtype=torch.float64) for _ in range(2))
    return x * torch.logspace(0, -6, count, dtype=torch.float64), sign


def test_zero_within_rounding_agrees():
    """copysign's x̄ is v y/x in torch (tools/autograd/derivatives.yaml); its derivative is 0."""
    found = comparisons.check(torch.copysign, *_signed(), order=2)

    assert str(found.verdict) == "agrees"


@pytest.mark.parametrize("off", [1e-9, -1e-12])
def test_what_is_no_rounding_is_wrong(off):
    """A slope that hangs on x by a billionth, and less."""

    class Signed(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, sign):
            ctx.save_for_backward(x, sign)
            return torch.copysign(x, sign)

        @staticmethod
        def backward(ctx, v):
            x, sign = ctx.saved_tensors
            return v * x.detach().sign() * sign.sign() * (1 + off * (x - x.detach())), None

    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(Signed.apply, *_signed(), order=2)
