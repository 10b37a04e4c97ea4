"""The distance between what is documented and what is meant."""

import math

import pytest

import comparisons


def test_softplus_departs_from_its_ideal_at_the_threshold():
    """Above 20 torch takes 1 for σ(z): in float64 σ(−20) off, as many ulp of 1 as it is of 2⁻⁵³."""
    result = comparisons.compare("softplus")
    expected = 1 / (1 + math.exp(20)) / 2.0**-53

    assert result.verdict is comparisons.Verdict.ACCURATE  # it does what it says
    assert result.ideal.max_ulp == pytest.approx(expected, rel=1e-6)
    assert result.ideal.worst.inputs["z"] == pytest.approx(20)
    assert "beside the ideal" in repr(result)


def test_what_is_its_own_ideal_has_none():
    """Most functions are documented as they are meant."""
    assert comparisons.compare("tanh").ideal is None
