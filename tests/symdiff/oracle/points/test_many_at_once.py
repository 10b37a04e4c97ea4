"""Very many points of several variables are decided by balls of two float64, where they can be."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from flint import arb, ctx

from symdiff.expression.formula import real_symbol
from symdiff.functions import sigmoid
from symdiff.oracle.enclosures.enclosure import Enclosure, Why
from symdiff.oracle.points import ball
from symdiff.oracle.points.ball import enclose_ball
from symdiff.oracle.points.primal import Primal

a, b = map(real_symbol, "ab")
SWIGLU = a * b * sigmoid(a)
SLOPE = b * sigmoid(a) * (1 + a * (1 - sigmoid(a)))
COUNT = 50_000


def drawn(count: int = COUNT) -> dict[str, np.ndarray]:
    """Points of usual size (seed 3)."""
    rng = np.random.default_rng(3)
    return {"a": rng.normal(size=count) * 3, "b": rng.normal(size=count)}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many points flint's balls were asked for, each time."""
    counts: list[int] = []
    plain = ball._Settling.settle

    def settle(self: ball._Settling, points: list[tuple[float, ...]]) -> Enclosure:
        counts.append(len(points))
        return plain(self, points)

    monkeypatch.setattr(ball._Settling, "settle", settle)
    return counts


def test_flint_has_nothing_to_do(asked: list[int]) -> None:
    """All is certified, also to a rounding, and holds the truth that 400 bits enclose."""
    points = drawn()
    of = Primal((SWIGLU,), SWIGLU, a)
    found = enclose_ball(SLOPE, points, of=of)
    rounded = enclose_ball(SLOPE, points, of=of, rounding="float64")

    assert asked == [0, 0]
    assert found.certified.all()
    assert rounded.certified.all()
    assert (found.bound <= 2.0**-64 * np.abs(found.high)).all()
    with ctx.workprec(400):
        for i in range(0, COUNT, 97):
            x, y = arb(points["a"][i]), arb(points["b"][i])
            s = 1 / (1 + (-x).exp())
            off = abs(y * s * (1 + x * (1 - s)) - arb(found.high[i]) - arb(found.low[i]))
            assert off <= arb(found.bound[i])


def test_what_they_leave_open_goes_to_flint(asked: list[int]) -> None:
    """A logarithm of what is negative, and a sum of which 106 bits leave nothing."""
    points = {name: np.abs(at) + 0.1 for name, at in drawn(COUNT + 1).items()}
    points["a"][5], points["b"][7] = -1.0, -1.0
    points["a"][11], points["b"][11] = 2.0, 1e-40
    points["a"][13] = np.nan
    found = enclose_ball(sympy.log(a) * sympy.log(b) * (sympy.exp(a + b) - sympy.exp(a)), points)

    assert asked == [3]
    assert found.why[[5, 7, 13]].tolist() == [Why.UNDEFINED, Why.UNDEFINED, Why.NOT_A_NUMBER]
    assert np.delete(found.certified, [5, 7, 13]).all()


@pytest.mark.parametrize(
    ("expression", "relative", "count"),
    [
        (sympy.Piecewise((a, a > b), (b, True)), 2.0**-64, COUNT),
        (a * b, 2.0**-40, COUNT),
        (a * b, 2.0**-100, COUNT),
        (a * b, 2.0**-64, 300),
        (sympy.atan(a) * b, 2.0**-64, COUNT),
    ],
    ids=["conditions", "narrow", "as tight as can be", "few", "no kernel"],
)
def test_what_is_for_flint_alone(
    asked: list[int],
    monkeypatch: pytest.MonkeyPatch,
    expression: sympy.Expr,
    relative: float,
    count: int,
) -> None:
    """Cases, narrow formats, bounds beyond 106 bits, few points, and what has no kernel."""
    if count == COUNT:  # as few as will do: flint's take their time
        count = 500
        monkeypatch.setattr(ball, "WORTH_AT_POINTS", count)
    found = enclose_ball(expression, drawn(count), relative=relative)

    assert asked == [count]
    assert found.certified.all()
