"""Kinks of two variables, and the end of the range for cotangents of any size."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import comparisons
from comparisons.dtypes import float_type
from comparisons.inputs.several import usual
from symdiff.definition import Definition, user_definition

MAXIMUM = user_definition("max(y, t)", ("y", "t"), {})


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_half_of_each_side_is_a_gradient_at_a_tie(dtype):
    """torch.maximum gives both operands a half; no more than 1 would be right."""
    found = comparisons.compare(torch.maximum, MAXIMUM, dtype=dtype)

    assert found.verdict is comparisons.Verdict.ACCURATE
    assert found.counts()[comparisons.Status.KINK_INSIDE] > 1000


class _Tied(torch.autograd.Function):
    """maximum, whose gradient is wrong at a tie or beside it."""

    @staticmethod
    def forward(ctx, y, t, at_tie, beside):
        ctx.save_for_backward(y, t)
        ctx.factors = at_tie, beside
        return torch.maximum(y, t)

    @staticmethod
    def backward(ctx, v):
        y, t = ctx.saved_tensors
        at_tie, beside = ctx.factors
        slope = torch.where(y == t, at_tie, torch.where(y > t, beside, 0.0))
        other = torch.where(y == t, 0.5, torch.where(t > y, 1.0, 0.0))
        return v * slope, v * other, None, None


@pytest.mark.parametrize(("at_tie", "beside"), [(1.5, 1.0), (-0.1, 1.0), (0.5, 0.999)])
def test_what_is_outside_the_interval_or_beside_the_tie_is_wrong(at_tie, beside):
    """A tie excuses what lies between the two sides, and nothing else."""
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(lambda y, t: _Tied.apply(y, t, at_tie, beside), MAXIMUM)


@pytest.mark.parametrize("name", ["gelu", "mish"])
def test_the_end_of_the_range_is_no_edge_to_fall_from(name):
    """f' is 1 but for rounding: the largest cotangent times it overflows, or just does not."""
    found = comparisons.compare(name, cotangent="largest")

    assert found.wrong == 0
    assert found.verdict is comparisons.Verdict.FAILS_AT_INFINITY  # NaN at ±∞, where a limit is


def test_what_should_overflow_and_does_not_is_wrong():
    """Twice the largest number is no number, whatever half of it is."""

    class Held(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):  # noqa: ARG004 - torch's signature
            return 2 * z

        @staticmethod
        def backward(ctx, v):  # noqa: ARG004 - torch's signature
            return (2 * v).clamp(-1.79e308, 1.79e308)

    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(Held.apply, "2*z", cotangent="largest")


def test_pairs_are_within_their_domain():
    """0 and 1 are put in where the domain reaches them."""
    wide = user_definition("y*log(t)", ("y", "t"), {})
    narrow = Definition(
        "narrow", wide.formula, ("y", "t"), domain={"t": (0.25, 0.75)}, source="a test"
    )
    kind = float_type("float64")

    assert set(usual(wide, kind)["t"][:1024]) == {0.0, 1.0}
    t = usual(narrow, kind)["t"]
    assert ((t > 0.25) & (t < 0.75)).all()
    assert np.unique(t).size > 4000
