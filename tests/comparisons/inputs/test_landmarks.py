"""Where parts of a formula leave the type: known numbers are found again."""

import math

import numpy as np
import pytest

import symdiff
from comparisons.dtypes import float_type
from comparisons.inputs.landmarks import around, landmarks


@pytest.mark.parametrize(
    ("formula", "dtype", "where"),
    [
        ("sinh(z)", "float64", 710.4758600739439),  # asinh of the largest number
        ("exp(z)", "float32", 88.72283905206835),  # its logarithm
        ("exp(-z**2)", "float64", math.sqrt(1022 * math.log(2))),  # subnormal from here on
        ("1/(1 + z**2)", "float64", 2**26.5),  # 1 + z² is z²
        ("z if z > 0.3 else 2*z - 0.3", "float64", 0.3),
        ("z**3 - 2*z", "float64", math.sqrt(2)),  # a root
        ("z**3 - 2*z", "float64", math.sqrt(2 / 3)),  # of the derivative
    ],
)
def test_where_the_formula_changes_over_is_found(formula, dtype, where):
    """To nine digits."""
    found = landmarks(symdiff.activation(formula), float_type(dtype))

    assert min(abs(np.array(found) - where)) < 1e-9 * where


def test_there_are_not_many_and_none_without_a_formula_that_changes():
    """sin has a root in every binade; a straight line has none but its own."""
    assert len(landmarks(symdiff.activation("sin(z)*exp(-z**2)"), float_type("float64"))) <= 256
    assert landmarks(symdiff.activation("z"), float_type("float64")) == []
    beside = around([2.0])
    assert (beside < 2).any()
    assert (beside > 2).any()
