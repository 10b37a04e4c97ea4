"""Code is judged by what it does in the type that it runs in, and by what it decides there."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import finfo

import comparisons

TYPES = ["float64", "float32", "bfloat16"]
BY_TYPE = {torch.float64: 1e-12, torch.float32: 1e-6, torch.bfloat16: 1e-2}
NUMPY = {torch.float64: np.float64, torch.float32: np.float32, torch.bfloat16: np.float16}
X = torch.tensor([-1.7, -0.3, 0.4, 1.2, 0.9, -2.5], dtype=torch.float64)
Y = torch.tensor([0.3, -1.3, 0.9, -0.2, 1.9, 0.5], dtype=torch.float64)


def judged(code, dtype, *given):
    """The verdict of the code at X and Y, or what is given."""
    return comparisons.check(code, *(given or (X, Y)), dtype=dtype).verdict.name


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    "eps",
    [
        lambda kind: torch.finfo(kind).eps,
        lambda kind: finfo(kind).eps,
        lambda kind: np.finfo(NUMPY[kind]).eps,
        BY_TYPE.__getitem__,
        lambda kind: torch.tensor(BY_TYPE[kind], dtype=kind),
    ],
    ids=["torch's", "by its name", "numpy's", "a table", "in a tensor"],
)
def test_an_eps_is_that_of_the_type(eps, dtype):
    """Whoever says it: log ε would be another number."""
    assert judged(lambda x, y: (0 * x + eps(x.dtype)).log() * y, dtype) == "ACCURATE"


def test_a_wrong_eps_is_still_wrong():
    """Against a reference with the type's own ε."""
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(
            lambda x: x / (x.abs() + 1e-3), X, reference=lambda x: x / (x.abs() + 1e-2)
        )


@pytest.mark.parametrize("dtype", TYPES)
def test_another_branch_for_another_type(dtype):
    """The code that runs is the code that is judged."""
    assert judged(lambda x, y: x * y if x.dtype is torch.float64 else x + y, dtype) == "ACCURATE"


DECIDED = {
    "integers": lambda x, y: x * (y * 10).long() + y,
    "a mask": lambda x, y: x * (y * 10 >= 19) + y,
    "a count": lambda x, y: x * (y * 10 >= 3).sum() + y,
    "a number": lambda x, y: x * float((y.detach() * 10).floor().max()) + y,
    "floor": lambda x, y: x * torch.floor(y * 10) + y,
    "round": lambda x, y: x * torch.round(y * 10 + 0.5) + y,
    "frac": lambda x, y: x * (torch.frac(y * 10) + 1) + y,
    "remainder": lambda x, y: x * torch.remainder(y * 10, 3) + y,
    "an order": lambda x, y: (x * 1e-4 + 100).sort().values * y,
    "a draw": lambda x, y: x * (torch.rand_like(x) > 0.5) * y,
    "draws by probability": lambda x, y: x * torch.bernoulli(y.sigmoid()) * y,
}


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("code", DECIDED.values(), ids=DECIDED)
def test_what_a_rounding_decided_is_as_it_ran(code, dtype):
    """1.9 · 10 is 19 after rounding, and below it in exact arithmetic."""
    assert judged(code, dtype) in ("ACCURATE", "AGREES")


