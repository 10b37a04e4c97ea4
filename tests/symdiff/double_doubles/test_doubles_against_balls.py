"""Adjoints of whole graphs in balls of two float64, beside flint's with 400 bits."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import sympy
import torch
from flint import arb, ctx

import symdiff
from symdiff.balls.compiled import compile_ball
from symdiff.bridge.interpret import interpret
from symdiff.double_doubles.array import DOUBLE_DOUBLE, DoubleDoubles
from symdiff.expression.formula import exact
from symdiff.float_balls.evaluate import evaluate_in
from symdiff.graph import Graph, array, constant, einsum, elementwise, gather, literal, size
from symdiff.graph.composed.normalised import EPS, standardised
from symdiff.graph.composed.softmax import softmax
from symdiff.graph.kinds.largest import maximum
from symdiff.graph.kinds.running import running_sum
from symdiff.oracle import arrays
from symdiff.oracle.adjoints import enclose_adjoints
from symdiff.oracle.enclosures import from_float_balls
from symdiff.programs.program import program
from tests.symdiff.rounding.random_graphs import random_graph

BITS, MORE_BITS = 400, 2400


@lru_cache(maxsize=4096)
def _entry(used: tuple[sympy.Symbol, ...], expression: sympy.Expr) -> Any:
    compiled = compile_ball(expression, used)

    def evaluated(*balls: arb) -> arb:
        try:
            return compiled(*balls)
        except ArithmeticError:
            return arb.nan()

    return evaluated


def truths(adjoints: symdiff.Adjoints, arguments: dict[str, Any], bits: int) -> dict[str, Any]:
    """The adjoints over flint's balls, by an interpreter that knows nothing of float balls."""
    steps = program(adjoints.nodes)
    ball = np.frompyfunc(lambda x: arb(x.p) / arb(x.q) if hasattr(x, "p") else arb(x), 1, 1)
    with ctx.workprec(bits):
        balls = {k: np.asarray(ball(arguments[k]), object) for k in steps.arguments}
        made = interpret(steps, balls, lambda used, e: _entry(tuple(used), e))
    return {k: np.ravel(v).tolist() for k, v in made.items()}


def compared(
    adjoints: symdiff.Adjoints, inputs: dict[str, np.ndarray]
) -> tuple[dict[str, DoubleDoubles], float]:
    """What double-doubles find, none of which lies outside; the largest error over its bound."""
    given, parameters, lengths = adjoints.signature.bind(inputs)
    arguments = {**given, **parameters, **lengths}
    found = evaluate_in(DOUBLE_DOUBLE, program(adjoints.nodes), arguments)
    assert found is not None
    listed = [truths(adjoints, arguments, bits) for bits in (BITS, MORE_BITS)]
    told, worst = 0, 0.0
    for name, balls in found.items():
        parts = [np.ravel(p).tolist() for p in (*balls, balls.known)]
        for i, (h, l, e, known) in enumerate(zip(*parts, strict=True)):
            if not known:
                continue
            for bits, truth in zip((BITS, MORE_BITS), listed, strict=True):
                with ctx.workprec(bits):
                    off = abs(arb(truth[name][i]) - arb(h) - arb(l))
                    assert not off > arb(e), (name, i, h, l, e)
                    if off <= arb(e):
                        told += 1
                        worst = max(worst, float((off / e).mid()) if e > 2.0**-900 else 0.0)
                        break
    assert told
    return found, worst


@pytest.mark.parametrize("seed", range(12))
def test_random_graphs(seed: int) -> None:
    """Of array operations and functions, at inputs of some size."""
    graph, inputs = random_graph(seed)
    scale = [1.0, 0.01, 5.0][seed % 3]
    adjoints = symdiff.adjoints(graph)

    _, worst = compared(adjoints, {n: inputs[n] * scale for n in adjoints.signature.inputs})
    assert worst <= 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 400))
def test_many_random_graphs(seed: int) -> None:
    """The same, more of them, at inputs of any size."""
    graph, inputs = random_graph(seed, operations=8)
    scale = 10.0 ** np.random.default_rng(seed).uniform(-20, 2)
    adjoints = symdiff.adjoints(graph)

    compared(adjoints, {n: inputs[n] * scale for n in adjoints.signature.inputs})


def layer_norm() -> symdiff.Adjoints:
    """Of rows m, with a gain."""
    x, g = array("x", "n m"), array("g", "m")
    y = elementwise(lambda u, a: u * a, standardised(x, ("m",)), g)
    return symdiff.adjoints(Graph("norm", (x, g), {"y": y}, {EPS: exact("1e-5")}))


def attention() -> symdiff.Adjoints:
    """Causal, of queries t and keys s."""
    q, k, w = array("q", "t e"), array("k", "s e"), array("w", "s e")
    mask = literal(np.where(np.tri(12) > 0, 0.0, -np.inf), ("t", "s"))
    products = einsum("t e, s e -> t s", q, k)
    scores = elementwise(lambda a, m: a / sympy.sqrt(size("e")) + m, products, mask)
    y = einsum("t s, s e -> t e", softmax(scores, "s"), w)
    return symdiff.adjoints(Graph("attention", (q, k, w), {"y": y}))


