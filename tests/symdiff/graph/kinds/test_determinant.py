"""Determinants, of singular matrices too."""

import numpy as np
import pytest
from numerical import check_twice

import symdiff
from symdiff.graph import Graph, array, determinant
from symdiff.graph.kinds.determinant import cofactors
from symdiff.trees.extent import TooLarge

DRAW = np.random.default_rng(20240306)
X = array("x", "b i j")
REGULAR = DRAW.normal(size=(3, 3))
RANK_2 = REGULAR.copy()
RANK_2[2] = RANK_2[1]
RANK_1 = np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 0.5])


@pytest.mark.parametrize(
    "matrix",
    [REGULAR, RANK_2, RANK_1, np.zeros((3, 3)), -np.eye(3)],
    ids=["regular", "rank 2", "rank 1", "zero", "turned"],
)
def test_adjoints_are_the_numerical_derivatives(matrix):
    """Once and twice derived, whatever the rank."""
    given = {"x": np.stack([matrix, REGULAR]), "v": DRAW.normal(size=2)}

    check_twice(Graph("g", (X,), {"y": determinant(X)}), given)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_other_sizes(n):
    """A number, and even ones."""
    x = array("x", "i j")

    check_twice(Graph("g", (x,), {"y": determinant(x)}), {"x": DRAW.normal(size=(n, n))})


def test_cofactors_in_float64_are_those_of_minors():
    """Of a singular matrix, against determinants of what is left."""
    found = cofactors(RANK_2, 1.0)
    minor = lambda i, j: np.linalg.det(np.delete(np.delete(RANK_2, i, 0), j, 1))  # noqa: E731
    expected = [[(-1) ** (i + j) * minor(i, j) for j in range(3)] for i in range(3)]

    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_how_it_is_written():
    """By its name: no entry of a determinant is written out."""
    found = symdiff.adjoints(Graph("g", (X,), {"y": determinant(X)}))

    assert str(found) == "ȳ = v\nx̄ = v ∘ cofactors(x)"
    with pytest.raises(TooLarge):
        found["x"]
