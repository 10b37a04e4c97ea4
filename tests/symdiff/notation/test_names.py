"""What adjoints are called."""

import unicodedata

import pytest

from symdiff.notation.names import barred, is_barred, unbarred


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("z", "z̄"),
        ("L", "L̄"),
        ("y", "ȳ"),
        ("inp", "īnp"),
        ("out", "ōut"),
        ("z_det", "z̄_det"),
        ("gamma", "γ̄"),
        ("weight", "w̄eight"),
        ("bias_hh", "b̄ias_hh"),
    ],
)
def test_the_bar_stands_over_the_first_letter(name, expected):
    """The adjoint's name is the value's with a macron, in composed characters."""
    assert unicodedata.normalize("NFC", expected) == barred(name)


@pytest.mark.parametrize("name", ["z", "inp", "z_det", "u", "W1", "weight", "é"])
def test_a_bar_comes_off_again(name):
    """unbarred() undoes barred(), for u too, whose barred form is one character."""
    assert name == unbarred(barred(name))
    assert is_barred(barred(name))
    assert not is_barred(name)
