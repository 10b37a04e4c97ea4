"""What changed between two runs."""

import copy

import pytest

import comparisons
from comparisons.report.data import document
from comparisons.report.differences import differences
from comparisons.report.rows import comparison_row


@pytest.fixture(scope="module")
def run():
    """Two functions in one type."""
    found = [comparisons.compare(n, dtype="float32") for n in ("tanh", "elu")]
    return document(map(comparison_row, found))


@pytest.fixture
def other(run):
    """The same run, to be changed."""
    return copy.deepcopy(run)


def test_a_run_beside_itself(run):
    """Nothing changed."""
    assert str(differences(run, run)) == "nothing changed"


def test_a_verdict_that_got_worse(run, other):
    """It is worse one way and better the other."""
    other["rows"][1]["verdict"] = "disagrees"

    assert differences(run, other).worse == ["elu, float32, reverse: accurate became disagrees"]
    assert differences(other, run).better == ["elu, float32, reverse: disagrees became accurate"]
    assert not differences(other, run).worse


@pytest.mark.parametrize("what", ["bulk_ulp", "conditioned_ulp"])
def test_a_larger_error_under_the_same_verdict(run, other, what):
    """One percent more is worse, one in ten million is not."""
    other["rows"][0]["adjoints"][0][what] *= 1.01
    (sentence,) = differences(run, other).worse
    assert sentence.startswith("tanh, float32, reverse: the largest")

    other["rows"][0]["adjoints"][0][what] = run["rows"][0]["adjoints"][0][what] * (1 + 1e-7)
    assert not differences(run, other).worse


def test_an_infinite_error_is_text_and_worse(run, other):
    """A document has no infinity; a NaN where a number was is the worst there is."""
    other["rows"][0]["adjoints"][0]["conditioned_ulp"] = "inf"

    assert "inf ulp" in differences(run, other).worse[0]
    assert "inf" in differences(other, run).better[0]


def test_counts_that_move_are_neither(run, other):
    """They are told, with both numbers."""
    other["rows"][0]["counts"]["faithful"] += 1

    (sentence,) = differences(run, other).changed
    assert "faithful" in sentence
    assert "→" in sentence


def test_comparisons_that_come_and_go(run, other):
    """Neither better nor worse, and not passed over."""
    gone = other["rows"].pop(0)

    assert differences(run, other).changed == ["tanh, float32, reverse is no longer compared"]
    (sentence,) = differences(other, run).changed
    assert "for the first time" in sentence
    assert gone["subject"] in sentence
