"""Random programs of arrays with ties: what is certified is between both sides' quotients."""

from __future__ import annotations

import pytest
from array_programs import Looked, judge


@pytest.mark.parametrize(
    ("part", "count"),
    [(0, 400), *(pytest.param(k, 4_000, marks=pytest.mark.slow) for k in range(1, 6))],
)
def test_nothing_is_certified_that_is_false(part, count):
    """400 programs, and 20,000 in the slow ones, at four entries each; seed a."""
    looked = Looked()
    for i in range(count):
        judge(f"a:{100_000 * part + i}", looked)

    assert not looked.faults, "\n".join(looked.faults)
    assert looked.counts["certified"] > 2 * count
    assert looked.counts["certified at a kink"] > count / 50
    assert looked.counts["not certified"] > count / 10
    assert looked.counts["directions"] > count / 50


def test_a_program_once_found_false_stays_right():
    """Jumps that cancel, a mask behind a comparison, a root behind a maximum, flags as floats.

    x compared with itself, stopped. The last is no fault: its slope, 10^6482, is beyond float64.
    """
    looked = Looked()
    seeds = ["a:3854", "a:6599", "a:2243", "a:5797", "b:4509", "b:12100", "b:5615"]
    for seed in (*seeds, "a:202548", "a:503775", "a:102831"):
        judge(seed, looked)

    assert not looked.faults, "\n".join(looked.faults)
    assert looked.counts["not certified"] > 6
