"""Code that holds tensors of its own, a target or a mask, is judged as its caller meant it."""

import pytest
import torch

import comparisons
from comparisons import GradientMismatch


def drawn(*shape, seed):
    """A float32 tensor, as torch makes them."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


X, TARGET = drawn(5, 7, seed=1), drawn(5, 7, seed=2)
MASK = (drawn(5, 7, seed=3) > 0).float()


def masked_mean(factor, *, narrow=False):
    """The mean over a mask, whose backward multiplies a number by a mask that nobody passed."""

    class MaskedMean(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, mask):
            ctx.save_for_backward(mask)
            return (x * mask).sum() / mask.sum()

        @staticmethod
        def backward(ctx, v):
            (mask,) = ctx.saved_tensors
            found = v * mask / mask.sum() * factor
            return (found.float() if narrow else found), None

    return MaskedMean.apply


def squares(factor, *, rows=False):
    """The mean of squares beside a target, or the sum of each row's."""

    class Squares(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, target):
            ctx.save_for_backward(x, target)
            found = (x - target) ** 2
            return found.sum(-1) if rows else found.mean()

        @staticmethod
        def backward(ctx, v):
            x, target = ctx.saved_tensors
            v = v[:, None] if rows else v / x.numel()
            return 2 * v * (x - target) * factor, None

    return Squares.apply


def test_a_backward_that_float64_arguments_make_narrow_is_judged_in_its_own_type():
    """torch multiplies a float64 number and a float32 mask in float32: 1.6e7 ulp of float64."""
    found = comparisons.check(lambda x: masked_mean(1)(x, MASK), X)

    assert str(found.dtype) == "float32"
    assert found.unasked[0].startswith("float64 (the function runs in float32 only: its backward ")
    assert "found = v * mask / mask.sum() * factor" in found.unasked[0]


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (masked_mean(1.001), X),
        (masked_mean(1), X.double()),  # who calls it so gets few digits
        (masked_mean(1, narrow=True), X.double()),
    ],
)
def test_what_is_wrong_as_it_is_called_is_rejected(function, argument):
    """By a thousandth in float32; by float32's rounding in float64, for a mask or a cast."""
    with pytest.raises(GradientMismatch):
        comparisons.check(lambda x: function(x, MASK), argument)


def test_a_type_that_is_asked_for_is_judged_in():
    """Then the mask is beside float64 arguments by who asked."""
    with pytest.raises(GradientMismatch, match="float64"):
        comparisons.check(lambda x: masked_mean(1)(x, MASK), X, dtype="float64")


def test_a_cast_in_the_backward_is_no_promotion():
    """It is narrow whoever calls it; a mask of float64 leaves nothing else to be."""
    with pytest.raises(GradientMismatch, match="float64"):
        comparisons.check(lambda x: masked_mean(1, narrow=True)(x, MASK.double()), X)


@pytest.mark.parametrize("rows", [False, True])
def test_no_axis_is_cut_to_one_entry_beside_a_tensor_that_is_held(rows):
    """It would go with the target's five, and the mean be of others than the backward counts."""
    found = comparisons.check(lambda x: squares(1, rows=rows)(x, TARGET), X)

    assert str(found.dtype) == "float64"
    with pytest.raises(GradientMismatch):
        comparisons.check(lambda x: squares(1 + 1e-9, rows=rows)(x, TARGET), X)


def test_an_axis_of_one_entry_is_asked_where_all_tensors_are_arguments():
    """A squeeze that forgets which axis it meant is told, as before."""

    class Squeezed(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return (x**2).sum(-1)

        @staticmethod
        def backward(ctx, v):
            (x,) = ctx.saved_tensors
            return 2 * x * v.unsqueeze(-1) * (1 if x.shape[0] > 1 else 2)

    with pytest.raises(GradientMismatch):
        comparisons.check(Squeezed.apply, X.double())