def drawn(seed: int, **shapes: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Normal inputs."""
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


class TestLayers:
    """What networks are made of, every entry as close as float64 is asked for."""

    @pytest.mark.parametrize("scale", [1.0, 1e-8, 30.0])
    def test_softmax(self, scale: float) -> None:
        """Of rows of any spread."""
        x = array("x", "n m")
        adjoints = symdiff.adjoints(Graph("softmax", (x,), {"y": softmax(x, "m")}))
        inputs = drawn(1, x=(9, 14), v=(9, 14))
        found, worst = compared(adjoints, {**inputs, "x": inputs["x"] * scale})

        assert worst <= 1
        assert (found["x"].radius <= 1e-29 * np.abs(inputs["v"]).max()).all()

    def test_layer_norm(self) -> None:
        """With its gain."""
        found, worst = compared(layer_norm(), drawn(3, x=(8, 12), g=(12,), v=(8, 12)))

        assert worst <= 1
        assert all((b.radius <= 2.0**-64 * np.abs(b.high)).all() for b in found.values())

    def test_causal_attention(self) -> None:
        """What is masked is exactly 0."""
        found, worst = compared(attention(), drawn(4, q=(12, 8), k=(12, 8), w=(12, 8), v=(12, 8)))

        assert worst <= 1
        assert all((b.radius <= 1e-28).all() for b in found.values())
        assert not found["q"].high[0].any()  # of one key the weight is 1, whatever its score

    def test_kinds_that_move_choose_and_multiply(self) -> None:
        """Gather and its transpose, a literal, a maximum, a product of several, a running sum."""
        rng = np.random.default_rng(8)
        x, w = array("x", "n m"), array("w", "m k")
        moved = gather(x, rng.integers(-1, 12, (4, 5)), ("a", "b"), (3, 4))
        peak = maximum(moved, "b")
        weights = literal(rng.normal(size=(3, 4)), ("n", "m"))
        mixed = einsum("n m, n m, m k -> n k", x, weights, w)
        y = elementwise(
            lambda p, q, s, c: p * q + s + c,
            einsum("a -> ", peak),
            einsum("n k -> ", mixed),
            einsum("n m -> ", running_sum(x, "m")),
            constant(3),
        )
        adjoints = symdiff.adjoints(Graph("moving", (x, w), {"y": y}))

        compared(adjoints, {"x": rng.normal(size=(3, 4)), "w": rng.normal(size=(4, 2))})


class TestTheDoor:
    """`enclose_adjoints` asks double-doubles first, where float64 is judged."""

    @pytest.fixture
    def balls_asked(self, monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
        """The adjoints that flint's balls were asked for, each time."""
        asked: list[set[str]] = []
        plain = arrays.interpret

        def watched(steps: object, *given: object) -> object:
            asked.append({name for name in steps.results if name[0] != "%"})
            return plain(steps, *given)

        monkeypatch.setattr(arrays, "interpret", watched)
        return asked

    INPUTS = drawn(5, x=(96, 96), g=(96,), v=(96, 96))

    def test_flint_has_nothing_to_do(self, balls_asked: list[set[str]]) -> None:
        """All is certified to what float64 asks, and balls agree within both bounds."""
        found = enclose_adjoints(layer_norm(), self.INPUTS)
        assert balls_asked == []
        assert all(e.certified.all() for e in found.values())

        truth = enclose_adjoints(layer_norm(), self.INPUTS, relative=2.0**-100)
        assert balls_asked
        for name, e in found.items():
            t = truth[name]
            off = np.abs((t.high - e.high) + (t.low - e.low))
            assert (off <= (e.bound + t.bound) * (1 + 2.0**-40)).all()
            assert (e.bound <= 2.0**-64 * np.abs(e.high)).all()

    def test_few_entries_go_to_flint(self, balls_asked: list[set[str]]) -> None:
        """Whose balls take less time than the kernels to be loaded."""
        few = {k: v[:9, :16] if v.ndim == 2 else v[:16] for k, v in self.INPUTS.items()}
        enclose_adjoints(layer_norm(), few)

        assert balls_asked

    def test_what_is_left_open_goes_to_flint(self, balls_asked: list[set[str]]) -> None:
        """An entry that cancels so far that 106 bits do not tell it to 2⁻⁶⁴."""
        x, y = array("x", "n"), array("y", "n")
        z = elementwise(lambda a, b: (a + b) ** 2 * (a - b), x, y)
        adjoints = symdiff.adjoints(Graph("g", (x, y), {"z": z}))
        at = np.ones(6000)
        inputs = {"x": at, "y": at.copy(), "v": at}
        inputs["y"][7] = -1 + 2.0**-52
        inputs["x"][9], inputs["y"][9] = 1e308, 1.0
        found = enclose_adjoints(adjoints, inputs)

        assert balls_asked
        assert found["x"].certified[7]

    def test_where_a_value_is_undefined_flint_says_so(self) -> None:
        """log of a negative entry."""
        x = array("x", "n")
        adjoints = symdiff.adjoints(Graph("g", (x,), {"y": elementwise(sympy.log, x)}))
        at = np.linspace(-1, 5, 8301)
        found = enclose_adjoints(adjoints, {"x": at, "v": np.ones(8301)})

        assert not found["x"].certified[at <= 0].any()
        assert found["x"].certified[at > 0].all()

    def test_numbers_flushed_to_zero_are_noticed(self, balls_asked: list[set[str]]) -> None:
        """torch can have them so, in this very thread: then flint computes."""
        if not torch.set_flush_denormal(True):
            pytest.skip("this processor cannot")
        try:
            x = array("x", "n")
            adjoints = symdiff.adjoints(Graph("g", (x,), {"y": elementwise(lambda a: a * a, x)}))
            enclose_adjoints(adjoints, {"x": np.ones(8200), "v": np.ones(8200)})
        finally:
            torch.set_flush_denormal(False)

        assert from_float_balls.is_worth(2.0**-64, 16400)
        assert balls_asked
