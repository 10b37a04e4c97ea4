"""Code of one tensor that works entry by entry is asked at other points than those given."""

import pytest
import torch
import torch.nn.functional as F
from sampled import in_turns

import comparisons

X = torch.tensor([[-1.5, -0.4, 0.2], [0.7, 1.1, 2.0]], dtype=torch.float64)


def by_hand(forward, slope):
    """A function with its own backward."""

    class ByHand(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, g):
            return g * slope(ctx.saved_tensors[0])

    return ByHand.apply


def swish_slope(x):
    """The derivative of x σ(x)."""
    s = torch.sigmoid(x)
    return s * (1 + x * (1 - s))


WRONG = {
    "a threshold": (lambda x: x * x.sigmoid(), lambda x: torch.where(x > 8, 1.0, swish_slope(x))),
    "a cap forgotten": (F.relu6, lambda x: (x > 0).to(x.dtype)),
    "a gap": (torch.tanh, lambda x: torch.where((x > 3.1) & (x < 3.2), 0.0, 1 - x.tanh() ** 2)),
    "beyond a bound": (lambda x: x.clamp(-5, 5), torch.ones_like),
    "beside an array of zeros": (
        lambda x: torch.where(x > 0, x, torch.zeros_like(x)),
        lambda x: torch.where((x > 0) & (x < 8), torch.ones_like(x), torch.zeros_like(x)),
    ),
    "far below": (F.elu, lambda x: torch.where(x > 0, 1.0, torch.where(x < -6, 0.0, x.exp()))),
}
HONEST = {
    "naive softplus": lambda x: torch.log(1 + torch.exp(x)),
    "x/(1 + e^-x)": lambda x: x / (1 + torch.exp(-x)),
    "a quotient of exponentials": lambda x: (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()),
    "a difference": lambda x: torch.sqrt(x * x + 1) - x,
    "hardswish": lambda x: x * F.relu6(x + 3) / 6,
    "a mask": lambda x: x * (x > 0.3) * (x < 2),
    "a pole": lambda x: 1 / x,
    "a root": lambda x: x.abs().sqrt(),
    "a half line": torch.log,
    "sin x / x": lambda x: torch.sin(x) / x,
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("code", WRONG.values(), ids=WRONG)
def test_what_is_wrong_where_no_input_went_is_seen(code, dtype):
    """The inputs given reach from −1.5 to 2."""
    with pytest.raises(comparisons.GradientMismatch, match="at other points"):
        comparisons.check(by_hand(*code), X, dtype=dtype)


@pytest.mark.parametrize(
    ("code", "dtype"), in_turns(HONEST.values(), ["float64", "float32", "bfloat16"])
)
def test_honest_code_is_not_rejected_there(code, dtype):
    """Nothing is asked where the code itself leaves its type or loses its digits."""
    found = comparisons.check(code, X.abs() if code is torch.log else X, dtype=dtype)

    assert "other points" in " ".join(found.also)
    assert "other points" in repr(found)


class HardLabels(torch.autograd.Function):
    """The focal loss, γ = 2; its backward is of labels that are 0 or 1."""

    @staticmethod
    def forward(ctx, x, t):
        """Of probabilities as labels too."""
        ctx.save_for_backward(x, t)
        p = torch.sigmoid(x)
        right = p * t + (1 - p) * (1 - t)
        return (1 - right) ** 2 * F.binary_cross_entropy_with_logits(x, t, reduction="none")

    @staticmethod
    def backward(ctx, v):
        """By the sign of the label."""
        x, t = ctx.saved_tensors
        s = 2 * t - 1
        p, q = torch.sigmoid(s * x), torch.sigmoid(-s * x)
        return v * s * q**2 * (2 * p * F.logsigmoid(s * x) - q), None


class OfPositive(HardLabels):
    """The same, wrong for labels of 0 far above."""

    @staticmethod
    def backward(ctx, v):
        """Cut off."""
        x, t = ctx.saved_tensors
        return torch.where((t == 0) & (x > 9), 0.0, HardLabels.backward(ctx, v)[0]), None


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_constant_is_there_as_it_was_given(dtype):
    """Labels of 0 and 1 are no other numbers; all other points are asked with them."""
    free, labels = X.clone().requires_grad_(), (X > 0.5).to(X.dtype)

    assert "other points" in " ".join(
        comparisons.check(HardLabels.apply, free, labels, dtype=dtype).also
    )
    with pytest.raises(comparisons.GradientMismatch, match="at other points"):
        comparisons.check(OfPositive.apply, free, labels, dtype=dtype)


def test_a_row_of_several_is_not_asked_elsewhere():
    """softmax is no function of each entry, nor is what goes by a branch that was taken."""
    assert comparisons.check(lambda x: x.softmax(-1), X).also == ()
    assert comparisons.check(lambda x: x.exp() if x.sum() > 0 else x, X).also == ()


def test_inputs_by_name_are_where_it_is_asked():
    """Who says where is asked there alone."""
    cut = by_hand(*WRONG["a threshold"])

    assert comparisons.check(cut, inputs={"x": X}).also == ()


def test_a_value_in_the_last_binade_may_overflow_on_the_way():
    """z (1 + erf(z/√2))/2 is ∞ from half the largest number on, as some of torch's kernels are."""

    def doubled(z):
        return z * (1 + torch.erf(z / 2**0.5)) / 2

    result = comparisons.check(doubled, "gelu", dtype="float32")
    assert result.verdict is not comparisons.Verdict.DISAGREES
    with pytest.raises(comparisons.GradientMismatch, match="the value"):
        comparisons.check(lambda z: doubled(z * 8) / 8 + z * 0, "z*Phi(8*z)", dtype="float32")
