"""What is not reached in the time allowed says so, and what was reached stands."""

import numpy as np
import pytest

import symdiff
from symdiff.graph import Graph, array, elementwise
from symdiff.oracle import deadline
from symdiff.oracle.enclosures.enclosure import Why
from symdiff.oracle.tables.table import build


def adjoints(text):
    """Those of a formula in z."""
    return symdiff.adjoints(symdiff.pointwise(symdiff.activation(text)))


@pytest.mark.parametrize("count", [3, 60_000])
def test_a_call_without_time_certifies_nothing_and_says_why(count):
    """By the ball, and where a table would be made."""
    with deadline.allowed(0):
        found = adjoints("z*sin(z)").enclose(target="float32", z=np.linspace(1, 2, count))["z"]

    assert not found.certified.any()
    assert {int(Why.OUT_OF_BUDGET)} == set(found.why.tolist())


def test_an_array_without_time_is_not_certified():
    """The shapes are those of the values."""
    x = array("x", "n")
    graph = Graph("g", (x,), {"y": elementwise(lambda a: a**2, x)})
    with deadline.allowed(0):
        found = symdiff.adjoints(graph).enclose(x=np.ones(3), v=np.ones(3))

    assert [int(Why.OUT_OF_BUDGET)] * 3 == found["x"].why.tolist()


def test_the_outer_time_stands_where_it_is_shorter():
    """A computation gives itself no more than it was given; without a limit nothing is spent."""
    assert not deadline.spent()
    with deadline.allowed(0), deadline.allowed(100), deadline.unless_set(100):
        assert deadline.spent()
    with deadline.allowed(100), deadline.allowed(0):
        assert deadline.spent()


def test_the_clock_is_not_asked_at_each_entry(monkeypatch):
    """To ask the system costs more than to multiply two balls; what is spent stays spent."""
    asked = []

    def clock():
        asked.append(1)
        return float(len(asked) > 10**6)

    monkeypatch.setattr(deadline.time, "process_time", clock)
    x = array("x", "n")
    graph = Graph("g", (x,), {"y": elementwise(lambda a: a**2, x)})
    with deadline.allowed(0.5):
        found = symdiff.adjoints(graph).enclose(x=np.ones(5_000), v=np.ones(5_000))
    count = len(asked)
    asked *= 10**6
    with deadline.allowed(-1):
        spent = [deadline.spent() for _ in range(3)]

    assert found["x"].certified.all()
    assert count < 2_000
    assert spent == [True, True, True]


def test_a_table_that_is_abandoned_is_right_as_far_as_it_goes():
    """Its rows are proven each by itself; the rest is open, and the table says it is not whole."""
    expression = symdiff.activations["normalized_sinc"].derivative()
    with deadline.allowed(0.02):
        part = build(expression, "float32")
    points = np.linspace(1e-30, 30, 2_000).astype(np.float32).astype(np.float64)
    found = part.enclose(points)

    assert not part.complete
    assert not found.certified.all()


def test_a_chain_too_deep_to_be_written_out_is_enclosed_as_far_as_the_time_goes():
    """Each distinct point once, some at a time: what was reached stands."""
    text = "z"
    for _ in range(59):
        text = f"tanh({text})"
    deep, few = adjoints(text), np.linspace(-5, 5, 50)
    all_of_them = deep.enclose(target="float32", z=np.resize(few, (2, 20_000)))["z"]
    with deadline.allowed(3):
        part = deep.enclose(target="float32", z=np.linspace(-5, 5, 400_000))["z"]

    tied = adjoints(text.replace("tanh(z)", "min(z, abs(z))")).enclose(z=np.array([0.0, -1.0]))["z"]
    far_out = deep.enclose(z=np.array([-np.inf, 1.0, np.inf]))["z"]

    assert [False, True] == tied.certified.tolist()
    assert [False, True, False] == far_out.certified.tolist()
    assert all_of_them.certified.all()
    assert (2, 20_000) == all_of_them.shape
    assert part.certified[0]
    assert Why.OUT_OF_BUDGET == part.why[-1]
    assert part.high[0] == all_of_them.high[0, 0]
