"""Adjoints of whole graphs in float balls, beside flint's with more bits."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
import sympy
import torch
from flint import arb, ctx

import symdiff
from symdiff.expression.formula import exact
from symdiff.float_balls import evaluate as evaluation
from symdiff.float_balls.environment import is_ieee
from symdiff.graph import Graph, array, constant, einsum, elementwise, gather, literal, product
from symdiff.graph.composed.normalised import EPS, standardised
from symdiff.graph.composed.softmax import softmax
from symdiff.graph.kinds.largest import maximum
from symdiff.oracle import arrays
from symdiff.oracle.adjoints import enclose_adjoints
from symdiff.oracle.enclosures.enclosure import Enclosure
from symdiff.programs.program import program
from tests.symdiff.rounding.random_graphs import random_graph


def enclosed_apart(adjoints: symdiff.Adjoints, inputs: dict[str, np.ndarray]) -> None:
    """Every float ball holds the truth that 128 bits and more enclose."""
    given, parameters, lengths = adjoints.signature.bind(inputs)
    arguments = {**given, **parameters, **lengths}
    found = evaluation.evaluate(program(adjoints.nodes), arguments)
    truth = arrays.enclose_arrays(adjoints, arguments, relative=2.0**-64)
    assert found is not None
    known = 0
    with ctx.workprec(400):
        for name, balls in found.items():
            value = np.broadcast_to(balls.value, truth[name].shape).ravel().tolist()
            radius = np.broadcast_to(balls.radius, truth[name].shape).ravel().tolist()
            for i, (v, e) in enumerate(zip(value, radius, strict=True)):
                high, low, bound = (
                    float(part.ravel()[i])
                    for part in (truth[name].high, truth[name].low, truth[name].bound)
                )
                if not e < np.inf or not bound < np.inf or np.isinf(high):
                    continue
                known += 1
                off = abs(arb(high) + arb(low) + arb(0, bound) - arb(v))
                assert not off > arb(e), (name, i, v, e, high)
    assert known


@pytest.mark.parametrize("seed", range(12))
def test_random_graphs(seed: int) -> None:
    """Of array operations and functions, at inputs of some size."""
    graph, inputs = random_graph(seed)
    scale = [1.0, 0.01, 5.0][seed % 3]

    enclosed_apart(
        symdiff.adjoints(graph),
        {n: inputs[n] * scale for n in symdiff.adjoints(graph).signature.inputs},
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 400))
def test_many_random_graphs(seed: int) -> None:
    """The same, more of them, at inputs of any size."""
    graph, inputs = random_graph(seed, operations=8)
    scale = 10.0 ** np.random.default_rng(seed).uniform(-20, 2)
    adjoints = symdiff.adjoints(graph)

    enclosed_apart(adjoints, {n: inputs[n] * scale for n in adjoints.signature.inputs})


def test_kinds_that_move_choose_and_multiply() -> None:
    """Gather and its transpose, a literal, a maximum with its ties, a product of several."""
    rng = np.random.default_rng(8)
    x, w = array("x", "n m"), array("w", "m k")
    moved = gather(x, rng.integers(-1, 12, (4, 5)), ("a", "b"), (3, 4))
    peak = maximum(moved, "b")
    weights = literal(rng.normal(size=(3, 4)), ("n", "m"))
    mixed = einsum("n m, n m, m k -> n k", x, weights, w)
    y = elementwise(
        lambda p, q, c: p * q + c, einsum("a -> ", peak), einsum("n k -> ", mixed), constant(3)
    )
    adjoints = symdiff.adjoints(Graph("moving", (x, w), {"y": y}))

    enclosed_apart(adjoints, {"x": rng.normal(size=(3, 4)), "w": rng.normal(size=(4, 2))})


def _layer_norm() -> symdiff.Adjoints:
    x, g = array("x", "n m"), array("g", "m")
    y = elementwise(lambda u, a: u * a, standardised(x, ("m",)), g)
    return symdiff.adjoints(Graph("norm", (x, g), {"y": y}, {EPS: exact("1e-5")}))


@pytest.fixture
def balls_asked(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The adjoints that flint's balls were asked for, each time."""
    asked: list[set[str]] = []
    plain = arrays.interpret

    def watched(steps: object, *given: object) -> object:
        asked.append({name for name in steps.results if name[0] != "%"})
        return plain(steps, *given)

    monkeypatch.setattr(arrays, "interpret", watched)
    return asked


