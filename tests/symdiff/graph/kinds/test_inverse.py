"""Inverses of matrices, one or a batch."""

import numpy as np
import pytest
from numerical import check_twice

import symdiff
from symdiff.graph import Graph, array, inverse

DRAW = np.random.default_rng(20240305)


@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3), (1, 1)])
def test_adjoints_are_the_numerical_derivatives(shape):
    """Once and twice derived."""
    x = array("x", "b i j"[-2 * len(shape) + 1 :])
    given = {"x": DRAW.normal(size=shape), "v": DRAW.normal(size=shape)}

    check_twice(Graph("g", (x,), {"y": inverse(x)}), given)


def test_it_is_written_as_in_a_paper():
    """X̄ = −Yᵀ Ȳ Yᵀ."""
    graph = Graph("g", (array("x", "i j"),), {"y": inverse(array("x", "i j"))})

    assert str(symdiff.adjoints(graph)) == "ȳ = v\nx̄ = −(yᵀ v) yᵀ"


def test_of_a_singular_matrix_nothing_is_certified():
    """NaN in float64, unbounded in balls, and the other matrix of the batch is right."""
    x = array("x", "b i j")
    found = symdiff.adjoints(Graph("g", (x,), {"y": inverse(x)}))
    given = {"x": np.stack([np.ones((2, 2)), np.eye(2)]), "v": np.ones((2, 2, 2))}
    enclosed = found.enclose(**given)["x"]

    assert not enclosed.certified[0].any()
    assert enclosed.certified[1].all()
    assert np.isnan(found.lambdify()(**given)["x"][0]).all()


def test_an_array_without_two_axes_is_refused():
    """A vector has no inverse."""
    with pytest.raises(ValueError, match="an inverse goes over the last two axes"):
        inverse(array("x", "n"))
