"""The maximum over an axis, and who has its gradient at a tie."""

import numpy as np
import pytest
from flint import arb
from numerical import every_shape

import symdiff
from symdiff.graph import Graph, array, elementwise, literal
from symdiff.graph.kinds.largest import largest, maximum, winners
from symdiff.graph.kinds.shift import peak

X = array("x", "n k")
TIED = np.array([[1.0, 3.0, 3.0], [2.0, 1.0, 0.0], [5.0, 5.0, 5.0]])


@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        ("even", [[0, 1 / 2, 1 / 2], [1, 0, 0], [1 / 3, 1 / 3, 1 / 3]]),
        ("first", [[0, 1, 0], [1, 0, 0], [1, 0, 0]]),
    ],
)
def test_equal_entries_share_or_the_first_has_all(ties, expected):
    """Both in float64 and enclosed, as torch.amax and torch.max(dim=…) have it."""
    adjoints = symdiff.adjoints(Graph("max", (X,), {"y": maximum(X, "k", ties)}))

    np.testing.assert_array_equal(adjoints.lambdify()(x=TIED, v=np.ones(3))["x"], expected)
    enclosed = adjoints.enclose(x=TIED, v=np.ones(3))["x"]
    assert enclosed.certified.all()
    np.testing.assert_array_equal(enclosed.high, expected)


def test_balls_that_overlap_decide_nothing():
    """An entry that may be the largest, or may not, is marked NaN."""
    balls = np.array([arb(1, 0.5), arb(1.25), arb(0)], dtype=object)
    marks = winners(balls, 0, "even")

    assert [m.is_nan() for m in marks] == [True, True, False]
    assert marks[2] == 0
    assert any(peak(balls, 0) is ball for ball in balls[:2])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(("c",), "no axis 'c'"), (("k", "last"), "unknown convention for ties 'last'")],
)
def test_what_cannot_be_is_refused(arguments, sentence):
    """An axis that is not there; a convention that no framework has."""
    with pytest.raises(ValueError, match=sentence):
        largest(X, *arguments)


@pytest.mark.parametrize("kind", [np.float64, object])
def test_the_largest_and_its_marks(kind):
    """Along either axis; of equals all or the first."""
    x = np.array([[1.0, 3.0], [3.0, 3.0]]).astype(kind)

    assert peak(x, 0).tolist() == [3, 3]
    assert winners(x, 1, "even").tolist() == [[0, 1], [1, 1]]
    assert winners(x, 1, "first").tolist() == [[0, 1], [1, 0]]
    assert winners(x, 0, "first").tolist() == [[0, 1], [1, 0]]


def test_a_nan_leaves_it_open():
    """No entry of its row is known to be the largest."""
    assert np.isnan(winners(np.array([1.0, np.nan]), 0, "even")).all()


@pytest.mark.parametrize("ties", ["even", "first"])
def test_a_masked_entry_is_none_of_the_largest(ties):
    """x + (0, −∞, 0): its flag is 0, and not 0 times −∞."""
    x, mask = array("x", "n"), literal(np.array([0.0, -np.inf, 0.0]), ("n",))
    y = maximum(elementwise(lambda a, m: a + m, x, mask), "n", ties)
    found = symdiff.adjoints(Graph("f", (x,), {"y": y}))
    at = np.array([1.0, 5.0, 2.0])

    assert found.lambdify()(x=at)["x"].tolist() == [0.0, 0.0, 1.0]
    assert found.enclose(x=at)["x"].high.tolist() == [0.0, 0.0, 1.0]
    assert found.enclose(x=at)["x"].certified.all()


@pytest.mark.parametrize("ties", ["even", "first"])
def test_all_rows_at_once_are_marked_as_one_row_after_the_other(ties):
    """Of floats as of objects: ties, ±∞, NaN, rows of one entry; seed 3."""
    for x, axis in every_shape(3):
        one_by_one = winners(x.astype(object), axis, ties).astype(float)
        np.testing.assert_array_equal(winners(x, axis, ties), one_by_one, str((x, axis)))
