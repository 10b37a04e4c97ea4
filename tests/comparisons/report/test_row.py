"""Floats in JSON."""

import json
import math

import pytest

from comparisons.report.data.row import plain_data, read
from comparisons.results.views.number import shown

FLOATS = [0.1, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("value", FLOATS)
def test_a_float_survives_json(value):
    """Bit for bit, though JSON has no ∞ and no NaN."""
    text = json.dumps(plain_data([value]), allow_nan=False)

    assert read(json.loads(text))[0].hex() == value.hex()


def test_what_is_no_float_is_left_alone():
    """Counts, names, truth values and None; at any depth."""
    value = {"n": [1, True, None, "0.5"], "inner": {"hex": "f"}}

    assert plain_data(value) == value
    assert read(value) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (15.0, "15"), (1.79e8, "1.79e8"), (math.inf, "∞"), (math.nan, "NaN")],
)
def test_three_digits_are_shown(value, text):
    """An exponent only where it is needed."""
    assert shown(value) == text
