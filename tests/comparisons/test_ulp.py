"""Errors in units in the last place."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from comparisons.dtypes import FLOAT_TYPES
from comparisons.ulp import absolute_error, ulp, ulp_error

types = pytest.mark.parametrize("dtype", FLOAT_TYPES.values(), ids=str)
_INTEGERS = {16: torch.int16, 32: torch.int32, 64: torch.int64}


def _after(values, dtype, steps):
    """The value so many representable numbers further from zero (values > 0)."""
    tensor = torch.from_numpy(np.asarray(values, dtype=np.float64)).to(dtype.torch)
    return (tensor.view(_INTEGERS[dtype.bits]) + steps).view(dtype.torch).double().numpy()


@types
class TestUlp:
    def test_is_the_gap_to_the_next_number_upwards(self, dtype):
        """At every binade's start, ulp(y) is the distance to the next number away from zero."""
        exponents = np.arange(dtype.e_min - dtype.precision + 1, dtype.e_max + 1)
        values = np.ldexp(1.0, exponents)

        assert (ulp(values, dtype) == _after(values, dtype, 1) - values).all()

    def test_of_zero_and_subnormals_is_the_smallest_subnormal(self, dtype):
        """Zero of either sign, and every subnormal."""
        values = np.array([0.0, -0.0, dtype.smallest_subnormal, -dtype.smallest_normal / 2])

        assert (ulp(values, dtype) == dtype.smallest_subnormal).all()

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_is_not_defined_beyond_the_finite(self, dtype, value):
        """NaN and infinity have none."""
        with pytest.raises(ValueError, match="finite"):
            ulp(np.array([value]), dtype)


@types
class TestUlpError:
    @pytest.mark.parametrize("steps", [0, 1, 2, 100])
    def test_counts_steps_of_the_type(self, dtype, steps):
        """k numbers away from the truth, within a binade, is an error of k ulp."""
        truth = np.array([1.0, -1.0, 1.25, dtype.smallest_subnormal, dtype.smallest_normal])
        computed = np.sign(truth) * _after(np.abs(truth), dtype, steps)
        within_binade = steps < 2 ** (dtype.precision - 1) / 2

        if within_binade:
            assert (ulp_error(computed, truth, dtype) == steps).all()

    def test_half_a_unit_is_half(self, dtype):
        """A truth half way between two numbers is half an ulp from either."""
        if dtype.name != "float64":  # a float64 truth cannot lie between float64s
            truth = np.array([1.0 + dtype.unit_roundoff])
            for computed in (1.0, 1.0 + 2 * dtype.unit_roundoff):
                assert ulp_error(np.array([computed]), truth, dtype) == 0.5

    def test_zeros_of_either_sign_are_equal(self, dtype):
        """+0 for −0 is no error."""
        assert ulp_error(np.array([0.0]), np.array([-0.0]), dtype) == 0

    def test_an_overflowing_truth_is_matched_by_that_infinity_alone(self, dtype):
        """The largest number is infinitely wrong for a truth that rounds to ∞, and so is −∞."""
        beyond = min(dtype.largest * 2, np.inf)
        computed = np.array([np.inf, dtype.largest, -np.inf, np.nan])

        errors = ulp_error(computed, np.full(4, beyond), dtype)
        assert list(errors) == [0, np.inf, np.inf, np.inf]

    def test_nan_matches_nan_alone(self, dtype):
        """A number for NaN, or NaN for a number, is infinitely wrong."""
        errors = ulp_error(np.array([np.nan, 1, np.nan]), np.array([np.nan, np.nan, 1]), dtype)

        assert list(errors) == [0, np.inf, np.inf]

    def test_the_largest_number_is_right_for_itself(self, dtype):
        """No overflow on the way."""
        assert absolute_error(np.array([dtype.largest]), np.array([dtype.largest]), dtype) == 0


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False))
def test_error_is_zero_only_between_equals(truth, computed):
    """Property, in float64: no error means equal numbers."""
    dtype = FLOAT_TYPES["float64"]

    error = ulp_error(np.array([computed]), np.array([truth]), dtype)
    assert (error == 0) == (truth == computed)
