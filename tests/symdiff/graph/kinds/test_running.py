"""Running sums along an axis, and what an entry without a value leaves of them."""

import numpy as np
import pytest
import sympy
from numerical import check_twice

import symdiff
from symdiff.graph import Graph, array, einsum, elementwise
from symdiff.graph.kinds.gather import gather
from symdiff.graph.kinds.running import RunningSum, running_sum
from symdiff.graph.reading.closed_form import closed_form
from symdiff.oracle.enclosures.enclosure import Why

X, W = array("x", "n m"), array("w", "n")
DRAW = np.random.default_rng(20240711)


@pytest.mark.parametrize("axis", ["n", "m"])
def test_adjoints_are_right(axis):
    """Once and twice derived: the transpose sums from each entry on."""
    y = elementwise(lambda a, b: sympy.sin(a) * b, running_sum(X, axis), X)

    check_twice(
        Graph("g", (X,), {"y": y}), {"x": DRAW.normal(size=(3, 4)), "v": DRAW.normal(size=(3, 4))}
    )


def test_it_is_numpys():
    """Forward and back."""
    x = DRAW.normal(size=(3, 4))
    v = DRAW.normal(size=(3, 4))
    found = symdiff.adjoints(Graph("g", (X,), {"y": running_sum(X, "m")})).lambdify()(x=x, v=v)

    np.testing.assert_allclose(found["x"], np.flip(np.cumsum(np.flip(v, 1), 1), 1), rtol=1e-15)


def test_how_it_is_written():
    """By name, and as a sum up to an index."""
    graph = Graph("g", (X,), {"y": running_sum(X, "m")})

    assert str(symdiff.adjoints(graph)) == "ȳ = v\nx̄ = cumsum_back_m(v)"
    assert str(closed_form(graph.output)) == "Sum(x[i, k], (k, 0, j))"


def test_many_entries_are_enclosed_by_float_balls():
    """To float32, and the bounds hold: against sums in exact arithmetic."""
    x = DRAW.normal(size=(2, 300)).astype(np.float32).astype(float)
    v = array("v_y", "n m")
    graph = Graph("g", (X, v), {"L": einsum("n m, n m ->", running_sum(X, "m"), v)})
    found = symdiff.adjoints(graph).enclose(x=x, v_y=np.ones((2, 300)), target="float32")

    assert found["v_y"].certified.all()
    exact = symdiff.adjoints(graph).enclose(x=x, v_y=np.ones((2, 300)))["v_y"]
    assert (np.abs(found["v_y"].high - exact.high) <= found["v_y"].bound + exact.bound).all()
    assert found["x"].high.tolist() == [list(range(300, 0, -1))] * 2


def test_an_axis_that_is_not_there_is_refused():
    """As for a product."""
    with pytest.raises(ValueError, match="no axis 'k' to sum along"):
        running_sum(X, "k")


class TestWithoutValue:
    """Of log(x) with an x < 0."""

    X = array("x", "n")
    LOG = elementwise(sympy.log, X)
    AT = np.array([1.0, 2.0, -3.0, 4.0])

    def test_values_before_it_are_certified(self):
        """Those from it on are undefined, and what is differentiated is."""
        weighted = einsum("n, n ->", running_sum(self.LOG, "n"), W)
        found = symdiff.adjoints(Graph("f", (self.X, W), {"L": weighted})).enclose(
            x=self.AT, w=np.ones(4)
        )

        assert found["w"].certified.tolist() == [True, True, False, False]
        np.testing.assert_allclose(found["w"].high[:2], [0, np.log(2.0)], rtol=1e-15)
        assert set(found["x"].why.tolist()) == {Why.UNDEFINED}

    def test_a_product_with_a_triangle_mixes_all(self):
        """0 times what has no value has none."""
        triangle = array("a", "n m")
        y = einsum("m, n m -> n", elementwise(sympy.log, array("x", "m")), triangle)
        graph = Graph("f", (array("x", "m"), W, triangle), {"L": einsum("n, n ->", y, W)})
        found = symdiff.adjoints(graph).enclose(x=self.AT, w=np.ones(4), a=np.tril(np.ones((4, 4))))

        assert not found["w"].certified.any()

    def test_a_slice_leaves_it_behind(self):
        """What is not taken has the slope 0, and spoils nothing; unless it was compared."""
        head = gather(self.LOG, np.array([0, 1]), ("k",), (4,))
        graph = Graph("f", (self.X,), {"y": head, "L": einsum("k ->", head)})
        found = symdiff.adjoints(graph).enclose(x=self.AT)["x"]
        assert found.certified.all()
        assert found.high.tolist() == [1.0, 0.5, 0.0, 0.0]
        chosen = gather(self.LOG, np.array([0, 1]), ("k",), (4,), chosen=True)
        graph = Graph("f", (self.X,), {"y": chosen, "L": einsum("k ->", chosen)})
        assert not symdiff.adjoints(graph).enclose(x=self.AT)["x"].certified.any()

    def test_an_output_that_is_an_array_is_asked_for_entry_by_entry(self):
        """Of log(x) rolled by one each entry hangs on its own x alone."""
        rolled = gather(self.LOG, np.array([3, 0, 1, 2]), ("n",), (4,))
        found = symdiff.adjoints(Graph("f", (self.X,), {"y": rolled})).enclose(
            x=self.AT, v=np.ones(4)
        )["x"]

        assert found.certified.tolist() == [True, True, False, True]


def test_onward_is_its_transpose():
    """And the other way round."""
    there = running_sum(X, "m")
    (back,) = there.pullback(X)

    assert isinstance(back, RunningSum)
    assert back.onward
    assert back.pullback(X) == (there,)
