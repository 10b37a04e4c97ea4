"""Where two operands of a maximum are equal, any value between the slopes is right, no other."""

import pytest
import torch
from hand_written import with_slope
from sampled import sampled

import comparisons
from comparisons import GradientMismatch, Status


def _maximum(share):
    """A maximum of two whose first operand gets a share of the gradient at a tie."""

    def backward(v, a, b):
        first = (a > b).double() + share * (a == b)
        return v * first, v * (1 - first)

    return with_slope(torch.maximum, backward)


A = torch.tensor([[0.0, 1.0, -2.0], [3.0, 3.0, 0.5]], dtype=torch.float64)
B = torch.tensor([[0.0, 0.0, -2.0], [4.0, 3.0, 0.5]], dtype=torch.float64)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_a_share_of_the_gradient_is_right(share):
    """torch gives each a half; a kernel that gives one of them all is as right."""
    found = comparisons.check(_maximum(share), A, B)

    # v_y's values are no kink, and two of six entries are no tie
    assert found.counts().get(Status.KINK_INSIDE, 0) == (0 if share == 0.5 else 8)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_more_than_all_of_it_is_wrong(share):
    """Outside the interval at ties."""
    with pytest.raises(GradientMismatch, match="at 4 of 6 points"):
        comparisons.check(_maximum(share), A, B)


def test_a_kink_downstream_is_carried_to_the_input():
    """relu of a product that is 0: each x̄ within what a slope in [0, 1] makes of the weights."""

    class One(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return z.relu()

        @staticmethod
        def backward(ctx, v):
            (z,) = ctx.saved_tensors
            return v * (z >= 0)  # 1 at 0, where torch has 0

    w = torch.tensor([[1.0, 2.0], [-3.0, 0.5], [0.25, 1.0]], dtype=torch.float64)
    x = torch.zeros(2, 3, dtype=torch.float64)

    found = comparisons.check(lambda x: One.apply(x @ w), x)

    assert found.counts()[Status.KINK_INSIDE] == 6
    with pytest.raises(GradientMismatch):
        comparisons.check(lambda x: One.apply(3 * (x @ w)), x, reference=lambda x: (x @ w).relu())


def test_a_tie_is_no_excuse_for_a_value():
    """A wrong value at a tie is wrong."""

    class Off(torch.autograd.Function):
        @staticmethod
        def forward(_, a, b):
            return torch.maximum(a, b)

        @staticmethod
        def backward(_, v):
            return v / 2, v / 2

    tied = torch.zeros(3, dtype=torch.float64)
    with pytest.raises(GradientMismatch):
        comparisons.check(
            lambda a, b: Off.apply(a, b) + 0.3, tied, tied.clone(), reference=torch.maximum
        )


def _sloped(forward, slope):
    """A function with a backward of its own: v times a slope at x."""
    return with_slope(forward, lambda v, x: v * slope(x))


X = torch.tensor([-4.0, -0.3, 0.0, 0.2, 3.0], dtype=torch.float64)
LEAKY = {
    "a mask": lambda x: torch.where(x > 0, x, 0.125 * x),
    "a mask of numbers": lambda x: torch.where((x > 0).to(x) != 0, x, 0.125 * x),
    "a sum of masks": lambda x: (x > 0) * x + ~(x > 0) * 0.125 * x,
    "of a relu": lambda x: torch.where(x.relu() > 0, x, 0.125 * x),
    "of a clamp": lambda x: torch.where(x.clamp(0, 1) == 0, 0.125 * x, x),
    "of a sign": lambda x: torch.where((x.sign() + 1) * x.sign() == 0, 0.125 * x, x),
}


@pytest.mark.parametrize("how", sampled(LEAKY, 2))
def test_beside_a_kink_nothing_is_excused(how):
    """A slope of ½ lies between ⅛ and 1, and is wrong wherever x is not 0."""
    comparisons.check(_sloped(LEAKY[how], lambda x: torch.where(x > 0, 1.0, 0.125)), X)
    with pytest.raises(GradientMismatch, match="at 2 of 5 points"):
        comparisons.check(_sloped(LEAKY[how], lambda x: torch.where(x > 0, 1.0, 0.5)), X)


def test_beside_a_kink_of_a_surrogate_nothing_is_excused():
    """What gradient= says in cases is a gradient like any other."""

    def step(x):
        return torch.where(x >= 0, torch.ones_like(x), 0.125 * torch.ones_like(x))

    spike = _sloped(lambda x: (x > 0).to(x), lambda x: torch.where(x >= 0, 1.0, 0.125))
    wrong = _sloped(lambda x: (x > 0).to(x), lambda x: torch.where(x >= 0, 1.0, 0.25))

    comparisons.check(spike, X, gradient=step)
    with pytest.raises(GradientMismatch, match="at 2 of 5 points"):
        comparisons.check(wrong, X, gradient=step)


def test_a_gradient_that_is_nan_is_a_mismatch():
    """NaN is beside every interval, and no crash; at the jump itself nothing is judged."""
    with pytest.raises(GradientMismatch, match="at 4 of 5 points"):
        comparisons.check(_sloped(lambda x: (x > 0).to(x), lambda x: x * float("nan")), X)
