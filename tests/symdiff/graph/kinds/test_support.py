"""The nearest point of the simplex; random points come from numpy's generator with seed 7."""

import mpmath
import numpy as np
import pytest
from flint import arb
from numerical import every_shape

import symdiff
from symdiff.bridge.evaluator import Evaluator
from symdiff.graph import Graph, array
from symdiff.graph.composed.sparsemax import sparsemax
from symdiff.graph.kinds.support import support, supported
from symdiff.graph.signature import Signature

X = array("x", "n c")


def value(x):
    """sparsemax of each row of x."""
    return Evaluator(Signature("f", {"x": X.axes}, {}), {"y": sparsemax(X, "c")})(x=x)["y"]


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([0.0, 0.0], [0.5, 0.5]),
        ([1.5, 0.0], [1.0, 0.0]),
        ([0.5, 0.0], [0.75, 0.25]),
        ([0.1, 1.1, 0.2], [0.0, 0.95, 0.05]),
        ([7.0], [1.0]),
    ],
)
def test_known_points(x, expected):
    """Of Martins and Astudillo's figure 1, by hand: [(t + 1)/2, (1 − t)/2] for two entries."""
    assert value(np.array([x]))[0] == pytest.approx(expected, abs=1e-12)


def test_it_is_the_nearest_point_of_the_simplex():
    """It lies on it, and x − y is at no corner larger than on the support: the KKT conditions."""
    x = np.random.default_rng(7).normal(size=(200, 6))
    y = value(x)
    gap = x - y

    assert (y >= 0).all()
    assert y.sum(1) == pytest.approx(np.ones(200), abs=1e-12)
    assert ((y == 0).any(1) & (y > 0).any(1)).any()
    for row, taken in zip(gap, y > 0, strict=True):
        tau = row[taken]
        assert np.ptp(tau) < 1e-12
        assert (row[~taken] <= tau.min()).all()


def test_where_the_entries_above_exceed_by_one_exactly_nothing_is_said():
    """There the function has a kink: neither 0 nor 1, in any arithmetic."""
    for kind in (np.float64, arb, mpmath.mpf):
        marks = supported(np.array([[kind(1.0), kind(0.0)]], dtype=object), 1)[0]

        assert float(marks[0]) == 1.0
        assert np.isnan(float(marks[1])) if kind is not arb else not marks[1].is_finite()


def test_the_support_has_no_adjoint_and_an_axis():
    """Its marks are constants where there is a derivative; an axis that is not there is refused."""
    graph = Graph("marks", (X,), {"s": support(X, "c")})
    adjoint = symdiff.adjoints(graph).lambdify()(x=np.eye(3) / 2, v=np.ones((3, 3)))

    assert not np.any(adjoint.get("x", 0))
    with pytest.raises(ValueError, match="no axis 'k' to go over"):
        support(X, "k")


@pytest.mark.filterwarnings("ignore:invalid value")  # ∞ − ∞, one by one
def test_all_rows_at_once_are_flagged_as_one_row_after_the_other():
    """Of floats as of objects: sums of exactly 1, ±∞, NaN, rows of one entry; seed 3."""
    for x, axis in every_shape(3):
        one_by_one = supported(x.astype(object), axis).astype(float)
        np.testing.assert_array_equal(supported(x, axis), one_by_one, str((x, axis)))
