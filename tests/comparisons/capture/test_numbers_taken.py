"""Numbers that code takes out of its tensors: float(x.sum()), x.tolist(), x.numpy()."""

from __future__ import annotations

import pytest
import torch

import comparisons
from comparisons import GradientMismatch
from comparisons.capture import Refused, capture

X = torch.linspace(-1.5, 1.9, 6, dtype=torch.float64)


def function(forward, backward):
    """The `autograd.Function` of a forward and of a backward that gets the input and the number."""

    class Made(torch.autograd.Function):
        """It keeps what forward says."""

        @staticmethod
        def forward(ctx, x):
            """The value."""
            ctx.save_for_backward(x)
            y, ctx.number = forward(x)
            return y

        @staticmethod
        def backward(ctx, v):
            """By hand."""
            return backward(v, *ctx.saved_tensors, ctx.number)

    return Made.apply


def through(v, x, s):
    """The gradient of x Σx, through the sum."""
    return v * s + (v * x).sum() * torch.ones_like(x)


def held(v, _, s):
    """The same for a constant sum."""
    return v * s


def _times(x, s):
    return x * s, s


COMPUTED_WITH = {
    "float()": lambda x: _times(x, float(x.sum())),
    "item()": lambda x: _times(x, x.sum().item()),
    "tolist()": lambda x: _times(x, sum(x.tolist())),
    "numpy()": lambda x: _times(x, float(x.detach().numpy().sum())),
    "torch.tensor() of a list": lambda x: _times(x, torch.tensor([x[:3].sum(), x[3:].sum()]).sum()),
    "a tensor filled": lambda x: _times(x, torch.full((), x.sum().item(), dtype=x.dtype)),
    "a branch beside it": lambda x: _times(x, s if (s := float(x.sum())) > 0 else 2 * s),
}


@pytest.mark.parametrize("backward", [through, held])
@pytest.mark.parametrize("way", COMPUTED_WITH)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_is_computed_of_a_number_is_refused(way, backward, dtype):
    """Neither is the right backward called wrong, nor does the other pass."""
    with pytest.raises(Refused, match=r"leave torch in `.*numbers_taken\.py:\d+\).*keep them"):
        comparisons.check(function(COMPUTED_WITH[way], backward), X, dtype=dtype)


def test_the_way_out_is_one():
    """The same forward with a tensor is judged."""
    sound = function(lambda x: _times(x, x.sum()), through)

    assert comparisons.compare(sound, X).verdict.name == "ACCURATE"
    with pytest.raises(GradientMismatch):
        comparisons.check(function(lambda x: _times(x, x.sum()), held), X)


def _largest(x):
    e = (x - x.max().item()).exp()
    return e / e.sum(), 0.0


def _softmax_slope(v, x, _):
    p = torch.softmax(x, 0)
    return p * (v - (v * p).sum())


def _newton(x):
    """The root of y³ + y = x."""
    y = x.clone()
    for _ in range(100):
        step = (y**3 + y - x) / (3 * y**2 + 1)
        y = y - step
        if float(step.norm()) < 1e-13:
            break
    return y, y


def _power(x):
    n = int(x.abs().sum())
    return x**n, n


def _logged(x):
    told = f"{x.sum():.2f} of {x.tolist()}"
    return 3 * x, 3.0 * bool(told)


NOT_COMPUTED_WITH = {
    "a branch": (lambda x: (2 * x if float(x.sum()) > 0 else 3 * x, 2.0), held),
    "a size": (lambda x: _times(x, int(x.abs().sum())), held),
    "a power": (_power, lambda v, x, n: v * n * x ** (n - 1)),
    "what cancels out": (_largest, _softmax_slope),
    "a tolerance": (_newton, lambda v, _, y: v / (3 * y**2 + 1)),
    "a log": (_logged, held),
    "the backward alone": (lambda x: (x.norm(), x.norm().item()), lambda v, x, s: v * x / s),
}


@pytest.mark.parametrize("way", NOT_COMPUTED_WITH)
def test_a_number_that_decides_is_no_obstacle(way):
    """The right backward passes, and one that is off by 1e-6 is rejected."""
    forward, backward = NOT_COMPUTED_WITH[way]

    assert comparisons.compare(function(forward, backward), X).verdict.name == "ACCURATE"
    with pytest.raises(GradientMismatch):
        comparisons.check(function(forward, lambda *a: (1 + 1e-6) * backward(*a)), X)


def test_at_a_border_the_other_branch_is_no_number():
    """The sum is 0, and a hair below it the function is another one."""
    x = torch.tensor([-1.0, 0.25, 0.75], dtype=torch.float64)
    sound = function(lambda x: (2 * x if float(x.sum()) >= 0 else 3 * x, 2.0), held)

    assert comparisons.compare(sound, x).verdict.name == "ACCURATE"


def _rounded(x):
    scale = x.abs().max().item() / 7
    return (x / scale).round() * scale, 1.0


def test_a_surrogate_is_judged_whatever_left_its_forward():
    """The values are constants to `gradient=`."""
    comparisons.check(function(_rounded, held), X, gradient=torch.ones_like)
    with pytest.raises(GradientMismatch):
        comparisons.check(function(_rounded, lambda v, *_: 1.01 * v), X, gradient=torch.ones_like)


def test_plain_code_is_told_what_torch_holds_constant():
    """Its gradients have the number for a constant, and so has the truth."""
    found = comparisons.compare(lambda x: x / x.abs().max().item(), X)

    assert found.verdict.name == "ACCURATE"
    assert "held constant, as torch holds it: what leaves a tensor in " in repr(found)
    assert "numbers_taken.py:" in repr(found)


def test_plain_code_that_branches_is_told_nothing():
    """Nothing is held that would change."""
    found = comparisons.compare(lambda x: 2 * x if x.sum().item() > 0 else x, X)

    assert "held constant" not in repr(found)


def test_a_checkpoint_is_plain_code():
    """Its forward is torch's, and what it runs torch differentiates."""

    def code(x):
        return x * x.norm().item()

    found = capture(
        lambda x: torch.utils.checkpoint.checkpoint(code, x, use_reentrant=True), X.requires_grad_()
    )

    assert [read.by_hand for read in found.reads] == [False]


@torch.library.custom_op("symdiff_tests_taken::scaled", mutates_args=())
def scaled(x: torch.Tensor) -> torch.Tensor:
    """x max|x|, the largest as a number."""
    return x * float(x.abs().max())


def test_an_operator_of_the_users_is_written_by_hand_too():
    """Its registered backward may go through the number."""
    with pytest.raises(Refused, match=r"leave torch in `.*numbers_taken\.py:\d+\)"):
        comparisons.check(scaled, X)
