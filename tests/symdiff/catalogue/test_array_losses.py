"""Losses over arrays: what they are, and how they are reduced."""

import numpy as np
import pytest

import symdiff
from symdiff.catalogue.array_losses import array_losses, reduced


def test_cross_entropy_s_adjoint_is_softmax_less_the_target():
    """x̄ = (s − q)/N, through the log-softmax's own rule."""
    f = symdiff.adjoints(array_losses["cross_entropy"]()).lambdify()
    x, t = np.random.default_rng(3).normal(size=(4, 3)), np.array([0, 2, 1, 1])
    s = np.exp(x) / np.exp(x).sum(1, keepdims=True)

    np.testing.assert_allclose(f(x=x, t=t)["x"], (s - np.eye(3)[t]) / 4, rtol=1e-14)


def test_an_ignored_index_has_no_gradient():
    """Its row of x̄ is 0, and the mean is over the others."""
    f = symdiff.adjoints(array_losses["cross_entropy"](ignore_index=2)).lambdify()
    x = np.random.default_rng(3).normal(size=(3, 4))
    found = f(x=x, t=np.array([1, 2, 0]))["x"]

    assert not found[1].any()
    np.testing.assert_array_equal(found[[0, 2]], f(x=x[[0, 2]], t=np.array([1, 0]))["x"])


def test_class_indices_have_no_adjoint():
    """And the reason is said."""
    missing = symdiff.adjoints(array_losses["nll"]()).missing

    assert {"t": "cut by its use as an index"} == dict(missing)


@pytest.mark.parametrize("name", symdiff.losses)
def test_a_mean_is_a_sum_over_the_count(name):
    """L̄ of a mean is that of a sum over N, for every pointwise loss."""
    y, t = np.array([0.25, 0.5, 0.75]), np.array([0.5, 0.5, 1.0])
    summed = symdiff.adjoints(reduced(name, "sum", "n")).lambdify()(y=y, t=t)
    averaged = symdiff.adjoints(reduced(name, "mean", "n")).lambdify()(y=y, t=t)

    np.testing.assert_allclose(averaged["y"] * 3, summed["y"], rtol=1e-15)


@pytest.mark.parametrize("name", array_losses)
def test_an_unknown_reduction_is_refused(name):
    """In a sentence that names those there are."""
    with pytest.raises(ValueError, match="unknown reduction 'median'; choose 'none', 'sum'"):
        array_losses[name](reduction="median")
