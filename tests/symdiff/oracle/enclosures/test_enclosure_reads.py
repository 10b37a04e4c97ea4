"""An enclosure as a number, and as a person reads it."""

import numpy as np
import pytest

import symdiff


@pytest.fixture(scope="module")
def w_bar():
    """w̄ of one gelu neuron at three points."""
    adjoints = symdiff.adjoints(symdiff.neuron("gelu"))
    return adjoints.enclose(w=0.5, x=[1.0, 2.0, 3.0], b=0.0, t=1.0)["w"]


def test_one_value_is_a_float(w_bar):
    """float() is the truth rounded to float64."""
    assert float(w_bar[0]) == w_bar.value[0]


def test_several_values_are_none(w_bar):
    """float() of several is refused, with what to take instead."""
    with pytest.raises(TypeError, match=r"of 3 values is no single number; take its \.value"):
        float(w_bar)


def test_an_array_shows_its_numbers(w_bar):
    """The first and the last values are printed."""
    assert np.array2string(w_bar.value, precision=6) in repr(w_bar)
    assert "3 certified" in repr(w_bar)
