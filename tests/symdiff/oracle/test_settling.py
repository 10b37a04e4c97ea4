"""Entries that are settled by an absolute bound: what is 0 in truth costs no 4096 bits."""

import numpy as np
import pytest
import sympy
from flint import ctx

import symdiff
from symdiff.graph import Graph, array, contraction, elementwise
from symdiff.graph.composed.softmax import softmax
from symdiff.oracle import arrays
from symdiff.oracle.adjoints import enclose_adjoints

DRAW = np.random.default_rng(20240309)


@pytest.fixture
def precisions(monkeypatch):
    """The precisions at which a graph's programs are run, each once."""
    seen = []
    plain = arrays.interpret

    def watched(*given):
        if ctx.prec not in seen[-1:]:
            seen.append(ctx.prec)
        return plain(*given)

    monkeypatch.setattr(arrays, "interpret", watched)
    return seen


def _biased():
    """softmax(x + b) with one bias for all: b̄ is 0, whatever v."""
    x, b = array("x", "n"), array("b")
    y = softmax(elementwise(lambda a, c: sympy.sin(a) + c, x, b), "n")
    return symdiff.adjoints(Graph("g", (x, b), {"y": y}))


GIVEN = {"x": DRAW.normal(size=4), "b": 0.3, "v": DRAW.normal(size=4)}


def test_an_entry_that_is_0_in_truth_is_settled_at_once(precisions):
    """At 128 bits, with a bound of at most what was asked; without, up to 2048 bits."""
    found = enclose_adjoints(_biased(), GIVEN, absolute={"b": np.array(1e-30)})

    assert precisions == [128]
    assert found["b"].certified.all()
    assert 0 < found["b"].bound <= 1e-30
    precisions.clear()

    assert not enclose_adjoints(_biased(), GIVEN)["b"].bound > 2.0**-1074
    assert precisions == [128, 512, 2048]


def test_a_bound_that_is_too_small_is_no_reason_to_stop(precisions):
    """10⁻³⁰⁰ needs more bits, and gets them."""
    found = enclose_adjoints(_biased(), GIVEN, absolute={"b": np.array(1e-300)})

    assert max(precisions) > 900
    assert found["b"].bound <= 1e-300


def test_what_is_certified_is_not_computed_again(monkeypatch):
    """Beyond the first precision the program has b̄ alone."""
    asked = []
    plain = arrays.program
    monkeypatch.setattr(arrays, "program", lambda nodes: asked.append(list(nodes)) or plain(nodes))
    found = enclose_adjoints(_biased(), GIVEN)

    first, *later = ([name for name in names if name[0] != "%"] for names in asked)
    assert first == list(found) == ["y", "x", "b"]
    assert later == [["b"]]


def test_scalars_are_settled_too():
    """Point by point: sin² + cos² − 1, whose derivative is 0 and is not seen to be."""
    x = array("x")
    zero = elementwise(lambda a: sympy.exp(2 * a) - sympy.exp(a) * sympy.exp(a + 1) / sympy.E, x)
    adjoints = symdiff.adjoints(Graph("g", (x,), {"y": elementwise(lambda a: a + 0 * a, zero)}))
    found = enclose_adjoints(adjoints, {"x": np.array([0.5])}, absolute={"x": np.array([1e-20])})

    assert found["x"].certified.all()


def test_what_is_undefined_is_never_settled():
    """log of a negative number has no derivative, however much is allowed."""
    x = array("x", "n")
    y = contraction((elementwise(sympy.log, x),), ())
    adjoints = symdiff.adjoints(Graph("g", (x,), {"y": y}))
    found = enclose_adjoints(
        adjoints, {"x": np.array([-1.0, 2.0])}, absolute={"x": np.full(2, np.inf)}
    )

    assert not found["x"].certified.any()
