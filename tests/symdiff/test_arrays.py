"""The two array operations of a program."""

import mpmath
import numpy as np
import pytest

from symdiff.arrays import align, contract


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
