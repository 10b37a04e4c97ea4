"""Products along an axis, with zeros among the factors."""

import numpy as np
import pytest
from numerical import check_twice

import symdiff
from symdiff.graph import Graph, array, product
from symdiff.graph.reading.closed_form import closed_form

X = array("x", "n m")
DRAW = np.random.default_rng(20240304)


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
@pytest.mark.parametrize("axis", ["n", "m"])
def test_adjoints_are_right_with_zeros(axis, zeros):
    """None, one, two or all of a row are 0: once and twice derived."""
    x = DRAW.normal(size=(2, 3))
    x[0, :zeros] = 0
    x[:zeros, 2] = 0
    v = DRAW.normal(size=2 if axis == "m" else 3)

    check_twice(Graph("g", (X,), {"y": product(X, axis)}), {"x": x, "v": v})


def test_how_it_is_written():
    """The product of the others, by name and entry by entry."""
    graph = Graph("g", (X,), {"y": product(X, "m")})

    assert str(symdiff.adjoints(graph)) == "ȳ = v\nx̄ = v ∘ prod_others_m(x)"
    assert "Product" in str(closed_form(graph.output))


@pytest.mark.parametrize("length", [0, 1])
def test_of_one_or_none(length):
    """The product of none is 1; of one the others' is 1."""
    found = symdiff.adjoints(Graph("g", (X,), {"y": product(X, "m")}))
    given = {"x": np.full((2, length), 5.0), "v": np.ones(2)}

    assert found.lambdify()(**given)["x"].tolist() == [[1.0] * length] * 2
    assert found.enclose(**given)["x"].high.tolist() == [[1.0] * length] * 2


def test_an_axis_that_is_not_there_is_refused():
    """As for a maximum."""
    with pytest.raises(ValueError, match="no axis 'k' to multiply along"):
        product(X, "k")
