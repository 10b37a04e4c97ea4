"""Where parts of a formula leave the type: known numbers are found again."""

import math

import numpy as np
import pytest

import symdiff
from comparisons.dtypes import float_type
from comparisons.inputs.dense import dense
from comparisons.inputs.landmarks import around, landmarks


@pytest.mark.parametrize(
    ("formula", "dtype", "where"),
    [
        ("sinh(z)", "float64", 710.4758600739439),  # asinh of the largest number
        ("exp(z)", "float32", 88.72283905206835),  # its logarithm
        ("exp(-z**2)", "float64", math.sqrt(1022 * math.log(2))),  # subnormal from here on
        ("1/(1 + z**2)", "float64", 2**26.5),  # 1 + z² is z²
        ("z if z > 0.3 else 2*z - 0.3", "float64", 0.3),
        ("z/(1 + abs(z))", "float64", 2.0**53),  # 1 is lost beside |z|
        ("z + 2**-9", "float32", 2.0**-33),  # z is lost beside 2⁻⁹
        ("1.5*z", "float64", 2.0**1023 / 0.75),  # at the very end of the range
        ("z**3 - 2*z", "float64", math.sqrt(2)),  # a root
        ("z**3 - 2*z", "float64", math.sqrt(2 / 3)),  # of the derivative
    ],
)
def test_where_the_formula_changes_over_is_found(formula, dtype, where):
    """To nine digits."""
    found = landmarks(symdiff.activation(formula), float_type(dtype))

    assert min(abs(np.array(found) / 2 - where / 2)) < 1e-9 * (where / 2)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_points_beside_a_landmark_at_the_end_of_the_range_are_numbers(dtype):
    """No warning, which would be an error here, and nothing beyond."""
    kind = float_type(dtype)
    marks = landmarks(symdiff.activation("(1 + 2**-20)*z"), kind)
    points = dense(kind, [*marks, *around(marks)])

    assert max(marks) > kind.largest * (1 - 2.0**-19)
    assert np.isfinite(points).all()


def test_there_are_not_many_and_none_without_a_formula_that_changes():
    """sin has a root in every binade; a straight line has none but its own."""
    assert len(landmarks(symdiff.activation("sin(z)*exp(-z**2)"), float_type("float64"))) <= 256
    assert landmarks(symdiff.activation("z"), float_type("float64")) == []
    beside = around([2.0])
    assert (beside < 2).any()
    assert (beside > 2).any()
