"""Axes put in the order of another value's."""

import numpy as np
import pytest

from symdiff.graph.arrays.layout import align


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
