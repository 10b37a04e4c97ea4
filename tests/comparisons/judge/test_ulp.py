"""Errors in units in the last place."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from comparisons.dtypes import FLOAT_TYPES
from comparisons.judge.ulp import absolute_error, ulp_error
from symdiff.oracle.enclosures.enclosure import Enclosure

types = pytest.mark.parametrize("dtype", FLOAT_TYPES.values(), ids=str)
_INTEGERS = {16: torch.int16, 32: torch.int32, 64: torch.int64}


def _exactly(values):
    """An enclosure of bound 0."""
    values = np.atleast_1d(np.asarray(values, dtype=np.float64))
    zero, known = np.zeros(values.shape), np.ones(values.shape, dtype=bool)
    return Enclosure(values, zero, np.where(np.isnan(values), np.inf, 0.0), known)


def _error(computed, truth, dtype):
    """The error in ulp of a truth that is known exactly."""
    error = ulp_error(np.atleast_1d(np.asarray(computed, dtype=float)), _exactly(truth), dtype)
    known = np.isfinite(_exactly(truth).bound)
    assert error.least[known] == pytest.approx(error.greatest[known], rel=4e-15)
    return error.greatest


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

        assert (dtype.ulp(values) == _after(values, dtype, 1) - values).all()

    def test_of_zero_and_subnormals_is_the_smallest_subnormal(self, dtype):
        """Zero of either sign, and every subnormal."""
        values = np.array([0.0, -0.0, dtype.smallest_subnormal, -dtype.smallest_normal / 2])

        assert (dtype.ulp(values) == dtype.smallest_subnormal).all()

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_is_not_defined_beyond_the_finite(self, dtype, value):
        """NaN and infinity have none."""
        with pytest.raises(ValueError, match="finite"):
            dtype.ulp(np.array([value]))


@types
class TestUlpError:
    @pytest.mark.parametrize("steps", [0, 1, 2, 100])
    def test_counts_steps_of_the_type(self, dtype, steps):
        """k numbers away from the truth, within a binade, is an error of k ulp."""
        truth = np.array([1.0, -1.0, 1.25, dtype.smallest_subnormal, dtype.smallest_normal])
        computed = np.sign(truth) * _after(np.abs(truth), dtype, steps)
        within_binade = steps < 2 ** (dtype.precision - 1) / 2

        if within_binade:
            assert (_error(computed, truth, dtype) == steps).all()

    def test_half_a_unit_is_half(self, dtype):
        """A truth half way between two numbers is half an ulp from either."""
        if dtype.name != "float64":  # a float64 truth cannot lie between float64s
            truth = np.array([1.0 + dtype.unit_roundoff])
            for computed in (1.0, 1.0 + 2 * dtype.unit_roundoff):
                assert _error(computed, truth, dtype) == 0.5

    def test_zeros_of_either_sign_are_equal(self, dtype):
        """+0 for −0 is no error."""
        assert _error(0.0, -0.0, dtype) == 0

    def test_an_overflowing_truth_is_matched_by_that_infinity_alone(self, dtype):
        """The largest number is infinitely wrong for a truth that rounds to ∞, and so is −∞."""
        beyond = min(dtype.largest * 2, np.inf)
        computed = np.array([np.inf, dtype.largest, -np.inf, np.nan])

        errors = _error(computed, np.full(4, beyond), dtype)
        assert list(errors) == [0, np.inf, np.inf, np.inf]

    def test_nan_is_infinitely_wrong(self, dtype):
        """NaN for a number."""
        assert _error(np.nan, 1, dtype) == np.inf

    def test_of_an_unknown_truth_is_anything(self, dtype):
        """An infinite bound says nothing, and so does the error."""
        error = ulp_error(np.array([1.0]), _exactly(np.nan), dtype)

        assert (error.least[0], error.greatest[0]) == (0, np.inf)

    def test_of_an_enclosed_truth_is_an_interval(self, dtype):
        """A bound of a quarter ulp makes half an ulp something from 1/4 to 3/4: it straddles."""
        u = 2 * dtype.unit_roundoff
        truth = Enclosure(*(np.array([v]) for v in (1.0, u / 2, u / 4, True)))
        error = ulp_error(np.array([1.0]), truth, dtype)

        assert error.least[0] == pytest.approx(0.25, rel=1e-9)
        assert error.greatest[0] == pytest.approx(0.75, rel=1e-9)
        assert error.straddles(0.5).all()
        assert not error.straddles(1).any()

    def test_the_largest_number_is_right_for_itself(self, dtype):
        """No overflow on the way."""
        assert (
            absolute_error(np.array([dtype.largest]), _exactly(dtype.largest), dtype).greatest == 0
        )


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False))
def test_error_is_zero_only_between_equals(truth, computed):
    """Property, in float64: no error means equal numbers."""
    dtype = FLOAT_TYPES["float64"]

    error = ulp_error(np.array([computed]), _exactly(truth), dtype)
    assert (error.greatest[0] == 0) == (truth == computed)
