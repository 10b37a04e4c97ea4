"""Losses whose backward is wrong on a border alone are rejected by the bare call; honest ones not.

Each by its formula, as `check(loss, "huber")`.
"""
# ruff: noqa: ARG005 - where a loss is wrong is said of both variables

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

import comparisons
import symdiff


def by_hand(value, slopes):
    """A loss with this value and these two slopes, as an `autograd.Function`."""

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(ctx, y, t):
            ctx.save_for_backward(y, t)
            return value(y, t)

        @staticmethod
        def backward(ctx, v):
            at_y, at_t = slopes(*ctx.saved_tensors)
            return v * at_y, v * at_t

    return Loss.apply


def spoilt(slopes, where, factor=1.5):
    """The slopes with the first wrong in some places."""

    def wrong(y, t):
        at_y, at_t = slopes(y, t)
        return torch.where(where(y, t), factor * at_y + 0.25 * (factor == 1.5), at_y), at_t

    return wrong


def _hinge(y, t):
    return (1 - y * t).clamp(min=0)


def _hinge_slopes(y, t):
    inside = y * t < 1
    return torch.where(inside, -t, 0.0), torch.where(inside, -y, 0.0)


def _square(y, t):
    return (y - t) ** 2


def _square_slopes(y, t):
    return 2 * (y - t), -2 * (y - t)


def _huber(y, t):
    return F.huber_loss(y, t, reduction="none")


def _huber_slopes(y, t):
    away = (y - t).clamp(-1, 1)
    return away, -away


def _logits(y, t):
    return F.binary_cross_entropy_with_logits(y, t, reduction="none")


def _logits_slopes(y, t):
    return torch.where(y < 0, y.exp() / (1 + y.exp()), 1 / (1 + (-y).exp())) - t, -y


def _poisson(y, t):
    return y.exp() - t * y


def _poisson_slopes(y, t):
    return y.exp() - t, -y


HINGE, POISSON = symdiff.loss("max(0, 1 - y*t)"), symdiff.loss("exp(y) - t*y")

HONEST = {
    "hinge": (HINGE, _hinge, _hinge_slopes),
    "mse": ("mse", _square, _square_slopes),
    "huber": ("huber", _huber, _huber_slopes),
    "bce_with_logits": ("bce_with_logits", _logits, _logits_slopes),
    "poisson": (POISSON, _poisson, _poisson_slopes),
}

WRONG = {
    "hinge, at the margin": ("hinge", lambda y, t: y * t == 1),
    "hinge, a unit inside the margin": ("hinge", lambda y, t: (y * t < 1) & (y * t > 1 - 1e-15)),
    "hinge, at 0": ("hinge", lambda y, t: (y == 0) & (t != 0)),
    "hinge, y of 1e30": ("hinge", lambda y, t: y < -1e30),
    "mse, at the tie": ("mse", lambda y, t: y == t),
    "mse, beside the tie": ("mse", lambda y, t: (y != t) & (abs(y - t) <= 1e-15 * abs(y))),
    "mse, beyond 100": ("mse", lambda y, t: y > 100),
    "mse, beyond −100": ("mse", lambda y, t: t < -100),
    "mse, beyond 1e100": ("mse", lambda y, t: abs(y) > 1e100),
    "mse, where the square overflows": ("mse", lambda y, t: torch.isinf((y - t) ** 2)),
    "huber, at δ": ("huber", lambda y, t: abs(y - t) == 1),
    "huber, a unit below δ": ("huber", lambda y, t: (abs(y - t) < 1) & (abs(y - t) > 1 - 1e-15)),
    "huber, at −δ": ("huber", lambda y, t: y - t == -1),
    "huber, beyond ±100": ("huber", lambda y, t: (abs(y) > 100) & (abs(y - t) < 1)),
    "huber, at the tie": ("huber", lambda y, t: y == t),
    "bce_with_logits, beyond ±100": ("bce_with_logits", lambda y, t: abs(y) > 100),
    "bce_with_logits, at t = 1": ("bce_with_logits", lambda y, t: (t == 1) & (y < -40)),
    "bce_with_logits, t tiny": ("bce_with_logits", lambda y, t: (t > 0) & (t < 1e-200)),
    "poisson, where e^y overflows": ("poisson", lambda y, t: y > 709),
    "poisson, where e^y is t": ("poisson", lambda y, t: abs(y.exp() - t) <= 1e-15 * t),
    "poisson, where e^y is lost": ("poisson", lambda y, t: (y.exp() + t == t) & (y > -50)),
}


