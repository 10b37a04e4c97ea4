"""What a plot is made of."""

import numpy as np
import pytest

import comparisons
import symdiff
from comparisons.report.profile import LAST, bins, curve, profile


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        (0.0, 0),
        (2.0**-17, 0),
        (2.0**-16, 1),
        (-1.0, -33),
        (1.0, 33),
        (1.5, 34),
        (65504.0, 64),
        (1e300, LAST),
        (-1e300, -LAST),
    ],
)
def test_a_bin_is_half_an_octave(z, expected):
    """From 2^−16 to 2^16; one between and one beyond on either side."""
    assert bins(np.array([z]))[0] == expected


def test_the_worst_error_is_in_the_profile():
    """hardsigmoid in float64: 1.79e8 ulp, and every wrong point is in some bin."""
    comparison = comparisons.compare("hardsigmoid")
    found = {k: [v for v in text.split(" ") if v != "-"] for k, text in profile(comparison).items()}

    assert max(map(float, found["above"])) == pytest.approx(comparison.max_ulp, rel=1e-2)
    assert sum(map(float, found["wrong"])) == (comparison.adjoints["z"].judged.excess > 1).sum()


def test_both_signs_of_an_error_are_kept():
    """A gradient twice too large is off upwards only, one of half its size downwards."""
    profiles = [
        profile(comparisons.compare(lambda z, f=f: f * z, "z", dtype="float16")) for f in (2, 0.5)
    ]
    for found, off, right in zip(profiles, ("above", "below"), ("below", "above"), strict=True):
        assert {v for v in found[off].split(" ") if v != "-"} <= {"1.02e+03", "512"}
        assert {v for v in found[right].split(" ") if v != "-"} == {"0"}


def test_what_has_no_single_variable_has_no_profile():
    """A layer's error is over no axis."""
    assert profile(comparisons.compare(comparisons.linear_layer())) is None


def test_a_curve_reaches_beyond_the_kinks():
    """relu6 has its upper one at 6: the curve goes to 9, and ends at f = 6 with slope 0."""
    definition = symdiff.activation("relu6")
    found = curve(symdiff.adjoints(symdiff.pointwise(definition)), definition)

    assert (found["from"], found["to"]) == (-9.0, 9.0)
    assert (found["f"].split(" ")[-1], found["slope"].split(" ")[-1]) == ("6", "0")
    assert len(found["f"].split(" ")) == 121