class TestTheDoor:
    """`enclose_adjoints` asks float balls first, where a narrow format is judged."""

    INPUTS: ClassVar = {
        "x": np.random.default_rng(1).normal(size=(16, 32)),
        "g": np.random.default_rng(2).normal(size=32),
        "v": np.random.default_rng(3).normal(size=(16, 32)),
    }

    def test_with_an_allowance_flint_has_nothing_to_do(self, balls_asked: list[set[str]]) -> None:
        """All is certified, and so closely that balls agree."""
        enough = {"x": np.full((16, 32), 1e-12), "g": np.full(32, 1e-12), "y": np.array(1e-12)}
        found = enclose_adjoints(_layer_norm(), self.INPUTS, target="float32", absolute=enough)
        assert balls_asked == []
        assert all(e.certified.all() for e in found.values())

        truth = enclose_adjoints(_layer_norm(), self.INPUTS)
        for name, e in found.items():
            off = np.abs((truth[name].high - e.high) + truth[name].low)
            assert (off <= e.bound + truth[name].bound).all()
            assert (e.bound <= 1e-12).all()

    def test_what_is_left_open_goes_to_flint_alone(self, balls_asked: list[set[str]]) -> None:
        """An allowance that is too small for one of them."""
        enough = {"x": np.full((16, 32), 1e-40), "g": np.full(32, 1e-12)}
        found = enclose_adjoints(
            _layer_norm(), self.INPUTS, target="float32", relative=2.0**-47.9, absolute=enough
        )
        assert balls_asked[0] == {"x"}
        assert found["x"].certified.all()

    def test_float64_goes_to_flint(self, balls_asked: list[set[str]]) -> None:
        """53 bits say nothing of 53 bits."""
        enclose_adjoints(_layer_norm(), self.INPUTS)

        assert balls_asked

    def test_few_entries_go_to_flint(self, balls_asked: list[set[str]]) -> None:
        """Whose balls take less time than numba to be loaded."""
        few = {k: v[:2, :4] if v.ndim == 2 else v[:4] for k, v in self.INPUTS.items()}
        enclose_adjoints(_layer_norm(), few, target="float32")

        assert balls_asked

    def test_a_function_that_float_balls_lack(self, balls_asked: list[set[str]]) -> None:
        """The product along an axis is left to flint's."""
        x = array("x", "n m")
        adjoints = symdiff.adjoints(Graph("g", (x,), {"y": product(x, "m")}))
        inputs = {"x": self.INPUTS["x"][:, :20], "v": self.INPUTS["v"][:, 0]}
        found = enclose_adjoints(adjoints, inputs, target="float32")

        assert balls_asked
        assert found["x"].certified.all()

    def test_where_a_value_is_undefined_flint_says_so(self) -> None:
        """log of a negative entry."""
        x = array("x", "n")
        y = elementwise(sympy.log, x)
        adjoints = symdiff.adjoints(Graph("g", (x,), {"y": y}))
        at = np.linspace(-1, 5, 301)
        found = enclose_adjoints(adjoints, {"x": at, "v": np.ones(301)}, target="float32")

        assert isinstance(found["x"], Enclosure)
        assert not found["x"].certified[at <= 0].any()
        assert found["x"].certified[at > 0].all()


class TestSoftmaxOfTheMasked:
    """A mask of −∞ leaves exact zeros."""

    def test_they_are_certified(self) -> None:
        """As 0, with radius 0."""
        x = array("x", "n m")
        mask = literal(np.where(np.tri(16) > 0, 0.0, -np.inf), ("n", "m"))
        y = softmax(elementwise(lambda a, b: a + b, x, mask), "m")
        adjoints = symdiff.adjoints(Graph("masked", (x,), {"y": y}))
        rng = np.random.default_rng(4)
        inputs = {"x": rng.normal(size=(16, 16)), "v": rng.normal(size=(16, 16))}
        given, _, lengths = adjoints.signature.bind(inputs)

        found = evaluation.evaluate(program(adjoints.nodes), {**given, **lengths})

        assert found is not None
        upper = np.triu_indices(16, 1)
        assert not found["x"].radius[upper].any()
        assert not found["x"].value[upper].any()
        assert found["x"].known.all()


class TestTheProcessor:
    """What the proofs assume is asked of it."""

    def test_it_is_as_usual(self) -> None:
        """Rounding to nearest, subnormal numbers kept."""
        assert is_ieee()

    def test_numbers_flushed_to_zero_are_noticed(self) -> None:
        """torch can have them so, in this very thread: then flint computes."""
        if not torch.set_flush_denormal(True):
            pytest.skip("this processor cannot")
        try:
            assert not is_ieee()
            assert evaluation.evaluate(program({}), {}) is None
        finally:
            torch.set_flush_denormal(False)
        assert is_ieee()
