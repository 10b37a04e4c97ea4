"""Which of several equal entries is taken: any choice is right, and what lies between them."""

import pytest
import torch
import torch.nn.functional as F
from hand_written import with_slope

import comparisons
from comparisons import GradientMismatch

X = torch.tensor(
    [[1, 3, 3, 0, -1, 2], [2, 2, 2, 2, 2, 2], [0, -1, 5, 4, 4, 1], [1, 2, 3, 4, 5, 6]],
    dtype=torch.float64,
)


def _with_gradient_of(forward, other):
    """The function with another's gradient."""

    def backward(v, x):
        with torch.enable_grad():
            again = x.detach().requires_grad_()
            (found,) = torch.autograd.grad(other(again), again, v)
        return found

    return with_slope(forward, backward)


def _first(x):
    """The largest of each row, the first of several."""
    return x.gather(-1, (x == x.amax(-1, keepdim=True)).double().argmax(-1, keepdim=True))[..., 0]


def _pooled(x):
    return F.max_pool1d(x[None], 3)[0]


def _grouped(x):
    rows = torch.tensor([[0, 0, 0, 1, 1, 1]] * len(x))
    return torch.zeros(len(x), 2, dtype=x.dtype).scatter_reduce(
        1, rows, x, "amax", include_self=False
    )


def _whole_to_each(x):
    """Each of several that tie gets all of the gradient."""
    return ((x == x.amax(-1, keepdim=True)).detach() * x).sum(-1)


# the function; another choice; what is no subgradient
CHOICES = {
    "amax": (lambda x: x.amax(-1), _first, _whole_to_each),
    "max": (lambda x: x.max(-1).values, lambda x: x.amax(-1), _whole_to_each),
    "sort": (
        lambda x: x.sort(-1).values,
        lambda x: x.flip(-1).sort(dim=-1, stable=True).values,
        lambda x: x.sort(-1, descending=True).values,
    ),
    "topk": (
        lambda x: x.topk(3).values,
        lambda x: x.flip(-1).topk(3).values,
        lambda x: x.topk(3).values * 1.001,
    ),
    "max_pool1d": (
        _pooled,
        lambda x: _pooled(x.flip(-1)).flip(-1),
        lambda x: F.avg_pool1d(x[None], 3)[0],
    ),
    "median": (
        lambda x: x.median(-1).values,
        lambda x: x.flip(-1).median(-1).values,
        lambda x: x.mean(-1),
    ),
    "scatter_reduce": (_grouped, _pooled, lambda x: F.avg_pool1d(x[None], 3)[0]),
    "a max after a product": (
        lambda x: (x @ torch.ones(6, 2, dtype=x.dtype)).amax(-1),
        lambda x: (x @ torch.ones(6, 2, dtype=x.dtype))[..., 0],
        lambda x: (x @ torch.ones(6, 2, dtype=x.dtype))[..., 0] * 2,
    ),
}


@pytest.mark.parametrize("name", CHOICES)
def test_another_choice_is_right_and_no_other_number(name):
    """torch's own, another kernel's; not one that shares out too much, or to others."""
    function, other, wrong = CHOICES[name]

    assert comparisons.compare(function, X).wrong == 0
    assert comparisons.compare(_with_gradient_of(function, other), X).wrong == 0
    with pytest.raises(GradientMismatch):
        comparisons.check(_with_gradient_of(function, wrong), X)


def test_where_nothing_ties_no_other_choice_is_right():
    """The second largest of six different numbers."""
    wrong = _with_gradient_of(lambda x: x.amax(-1), lambda x: x.topk(2).values[..., 1])

    with pytest.raises(GradientMismatch):
        comparisons.check(wrong, X[3:])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_ties_of_rounded_inputs_are_ties(dtype):
    """Two numbers that are one in bfloat16."""
    x = torch.tensor([[1.0, 1.0 + 2.0**-30], [3.0, 2.0]], dtype=torch.float64)
    other = _with_gradient_of(lambda x: x.amax(-1), lambda x: _first(x.double()).to(x))

    assert comparisons.compare(other, x, dtype=dtype).wrong == 0
