"""Formulas asked where their cases meet: nothing certified there is false, of f, f′ and f″.

f′ and f″ are judged by what they are a hair beside, on both sides, at 160 bits and many more.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from formulas import Case
from independent import Independent, Kind
from judging import Ball, judge
from mpmath import mp, mpf
from second_derivative import between
from tied_formulas import tied_case, tied_points
from tracked import Unknown

import symdiff
from symdiff.graph import Graph
from symdiff.oracle import deadline
from symdiff.oracle.choice import enclose

_BITS = 2_600


def faults(one: Case, points: list[float], counts: Counter[str]) -> list[str]:
    """What is certified and false of a formula."""
    try:
        definition = symdiff.activation(one.text, **one.parameters)
        graph = symdiff.pointwise(definition)
        first = symdiff.adjoints(graph)
        if "z" not in first.nodes:
            return []
        lines = {"d": first.nodes["z"]}
        twice = symdiff.adjoints(Graph("twice", graph.inputs, lines, derived_from=graph))
        with deadline.allowed(10):
            slopes = Ball.all_of(first.enclose(z=points)["z"])
            values = Ball.all_of(enclose(definition.formula, {"z": points}))
            bends = Ball.all_of(twice.enclose(z=points)["z"]) if "z" in twice.nodes else []
    except ValueError:  # refused
        return []
    formula = Independent(one.text, one.parameters)
    found: list[str] = []

    def add(what: str, x: float, ball: Ball, expected: object) -> None:
        found.append(f"{what} of {one.text} at {x!r}: {ball}; expected {expected}")

    for x, ball in zip(points, slopes, strict=True):
        truth = formula.derivative(x)
        counts["jumps"] += truth.jumps
        counts["first"] += ball.certified and truth.kind is not Kind.UNKNOWN
        if fault := judge(ball, truth):
            add(fault.kind, x, ball, fault.expected)
    for x, ball in zip(points, values, strict=True):
        if ball.certified and not _holds(formula, x, ball):
            add("the value", x, ball, "another")
        counts["values"] += ball.certified
    for x, ball in zip(points, bends, strict=False):
        truth = formula.derivative(x)
        if not ball.certified:
            continue
        if truth.jumps or truth.kind is Kind.UNDEFINED:
            add("the second derivative", x, ball, truth)
        ends = between(formula, x) if truth.kind is Kind.VALUE else None
        counts["second"] += ends is not None
        if ends is not None and not ball.meets(*ends):
            add("the second derivative", x, ball, [mp.nstr(end, 20) for end in ends])
    return found


def _holds(formula: Independent, x: float, ball: Ball) -> bool:
    try:
        value = formula.value(Fraction(x))
    except Unknown:
        return True
    if value is None:
        return False
    with mp.workprec(_BITS):
        error = mpf(2) ** max(value.e, -4_000)
        return ball.meets(value.v - error, value.v + error)


def judged(count: int, seed: str, first: int = 0) -> tuple[list[str], Counter[str]]:
    """The faults of so many formulas, and how often what was judged."""
    counts = Counter[str]()
    found: list[str] = []
    for i in range(first, first + count):
        one = f"{seed}:{i}"
        found += faults(tied_case(one), tied_points(one).tolist(), counts)
    return found, counts


@pytest.mark.parametrize(
    ("part", "count"),
    [(0, 30), *(pytest.param(k, 200, marks=pytest.mark.slow) for k in range(1, 11))],
)
def test_nothing_is_certified_that_is_false(part, count):
    """30 formulas, and 2,000 in the slow ones, at 14 points each; seed t."""
    found, counts = judged(count, "t", 1_000 * part)

    assert not found, "\n".join(found)
    assert counts["first"] > 8 * count
    assert counts["second"] > 6 * count
    assert counts["values"] > 8 * count
    assert counts["jumps"] > count / 5


def test_a_certified_jump_would_be_seen():
    """As would another second derivative."""
    formula = Independent("where(z > 0, z + 2**-70, z)", {})
    certified = Ball(1.0, 0.0, 0.0, certified=True, why=0)
    fault = judge(certified, formula.derivative(0.0))
    assert fault is not None
    assert fault.kind == "false: jump"
    low, high = between(Independent("z**3", {}), 2.0) or (0, 0)
    assert low <= 12 <= high
    assert not Ball(12.5, 0.0, 0.0, certified=True, why=0).meets(low, high)
    kink = between(Independent("where(z > 0, z**2, 0)", {}), 0.0) or (0, 0)
    assert [round(float(end), 9) for end in kink] == [0.0, 2.0]
