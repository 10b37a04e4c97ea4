"""What a plot is made of."""

import numpy as np
import pytest

import comparisons
import symdiff
from comparisons.report.data.profile import curve, profile
from comparisons.report.data.rows import result_row


def test_the_worst_error_is_in_the_profile():
    """hardsigmoid in float64: 1.79e8 ulp, and every wrong point is in some bin."""
    comparison = comparisons.compare("hardsigmoid")
    found = {
        k: [v for v in text.split(" ") if v != "-"]
        for k, text in profile(comparison.envelope).items()
    }

    assert max(map(float, found["above"])) == pytest.approx(comparison.max_ulp, rel=1e-2)
    assert sum(map(float, found["wrong"])) == (comparison.adjoints["z"].judgement.excess > 1).sum()


def test_both_signs_of_an_error_are_kept():
    """A gradient twice too large is off upwards only, one of half its size downwards."""
    profiles = [
        profile(comparisons.compare(lambda z, f=f: f * z, "z", dtype="float16").envelope)
        for f in (2, 0.5)
    ]
    for found, off, right in zip(profiles, ("above", "below"), ("below", "above"), strict=True):
        assert {v for v in found[off].split(" ") if v != "-"} <= {"1.02e+03", "512"}
        assert {v for v in found[right].split(" ") if v != "-"} == {"0"}


def test_what_has_no_single_variable_has_no_profile():
    """A layer's error is over no axis."""
    assert profile(comparisons.compare(comparisons.linear_layer()).envelope) is None


def test_a_curve_reaches_beyond_the_kinks():
    """relu6 has its upper one at 6: the curve goes to 9, and ends at f = 6 with slope 0."""
    definition = symdiff.activation("relu6")
    found = curve(symdiff.adjoints(symdiff.pointwise(definition)), definition)

    assert (found["from"], found["to"]) == (-9.0, 9.0)
    assert (found["f"].split(" ")[-1], found["slope"].split(" ")[-1]) == ("6", "0")
    assert len(found["f"].split(" ")) == 121


def test_a_wave_is_drawn_as_far_as_its_points_can_show():
    """sin(30 z): about sixteen turns, and no fewer than seven points each."""
    row = result_row(comparisons.compare("sine", dtype="float32"))
    found = row["mathematics"]["curve"]
    slope = np.array([float(v) for v in found["slope"].split()])

    assert 10 <= np.count_nonzero(np.diff(np.sign(slope))) <= 18
    assert found["to"] < 2


def test_no_sound_point_is_above_the_line():
    """Near the root of gelu's derivative the line has the conditioning in it."""
    row = result_row(comparisons.compare("gelu", dtype="float32"))
    columns = (row["profile"][k].split() for k in ("above", "below", "allowed", "wrong"))
    for above, below, allowed, wrong in zip(*columns, strict=True):
        if wrong == "0":
            assert max(float(above), float(below)) <= float(allowed) * 1.01


def test_a_long_root_is_a_decimal_and_a_parameter_may_have_any_name():
    """pau's second kink; tanh(w z), whose w is not the neuron's."""
    kinks = result_row(comparisons.compare("pau", dtype="float32"))["mathematics"]["kinks"]
    assert all(len(text) <= 24 for kink in kinks for text in kink)

    scaled = comparisons.compare(lambda z: (2 * z).tanh(), "tanh(w*z)", w=2, dtype="float32")
    assert result_row(scaled)["mathematics"]["tutorial"] == []
