"""The array operations of a program."""

import mpmath
import numpy as np
import pytest
from flint import arb

from symdiff.graph.kinds.einsum import contract
from symdiff.graph.kinds.largest import winners
from symdiff.graph.kinds.part import placed, taken
from symdiff.graph.kinds.position import positions
from symdiff.graph.kinds.shift import peak
from symdiff.graph.layout import align


def test_a_contraction_of_mpmath_numbers():
    """einsum multiplies and adds numbers of any kind."""
    entries = np.array([mpmath.mpf(1) / 3, mpmath.mpf(2)], dtype=object)

    assert contract("a,a->", entries, entries) == entries[0] ** 2 + 4


@pytest.mark.parametrize(
    ("order", "shape", "expected"),
    [
        ((0, 1), (), (2, 3)),
        ((1, 0), (), (3, 2)),
        ((0, -1, 1), (), (2, 1, 3)),
        ((-1, 1, 0), (), (1, 3, 2)),
        ((0, -1, 1), (2, 4, 3), (2, 4, 3)),
    ],
)
def test_axes_are_moved_and_put_in(order, shape, expected):
    """The result has the operand's axes in the given order and new ones at −1."""
    assert expected == align(np.zeros((2, 3)), order, shape).shape


def test_values_are_repeated_along_a_new_axis():
    """A new axis with a length repeats the values."""
    np.testing.assert_array_equal([[1, 1], [2, 2]], align(np.array([1, 2]), (0, -1), (2, 2)))


def test_a_part_and_its_place():
    """Placed among zeros of the numbers' own kind, of which the part is what was put there."""
    row = np.array([mpmath.mpf(1), mpmath.mpf(2)], dtype=object)
    whole = placed(row, 1, 2, 3)

    assert whole.tolist() == [[0, 0, 1], [0, 0, 2]]
    assert all(isinstance(number, mpmath.mpf) for number in whole.flat)
    assert taken(whole, 1, 2).tolist() == row.tolist()


def test_positions_are_of_the_length_s_kind():
    """Exact balls where the length is one."""
    found = positions(arb(3))

    assert found.tolist() == [0, 1, 2]
    assert all(isinstance(number, arb) and number.is_exact() for number in found)


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