@pytest.mark.parametrize("name", HONEST)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_honest_backward_is_not_rejected(name, dtype):
    """At the same points."""
    definition, value, slopes = HONEST[name]

    assert comparisons.check(by_hand(value, slopes), definition, dtype=dtype)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_on_a_border_alone_is_rejected(name):
    """Half as much again, and a quarter."""
    loss, where = WRONG[name]
    definition, value, slopes = HONEST[loss]
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(by_hand(value, spoilt(slopes, where)), definition)


@pytest.mark.parametrize(
    ("dtype", "cut"), [("float64", 1e-310), ("float64", 1e-200), ("float32", 1e-40)]
)
def test_a_slope_that_is_nothing_too_early_is_inaccurate(dtype, cut):
    """σ(y) − t at t = 0, with σ flushed to 0 before it underflows: `accurate` does not hold."""
    definition, value, slopes = HONEST["bce_with_logits"]
    flushed = spoilt(slopes, lambda y, t: (t == 0) & (slopes(y, t)[0] < cut), 0.0)
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(by_hand(value, flushed), definition, dtype=dtype, accept="accurate")
    found = comparisons.compare(by_hand(value, slopes), definition, dtype=dtype)
    beside = comparisons.compare(by_hand(value, flushed), definition, dtype=dtype)

    lost = comparisons.Status.LOST, comparisons.Status.INACCURATE
    assert sum(beside.counts().get(s, 0) for s in lost) > sum(
        found.counts().get(s, 0) for s in lost
    )


Y = torch.tensor([-1.5, -0.4, 0.2, 0.7], dtype=torch.float64)
T = torch.tensor([0.3, 1.0, 0.25, 0.5], dtype=torch.float64)
# Code without a formula is asked within ±64, and further out while its parts are of usual size.
FURTHER = {
    *("hinge, y of 1e30", "mse, beyond 1e100", "mse, where the square overflows"),
    *("bce_with_logits, beyond ±100", "bce_with_logits, t tiny", "poisson, where e^y overflows"),
}
TARGETS = pytest.mark.parametrize("free", [True, False], ids=["both", "the target is a constant"])


def _arguments(free):
    return (Y, T) if free else (Y.clone().requires_grad_(), T)


@TARGETS
@pytest.mark.parametrize("name", HONEST)
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_honest_code_of_two_tensors_is_not_rejected_without_a_formula(name, dtype, free):
    """And is asked at other pairs than those given."""
    _, value, slopes = HONEST[name]
    found = comparisons.check(by_hand(value, slopes), *_arguments(free), dtype=dtype)

    assert "other points" in " ".join(found.also)


@TARGETS
@pytest.mark.parametrize("name", [n for n in WRONG if n not in FURTHER])
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_code_wrong_on_a_border_is_rejected_without_a_formula(name, free):
    """Its forward is the formula; at the four pairs given it is right."""
    loss, where = WRONG[name]
    _, value, slopes = HONEST[loss]
    wrong = by_hand(value, spoilt(slopes, where))

    assert comparisons.compare(wrong, *_arguments(free)).verdict is comparisons.Verdict.ACCURATE
    with pytest.raises(comparisons.GradientMismatch, match="at other points"):
        comparisons.check(wrong, *_arguments(free))


def test_plain_code_that_differentiates_itself_is_not_rejected_on_its_borders():
    """torch's own choice at a tie, a margin, a mask; beside them rounding decides."""
    codes = (
        lambda y, t: (1 - y * t).clamp(min=0),
        lambda y, t: torch.relu(0.3 - y * t),
        lambda y, t: (y - t).abs(),
        lambda y, t: torch.where((y - t).abs() < 0.1, (y - t) ** 2, (y - t).abs()),
        lambda y, t: torch.maximum(y, t) * torch.minimum(y, 3 * t),
        lambda y, t: (y - t) / (y + t),
        lambda y, t: torch.log1p((y - t) ** 2),
        lambda y, t: (y.exp() - t.exp()).abs(),
        torch.atan2,
        torch.hypot,
        lambda y, t: (y * t > 0.3) * y,
        lambda y, t: torch.sqrt(y * y + t * t + 1e-12),
    )
    for code in codes:
        for dtype in ("float64", "float32", "bfloat16"):
            comparisons.check(code, Y, T, dtype=dtype)
