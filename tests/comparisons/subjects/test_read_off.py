"""A definition read off the code of a function, if it is one of each entry."""

import pytest
import torch

import comparisons
from comparisons.subjects.own.read_off import read_off

Z = torch.linspace(-2, 3, 12, dtype=torch.float64).reshape(3, 4)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (lambda x: 2 * x.sort(0).values, "has sort"),
        (lambda x: x.cummax(0).values, "has cummax"),
        (lambda x: x.permute(*range(x.dim())[::-1]).exp(), "of a matrix makes a tensor of the"),
        (lambda x: x * x.float(), "holds values on the way in float32"),
        (lambda x: x + (x.round() - x).detach(), "not entry by entry"),
    ],
    ids=["sort", "cummax", "transposed", "float32", "straight through"],
)
def test_what_only_looks_like_a_function_of_each_entry_is_none(code, reason):
    """Sorted numbers sorted, or a row transposed, are as they were."""
    with pytest.raises(ValueError, match=reason):
        read_off(code)


@pytest.mark.parametrize(
    "relu",
    [
        lambda x: (x > 0).float() * x,
        lambda x: (x > 0).double() * x,
        lambda x: x * torch.where(x > 0, 1.0, 0.0),
        lambda x: torch.where(x > 0, x, torch.zeros_like(x)),
    ],
    ids=["float", "double", "where", "zeros_like"],
)
def test_a_mask_is_no_obstacle(relu):
    """Through it no gradient passes, and it has none; it is exact in float32 too."""
    assert str(comparisons.check(relu).verdict) == "accurate"


def test_the_backward_of_a_transposition_is_not_asked_for_numbers():
    """Of a row it is the identity, of a matrix it is not."""

    class Transposed(torch.autograd.Function):
        @staticmethod
        def forward(_, x):
            return 2 * x.T

        @staticmethod
        def backward(_, v):
            return 2 * v.T

    assert str(comparisons.check(Transposed.apply, Z).verdict) == "accurate"
