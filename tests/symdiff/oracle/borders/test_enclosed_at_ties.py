"""The interval of a gradient where operands are equal."""

import numpy as np

from symdiff import adjoints
from symdiff.functions import maximum
from symdiff.graph import Graph, array, contraction, elementwise
from symdiff.graph.kinds.largest import largest
from symdiff.oracle.borders.ties import enclose_at_ties

X, Y = array("x", "n m"), array("y", "n m")
ROWS = {"x": np.array([[1.0, 2.0, 2.0], [5.0, 0.0, 1.0]]), "v": np.array([3.0, -4.0])}


def test_of_a_maximum_along_an_axis_each_of_the_equals_may_have_all():
    """Of (1, 2, 2) the second and the third get between 0 and v; where one is largest it gets v."""
    y = contraction((largest(X, "m", "first"), X), ("n",))
    low, high = enclose_at_ties(adjoints(Graph("max", (X,), {"y": y})), ROWS)["x"].ends()

    np.testing.assert_allclose(low, [[0, 0, 0], [-4, 0, 0]], atol=1e-7)  # a radius has 30 bits
    np.testing.assert_allclose(high, [[0, 3, 3], [-4, 0, 0]], atol=1e-7)  # a radius has 30 bits


def test_a_slope_at_a_tie_is_carried_on():
    """2 max(x, y) + x at x = y: x̄ between v and 3 v; a value is as it is."""
    y = elementwise(lambda a, b: 2 * maximum(a, b) + a, X, Y)
    tied = {"x": np.ones((1, 2)), "y": np.array([[1.0, 0.5]]), "v": np.ones((1, 2))}
    found = enclose_at_ties(adjoints(Graph("g", (X, Y), {"h": y})), tied)
    low, high = found["x"].ends()

    np.testing.assert_allclose(low, [[1, 3]], atol=1e-7)  # a radius has 30 bits
    np.testing.assert_allclose(high, [[3, 3]], atol=1e-7)  # a radius has 30 bits


def test_without_a_kink_nothing_is_asked():
    """A product has none."""
    y = elementwise(lambda a, b: a * b, X, Y)

    assert enclose_at_ties(adjoints(Graph("g", (X, Y), {"h": y})), {}) == {}
