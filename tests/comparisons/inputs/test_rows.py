"""Rows of losses over arrays meet their margins; what is wrong there alone is rejected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import comparisons
from comparisons import Verdict
from comparisons.dtypes import FLOAT_TYPES, float_type
from comparisons.inputs.rows import Rows

types = pytest.mark.parametrize("dtype", FLOAT_TYPES.values(), ids=str)


def _of_class(x, t):
    """Each row's score of its own class, beside it."""
    return np.take_along_axis(x, t.astype(int)[:, np.newaxis], axis=1)


def _gap(x, t):
    """margin − x_t + x_i of multi_margin, where i ≠ t."""
    return np.where(np.arange(x.shape[1]) == t[:, np.newaxis], np.nan, 1 - _of_class(x, t) + x)


MARGINS = {
    "multi_margin": lambda s: _gap(s["x"], s["t"]),
    "margin_ranking": lambda s: s["t"] * (s["x1"] - s["x2"]),
    "hinge_embedding": lambda s: np.where(s["t"] < 0, 1 - s["x"], np.nan),
    "gaussian_nll": lambda s: s["x"] - s["t"],
}


@types
@pytest.mark.parametrize("name", MARGINS)
def test_a_margin_is_met_exactly_and_on_both_sides(name, dtype):
    """In every type: entries have few digits."""
    sample = comparisons.array_loss(name).sample(dtype)
    off = MARGINS[name](sample)

    assert np.count_nonzero(off == 0) >= 1
    assert (off > 0).any()
    assert (off < 0).any()


@types
@pytest.mark.parametrize("name", ["multi_margin", "cosine_embedding", "triplet_margin"])
def test_rows_are_values_of_the_type_and_come_again(name, dtype):
    """And are not many."""
    first, second = (comparisons.array_loss(name).sample(dtype) for _ in range(2))

    for key, values in first.items():
        assert np.array_equal(values, second[key])
        assert np.array_equal(values, dtype.round(values))
        assert len(values) <= 6 + 60


def test_the_entries_of_a_row_are_moved_together(monkeypatch):
    """An evaluation for each that moves, and a dozen for all of them."""
    asked, plain = [], Rows._evaluate

    def evaluated(self, points):
        asked.append(points)
        return plain(self, points)

    monkeypatch.setattr(Rows, "_evaluate", evaluated)
    comparisons.array_loss("multi_margin").sample(float_type("float64"))

    assert len(asked) <= 5 + 12


def test_a_clamped_variance_is_asked_on_both_sides_of_its_border():
    """ε = 10⁻⁶ of gaussian_nll."""
    s = comparisons.array_loss("gaussian_nll", reduction="none").sample(float_type("float64"))["s"]

    assert np.count_nonzero(s < 1e-6) >= 2
    assert np.count_nonzero((s > 0.8e-6) & (s < 1.2e-6)) >= 2


class _Spoilt(torch.autograd.Function):
    """The identity, with half as much again passed back in some places, and a quarter."""

    @staticmethod
    def forward(ctx, x, where):
        ctx.save_for_backward(where)
        return x.clone()

    @staticmethod
    def backward(ctx, v):
        (where,) = ctx.saved_tensors
        return torch.where(where, 1.5 * v - 0.25, v), None


WRONG = {
    "multi_margin, at the margin": (
        "multi_margin",
        "x",
        lambda s: 1 - s["x"].gather(1, s["t"].long()[:, None]) + s["x"] == 0,
    ),
    "margin_ranking, at the tie": ("margin_ranking", "x1", lambda s: s["x1"] == s["x2"]),
    "hinge_embedding, at the margin": (
        "hinge_embedding",
        "x",
        lambda s: (s["x"] == 1) & (s["t"] < 0),
    ),
    "hinge_embedding, beyond ±100": ("hinge_embedding", "x", lambda s: s["x"].abs() > 100),
    "poisson_nll, e^x large": ("poisson_nll", "x", lambda s: s["x"] > 40),
    "poisson_nll, t large": ("poisson_nll", "t", lambda s: s["t"] > 40),
    "gaussian_nll, below ε": ("gaussian_nll", "s", lambda s: s["s"] < 1e-6),
    "gaussian_nll, at the target": ("gaussian_nll", "x", lambda s: s["x"] == s["t"]),
    "kl_div, t small": ("kl_div", "t", lambda s: s["t"] < 1e-3),
    "binary_cross_entropy_with_logits, far out": (
        "binary_cross_entropy_with_logits",
        "x",
        lambda s: s["x"].abs() > 40,
    ),
    "triplet_margin, far out": ("triplet_margin", "p", lambda s: s["p"].abs() > 40),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_loss_wrong_on_a_border_alone_is_rejected(name):
    """With each row's own cotangent; the loss as it is holds."""
    loss, of, where = WRONG[name]
    subject = comparisons.array_loss(loss, reduction="none")

    def forward(**tensors):
        spoilt = _Spoilt.apply(tensors[of], where(tensors))
        return subject.forward(**{**tensors, of: spoilt})

    assert not comparisons.compare(subject).verdict.worse_than(Verdict.AGREES)
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(replace(subject, forward=forward))
