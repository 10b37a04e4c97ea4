"""A gradient where there is none is recognised as a surrogate, and judged by what it should be."""

import pytest
import torch

import comparisons
from comparisons import GradientMismatch
from comparisons.capture import capture

X = torch.linspace(-2, 2, 12).reshape(4, 3) + 0.01


class Round(torch.autograd.Function):
    """Rounding with a straight-through gradient."""

    @staticmethod
    def forward(_, x):
        """To the nearest integer."""
        return x.round()

    @staticmethod
    def backward(_, v):
        """Straight through."""
        return v


class Spike(torch.autograd.Function):
    """The Heaviside step with the slope of an arc tangent."""

    @staticmethod
    def forward(ctx, x):
        """1 above 0."""
        ctx.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, v):
        """1/(1 + x²)."""
        (x,) = ctx.saved_tensors
        return v / (1 + x * x)


@pytest.mark.parametrize(
    ("function", "remark"),
    [
        (Round.apply, r"round \(.*\) is locally constant, so x̄ = 0; backward gave v\n"),
        (Spike.apply, r"a comparison \(.*\) is locally constant, so x̄ = 0; backward gave -?\d"),
    ],
    ids=["straight through", "surrogate"],
)
def test_a_surrogate_is_called_one(function, remark):
    """What is locally constant, what came out, and what to do."""
    with pytest.raises(GradientMismatch, match=remark) as caught:
        comparisons.check(function, X)

    assert "say by gradient= what it should be" in str(caught.value)


def test_it_passes_by_what_it_should_be_and_no_other():
    """gradient= is the definition."""
    comparisons.check(Round.apply, X, gradient=torch.ones_like)
    comparisons.check(Spike.apply, X, gradient=lambda x: 1 / (1 + x * x))
    with pytest.raises(GradientMismatch):
        comparisons.check(Spike.apply, X, gradient=lambda x: 1.0001 / (1 + x * x))


def test_what_is_wrong_otherwise_is_not_called_a_surrogate():
    """A mask is a comparison too; the truth there is no 0."""

    class Masked(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return (x > 0) * x * 3

        @staticmethod
        def backward(ctx, v):
            (x,) = ctx.saved_tensors
            return (x > 0) * v * 2

    with pytest.raises(GradientMismatch) as caught:
        comparisons.check(Masked.apply, X)

    assert "  remark  " not in str(caught.value)


def test_a_product_is_not_locally_constant():
    """Only what has no slope at all."""
    assert capture(lambda x: x.round() * x, X).locally_constant()[0].startswith("round (")
    assert capture(lambda x: torch.tanh(x) * x, X).locally_constant() == ()


class Float(torch.autograd.Function):
    """The step in float32 whatever comes in, as `(x > 0).float()` makes it; straight through."""

    @staticmethod
    def forward(_, x):
        """1 above 0."""
        return torch.tensor([0.0, 1.0])[(x > 0).long()]

    @staticmethod
    def backward(_, v):
        """Straight through."""
        return v


def test_a_value_of_less_than_float64_rounds_what_is_passed_back():
    """v comes in float32, off by 6e-8; that is no fault of the backward."""
    comparisons.check(Float.apply, X.double(), gradient=torch.ones_like)
    with pytest.raises(GradientMismatch):
        comparisons.check(Float.apply, X.double(), gradient=lambda x: torch.full_like(x, 1.001))


def test_straight_through_is_so_called_in_float32_too():
    """What comes back is v in float32."""

    class Short(Round):
        @staticmethod
        def forward(_, x):
            return (x > 0).float()

    with pytest.raises(GradientMismatch, match="backward gave v\n"):
        comparisons.check(Short.apply, X.double())


def test_who_gave_a_gradient_is_not_told_to_give_one():
    """What gradient= says is 0 is no surrogate."""
    with pytest.raises(GradientMismatch) as caught:
        comparisons.check(Round.apply, X, gradient=torch.zeros_like)

    assert "say by gradient=" not in str(caught.value)


class Cut(Spike):
    """The same, 0 beyond 3, where no input goes."""

    @staticmethod
    def backward(ctx, v):
        """Cut off."""
        (x,) = ctx.saved_tensors
        return torch.where(x.abs() < 3, Spike.backward(ctx, v), 0.0)


def test_a_surrogate_is_asked_at_other_sizes_too():
    """Eight times as large, say; where gradient= says what it should be."""
    x = torch.sin(torch.arange(1.0, 13.0) ** 2).reshape(4, 3)
    found = comparisons.check(Spike.apply, x, gradient=lambda x: 1 / (1 + x * x))

    assert "entries eight times as large" in str(found.also)
    with pytest.raises(GradientMismatch, match="at entries eight times as large"):
        comparisons.check(Cut.apply, x, gradient=lambda x: 1 / (1 + x * x))


def test_the_values_of_a_surrogate_need_not_be_captured():
    """torch's own fake quantisation has no rule; its gradient is the mask of what is in range."""

    def quantised(x):
        return torch.fake_quantize_per_tensor_affine(x, 0.25, 0, -4, 3)

    def mask(x):
        q = torch.round(x / 0.25)
        return ((q >= -4) & (q <= 3)).to(x.dtype)

    assert comparisons.check(quantised, X, gradient=mask).verdict is comparisons.Verdict.ACCURATE
    with pytest.raises(GradientMismatch):
        comparisons.check(quantised, X, gradient=torch.ones_like)


class Above(Spike):
    """The step, passed back where the input is above a threshold."""

    @staticmethod
    def backward(ctx, v):
        """By its own mask."""
        (x,) = ctx.saved_tensors
        return v * (x > 0)


W = torch.sin(torch.arange(1.0, 13.0) ** 2).reshape(4, 3).double()
CLOSED_OVER = {
    "the mask of these numbers": lambda _: (W > 0).double(),
    "a factor of their shape": lambda x: torch.ones_like(x) * (W > 0),
    "of a column": lambda x: (x > 0) * torch.ones(4, 1).double(),
    "written out": lambda x: (x > 0) * torch.ones(4, 3).double(),
}


@pytest.mark.parametrize("what", CLOSED_OVER)
def test_a_gradient_of_one_shape_is_asked_at_no_other_sizes(what):
    """It says nothing of other tensors, and an entry that is off is seen all the same."""
    found = comparisons.check(Above.apply, W, gradient=CLOSED_OVER[what])

    assert "other arrays (gradient= is of these tensors alone: " in "; ".join(found.unasked)
    with pytest.raises(GradientMismatch):
        comparisons.check(Above.apply, W, gradient=lambda x: CLOSED_OVER[what](x) * (1 + 1e-6))


ROWS = torch.ones(4, 1, dtype=torch.float64)


class ByRow(Spike):
    """The step, passed back by a factor of four rows that stands outside."""

    @staticmethod
    def backward(_, v):
        """Of one row torch sums what four rows give."""
        return v * ROWS.to(v.dtype)


def test_nor_of_other_rows():
    """The backward and gradient= close over the same rows, all alike."""
    found = comparisons.check(ByRow.apply, W, gradient=lambda x: torch.ones_like(x) * ROWS)

    assert "other numbers of rows (gradient= is of these tensors alone: " in "; ".join(
        found.unasked
    )