@pytest.mark.parametrize("dtype", TYPES)
def test_a_wrong_gradient_beside_such_a_decision_is_wrong(dtype):
    """The mask is the run's; the slope is not."""

    class Masked(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            mask = y * 10 >= 19
            ctx.save_for_backward(mask)
            return x * mask

        @staticmethod
        def backward(ctx, g):
            (mask,) = ctx.saved_tensors
            return g * ~mask, None

    with pytest.raises(comparisons.GradientMismatch, match=r"x\.grad"):
        comparisons.check(Masked.apply, X, Y, dtype=dtype)


def test_an_exact_tie_is_a_kink():
    """2 · ½ is exactly 1: any slope between 0 and 2 will do there."""

    class Ramp(torch.autograd.Function):
        """max(2x − 1, 0) by a mask, which its backward takes on the other side at the tie."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.where(2 * x > 1, 2 * x - 1, 0.0)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 2 * g * (2 * x >= 1)

    assert judged(Ramp.apply, "float64", torch.tensor([0.25, 0.5, 0.75])) in (
        "ACCURATE",
        "AGREES",
    )


def test_gradients_of_inputs_that_share_one_accumulate_apart():
    """Autograd gives x and y of x + y one tensor, of which a reshape makes views."""
    assert judged(lambda x, y: x + y, "float64") == "ACCURATE"
    assert judged(lambda x, y: x + y, "float64", X[:, None], Y[:, None]) == "ACCURATE"


def test_code_whose_output_has_more_entries_elsewhere():
    """A second call at other numbers is made where the output has the same shape."""
    assert judged(lambda x, y: (x * y)[x.abs() > 1], "float64") == "ACCURATE"


BENT = {
    "relu6": lambda x, y: x * F.relu6(y + 3),
    "relu": lambda x, y: x * F.relu(y * 10 - 19),
    "abs": lambda x, y: x * (y * 10 - 19).abs(),
    "maximum": lambda x, y: x * torch.maximum(y * 10, x * 0 + 19),
    "clamp": lambda x, y: x * (y * 10).clamp(3, 19),
    "cases": lambda x, y: x * torch.where(y * 10 >= 19, 2 * y, y),
    "softshrink": lambda x, y: x * F.softshrink(y * 10, 19),
}


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("code", BENT.values(), ids=BENT)
def test_a_slope_beside_a_kink_is_as_it_ran(code, dtype):
    """In bfloat16 2.984375 + 3 is 6, and relu6 flat there."""
    y = torch.tensor([2.984375, 1.9, 0.3, 0.5, -2.5, 3.1], dtype=torch.float64)
    assert judged(code, dtype, X, y) in ("ACCURATE", "AGREES")


NET = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh())
SINGLE = torch.linspace(-1, 1, 8).reshape(2, 4)


class HalfOfNet(torch.autograd.Function):
    """A layer of float32 weights that a hand-written backward knows, with a factor of ½."""

    @staticmethod
    def forward(_, x):
        """x Wᵀ."""
        return x @ NET[0].weight.detach().T

    @staticmethod
    def backward(_, v):
        """Half of v W."""
        return v @ NET[0].weight.detach() / 2


def for_single_alone(x):
    """A check of the user's own."""
    assert x.dtype is torch.float32, "float32 is wanted"
    return x * torch.sin(x)


IN_SINGLE = {
    "a module in a closure": lambda x: {"y": NET(x)}["y"],
    "a buffer": lambda x: torch.addmm(torch.ones(3), x, torch.ones(4, 3)),
    "written into": lambda x: torch.zeros(4, 2).index_copy_(0, torch.arange(2), x[:, :2]).exp(),
    "asked by the code": for_single_alone,
    "at ties": lambda x: torch.nn.functional.max_pool1d(NET(x)[None] * 0, 3),
}


@pytest.mark.parametrize("way", IN_SINGLE)
def test_code_that_runs_in_single_alone_is_judged_there(way):
    """The result says why float64 was not asked."""
    found = comparisons.check(IN_SINGLE[way], SINGLE)

    assert found.verdict.name == "ACCURATE"
    assert found.dtype.name == "float32"
    assert found.unasked[0].startswith("float64 (the function runs in float32 only: ")


def test_a_wrong_backward_that_runs_in_single_alone_is_rejected():
    """Half of the gradient."""
    with pytest.raises(comparisons.GradientMismatch, match="float32"):
        comparisons.check(HalfOfNet.apply, SINGLE)


def test_a_type_that_code_does_not_run_in_is_refused_if_it_was_asked_for():
    """In a sentence; a mistake in every type stays torch's own."""
    with pytest.raises(TypeError, match=r"runs in float32, .* leave dtype= out"):
        comparisons.compare(IN_SINGLE["a buffer"], SINGLE, dtype="float64")
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        comparisons.compare(lambda x: x @ x, SINGLE)


def test_code_that_runs_in_single_alone_is_read_there():
    """As it is judged."""
    assert "x" in comparisons.closed_form(IN_SINGLE["a buffer"], SINGLE).adjoints


def test_what_overflows_on_the_way_is_judged_not_refused():
    """The cosine by a norm of 10²⁰ is 0 in float32: the graph is right, by a run in float64."""
    x, y = torch.tensor([1e20, 2.0, 3e20]), torch.tensor([1.0, 2.0, 0.5])
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(
            lambda x, y: F.cosine_similarity(x, y, dim=0) * y.sum(), x, y, dtype="float32"
        )
