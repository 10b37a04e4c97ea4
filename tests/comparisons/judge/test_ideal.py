"""The distance between what is documented and what is meant."""

import math

import mpmath
import pytest

import comparisons
from comparisons.dtypes import float_type


def test_softplus_departs_from_its_ideal_at_the_threshold():
    """Above 20 torch takes 1 for σ(z): in float64 σ(−20) off, as many ulp of 1 as it is of 2⁻⁵³."""
    result = comparisons.compare("softplus")
    expected = 1 / (1 + math.exp(20)) / 2.0**-53

    assert result.verdict is comparisons.Verdict.ACCURATE  # it does what it says
    assert result.ideal.max_ulp == pytest.approx(expected, rel=1e-6)
    assert result.ideal.worst.inputs["z"] == pytest.approx(20)
    assert "beside the ideal" in repr(result)


@pytest.mark.parametrize("engine", ["reverse_over_reverse", "forward_over_reverse"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_second_derivative_of_softplus_departs_from_its_ideal_too(engine, dtype):
    """Above 20 it is 0 and should be σ(z) σ(−z): all of mpmath's value is missing."""
    result = comparisons.compare("softplus", dtype=dtype, engine=engine, inputs={"z": [24.0]})
    with mpmath.workdps(60):
        e = mpmath.exp(-24)
        truth = e / (1 + e) ** 2
        unit = mpmath.mpf(2) ** (
            mpmath.floor(mpmath.log(truth, 2)) + 1 - float_type(dtype).precision
        )

    assert result.verdict is comparisons.Verdict.ACCURATE  # it does what it says
    assert result.ideal.computed.tolist() == [0.0]
    assert result.ideal.truth.tolist() == [float(truth)]
    assert result.ideal.max_ulp == pytest.approx(float(truth / unit), rel=1e-6)
    assert "beside the ideal" in repr(result)


@pytest.mark.parametrize("engine", ["reverse", "reverse_over_reverse"])
def test_what_is_its_own_ideal_has_none(engine):
    """Most functions are documented as they are meant."""
    assert comparisons.compare("tanh", engine=engine).ideal is None
