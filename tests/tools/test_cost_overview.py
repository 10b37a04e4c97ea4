"""The overview of costs: nothing is left out, counts are exact, sentences count what is there."""

from pathlib import Path

import pytest

import comparisons
import symdiff
from tools import cost_overview, costs
from tools.cost_overview import BOUNDED, PLAIN, REVERSE, SIZE, Overview

KNOWN = costs.read(Path(__file__).parents[2] / "docs" / "cost.json").overview


def made(name, nanoseconds, ulp):
    """An overview of a function of three methods: the closed form bounded, plain, torch."""
    methods = (BOUNDED, PLAIN, REVERSE)
    of = [dict(zip(methods, each, strict=True)) for each in (nanoseconds, ulp)]
    return Overview(name, False, (9, 5, 4), *of)  # noqa: FBT003 - a function


MADE = [
    made("fast", (1.0, 2.0, 4.0), (1.0, 1.0, 2.0)),
    made("slow", (9.0, 4.2, 4.0), (4.0, 4.0, 2.0)),
    made("alike", (4.1, 8.0, 4.0), (0.0, 0.0, 5.1)),
    made("broken", (8.0, 8.0, 4.0), (3.0, 3.0, None)),
]


def test_every_function_and_layer_is_there():
    """The page leaves none out, and each has its closed form beside torch's gradient."""
    assert [one.name for one in KNOWN] == cost_overview.names()
    assert {one.name for one in KNOWN if one.is_layer} == {*symdiff.layers}
    for one in KNOWN:
        assert {BOUNDED, PLAIN, REVERSE} <= {*one.nanoseconds}, one.name
        assert None not in one.operations[1:], one.name


@pytest.mark.parametrize("name", ["silu", "tanh", "softmax", "layer_norm", "swiglu"])
def test_the_operations_of_the_page_are_those_of_today(name):
    """They are counted, not measured."""
    (known,) = (one for one in KNOWN if one.name == name)
    without = ["torch eager", "torch forward", "torch compiled", "jax compiled"]
    found = comparisons.cost(name, sizes=(SIZE,), widths=(), without=without)

    assert [*known.operations] == cost_overview.overview(name, found).operations


def test_the_sentences_count():
    """Faster, slower, within a tenth; righter, less right; far off."""
    text = cost_overview.section([*MADE, *(one for one in KNOWN if one.is_layer)])

    assert (
        "Of 4 functions the closed form, lambdified by symdiff, is faster than torch's reverse "
        "mode for 1, slower for 2, within a tenth for 1; in the median it takes 1.51 times as long."
    ) in text
    assert "is faster than torch's reverse mode for 1, slower for 2, within a tenth for 1" in text
    assert "Of 4 functions it is righter for 3, less right for 1, and as right for 0." in text
    assert "torch's error is more than ten times the closed form's for 2: alike, broken." in text
    assert "The closed form's error is more than ten times torch's for none." in text
    assert "| broken | 9 / 5 / 4 | 8 / 3 | 8 / 3 | 4 / ∞ |" in text
