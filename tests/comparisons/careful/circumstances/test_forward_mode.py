"""Forward mode of code that torch differentiates itself, and of what is written by hand."""

from __future__ import annotations

import math

import pytest
import torch

import comparisons
from comparisons.careful.circumstances import pushed as pushing

_LOWER = [[[2.0, 0.0], [-7.0, 3.0]], [[3.0, 0.0], [-13.0, 2.0]]]
_RIGHT = torch.tensor([[1.0, 2.0], [-1.0, 3.0]], dtype=torch.float64)
_TWICE = torch.tensor([0, 0, 2])


@pytest.fixture(autouse=True, params=[False, True], ids=["at first", "later"])
def _loaded(request, monkeypatch):
    """Whether torch has loaded its compiler, and is asked at once."""
    monkeypatch.setattr(pushing, "_is_loaded", lambda: request.param)


def _numbers(*values):
    return torch.tensor(values, dtype=torch.float64)


def _lower(t):
    one = torch.ones_like(t)
    return torch.stack((t + 1, 0 * t, one, 2 * one)).reshape(2, 2)


# What torch 2.13 gives for a tangent, where its gradient is right; by the issue of pytorch/pytorch.
WRONG = {
    "196682: cholesky_inverse": (
        lambda t: torch.cholesky_inverse(_lower(t)),
        [torch.tensor(0.7, dtype=torch.float64)],
    ),
    "196694: cholesky_solve": (
        lambda low: torch.cholesky_solve(_RIGHT, low.tril()),
        [torch.tensor(_LOWER, dtype=torch.float64)],
    ),
    "196702: scatter_reduce": (
        lambda x, s: torch.scatter_reduce(x, 0, _TWICE, s, reduce="prod"),
        [_numbers(1.01, 1.02, 3.01), _numbers(2.01, 1.03, 3.02)],
    ),
    "196707: triangular_solve": (
        lambda b, a: torch.triangular_solve(b, a, unitriangular=True)[0],
        [_RIGHT, torch.tensor([[2.0, 0.5], [0.0, 3.0]], dtype=torch.float64)],
    ),
}


@pytest.mark.filterwarnings("ignore:torch.triangular_solve is deprecated")
@pytest.mark.parametrize("case", WRONG)
def test_a_tangent_of_torch_s_that_is_wrong_is_rejected(case):
    """And the line beside it prints both numbers."""
    function, inputs = WRONG[case]
    with pytest.raises(comparisons.GradientMismatch, match="is another in forward mode") as raised:
        comparisons.check(function, *inputs)
    line = str(raised.value).splitlines()[-1].strip()
    said = []
    exec(line, {"f": function, "print": lambda *numbers: said.append(numbers)})  # noqa: S102 - that it runs is tested
    ((pushed, pulled),) = said

    assert f"{pulled} by its backward" in str(raised.value)
    assert f"{pushed} by its jvp" in str(raised.value)


def test_where_torch_documents_that_tangents_go_on_it_is_not_asked():
    """`no_grad` is no word about forward mode (its documentation; pytorch#78961)."""

    def stopped(x):
        with torch.no_grad():
            factor = x.exp()
        return x * factor

    comparisons.check(stopped, _numbers(0.5, -1.0))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.amax(0),
        lambda x: torch.cummax(x, 0).values,
        lambda x: torch.clamp(x, 1.0, 2.0) * x,
        lambda x: torch.linalg.vector_norm(x - 1.0) * x,
        lambda x: torch.nn.functional.dropout(x, 0.5) * x.sum(),
    ],
)
def test_ties_kinks_and_chance_pass(function):
    """Each mode may choose by itself there."""
    comparisons.check(function, _numbers(1.0, 1.0, 2.0))


@pytest.mark.parametrize(
    "function",
    [
        torch.linalg.cholesky,
        lambda a: torch.linalg.cholesky(a, upper=True),
        lambda a: torch.cholesky_solve(_RIGHT, torch.linalg.cholesky(a)),
        lambda a: torch.linalg.solve_triangular(a.tril(), _RIGHT, upper=False),
    ],
)
def test_what_reads_half_of_a_symmetric_matrix_is_asked_for_symmetric_tangents(function):
    """The gradient of the other half is by convention."""
    comparisons.check(function, torch.tensor([[4.0, 1.0], [1.0, 3.0]], dtype=torch.float64))


def test_what_reads_a_triangle_is_asked_for_a_triangle():
    """The other one is not read, and its gradient is not 0."""
    low = torch.tensor([[4.0, 0.0], [1.0, 3.0]], dtype=torch.float64)
    comparisons.check(lambda a: torch.linalg.solve_triangular(a, _RIGHT, upper=False), low)


class _Modes(torch.autograd.Function):
    """|x| Σ x, with the slope of |x| in forward mode given."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x.abs() * x.sum()

    @staticmethod
    def backward(ctx, v):
        (x,) = ctx.saved_tensors
        return v * x.sign() * x.sum() + (v * x.abs()).sum()

    @classmethod
    def jvp(cls, ctx, t):
        (x,) = ctx.saved_tensors
        return t * cls.slope(x) * x.sum() + x.abs() * t.sum()


class _Right(_Modes):
    slope = staticmethod(lambda x: torch.where(x < 0, -1.0, 1.0))


class _NaN(_Modes):
    slope = staticmethod(lambda x: torch.where(x > 1, math.nan, x.sign()))


def test_another_slope_at_a_kink_is_a_choice():
    """At 0 the backward has 0, and the tangent 1."""
    comparisons.check(_Right.apply, _numbers(0.0, -1.5, 0.5))


def test_a_tangent_of_nan_is_rejected():
    """It was passed over: a NaN is no difference of two numbers."""
    with pytest.raises(comparisons.GradientMismatch, match="in forward mode: v·Jt = nan"):
        comparisons.check(_NaN.apply, _numbers(0.25, -1.5, 2.0))
