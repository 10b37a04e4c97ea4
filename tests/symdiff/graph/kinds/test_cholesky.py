"""Cholesky factors of symmetric positive definite matrices."""

import numpy as np
import pytest
from numerical import check, check_twice

import symdiff
from symdiff.graph import Graph, array, cholesky

DRAW = np.random.default_rng(20240307)
X = array("x", "b i j")
GRAPH = Graph("g", (X,), {"y": cholesky(X)})


def _positive(*shape):
    a = DRAW.normal(size=shape)
    p = a @ np.swapaxes(a, -1, -2) + np.eye(shape[-1])
    return (p + np.swapaxes(p, -1, -2)) / 2


def test_adjoints_are_the_numerical_derivatives():
    """Once and twice derived."""
    check_twice(GRAPH, {"x": _positive(2, 2, 2), "v": DRAW.normal(size=(2, 2, 2))})
    check(GRAPH, {"x": _positive(1, 4, 4), "v": DRAW.normal(size=(1, 4, 4))})


def test_the_adjoint_is_symmetric():
    """As torch's: it is a function of the symmetric part."""
    found = symdiff.adjoints(GRAPH).lambdify()(x=_positive(1, 3, 3), v=DRAW.normal(size=(1, 3, 3)))

    np.testing.assert_allclose(found["x"], np.swapaxes(found["x"], -1, -2))


@pytest.mark.parametrize("last", [-1.0, 0.0])
def test_what_is_not_positive_definite_is_not_certified(last):
    """NaN in float64, no bound in balls; the other matrix of the batch is right."""
    given = {"x": np.stack([np.diag([1.0, last]), np.eye(2)]), "v": np.ones((2, 2, 2))}
    found = symdiff.adjoints(GRAPH)
    enclosed = found.enclose(**given)["x"]

    assert not enclosed.certified[0].any()
    assert enclosed.certified[1].all()
    assert np.isnan(found.lambdify()(**given)["x"][0]).all()
