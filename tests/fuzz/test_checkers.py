"""The fuzzers reject what is false: wrong enclosures, limits, kinks; hangs, memory, tracebacks."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from formulas import Case
from fuzz_pool import Settings, Tally, Worker, report, task
from fuzz_shrink import shorter, shrunk
from independent import Independent
from judging import (
    Ball,
    contradict,
    judge,
    judge_limit,
    judge_plain,
    kinks_by_sampling,
    open_beside,
    side_fault,
    unlisted,
)

from symdiff.oracle.enclosures.enclosure import Why

INFINITE = math.inf


def certified(high, bound=1e-20):
    """A certified enclosure."""
    return Ball(high, 0.0, bound, True, Why.CERTIFIED)  # noqa: FBT003 - a named tuple's field


def open_(high, bound, why=Why.UNDECIDED):
    """One that is not."""
    return Ball(high, 0.0, bound, False, why)  # noqa: FBT003 - a named tuple's field


@pytest.mark.parametrize(
    ("text", "x", "ball", "kind"),
    [
        ("z**2", 3.0, certified(6.0, 0.0), None),
        ("z**2", 3.0, certified(6.0 + 1e-15, 0.0), "false: value"),
        ("exp(z)", 0.0, certified(1.0, 0.0), None),
        ("exp(z)", 1.0, certified(math.e, 1e-15), None),
        ("exp(z)", 1.0, certified(math.e, 1e-17), "false: value"),
        ("exp(z)", 1.0, open_(2.0, 0.1), "false: the bound of a point that is not certified"),
        ("exp(z)", 1.0, open_(math.nan, INFINITE), None),
        ("exp(z)", 1.0, open_(math.nan, INFINITE, Why.UNDEFINED), "why: says undefined"),
        ("exp(z)", 1.0, open_(math.nan, INFINITE, Why.NO_DERIVATIVE), "why"),
        ("z*abs(z)**0.5", 0.0, open_(math.nan, INFINITE, Why.NO_DERIVATIVE), "why: says that"),
        ("z*abs(z)**0.5", 0.0, open_(math.nan, INFINITE), None),
        ("z*abs(z)**0.5", 0.0, open_(math.nan, INFINITE, Why.UNDEFINED), "why: says undefined"),
        ("exp(z)", 1.0, open_(math.nan, INFINITE, Why.CERTIFIED), "why: contradicts"),
        ("exp(z)", 1.0, certified(math.nan, INFINITE), "why: certified without a number"),
        ("exp(exp(z))", 8.0, certified(INFINITE, 0.0), None),
        ("exp(exp(z))", 8.0, certified(-INFINITE, 0.0), "false: value"),
        ("exp(z)", 8.0, certified(INFINITE, 0.0), "false: value"),
        ("exp(-z)", 800.0, certified(0.0, 5e-324), None),
        ("exp(-z)", 700.0, certified(0.0, 5e-324), "false: value"),
        ("abs(z)", 0.0, certified(0.0, 0.0), None),
        ("abs(z)", 0.0, certified(-1.0, 0.0), None),
        ("abs(z)", 0.0, certified(1.5, 0.0), "false: kink"),
        ("z*abs(z)", 0.0, certified(0.0, 0.0), None),
        ("z*abs(z)", 0.0, certified(0.5, 0.0), "false: smooth tie"),
        ("min(z, abs(z))", 0.0, certified(0.0, 0.0), "false: smooth tie"),
        ("where(z == 1, 5*z, z**2)", 1.0, certified(5.0, 0.0), "false: jump"),
        ("where(z == 1, 5*z, z**2)", 1.0, certified(2.0, 0.0), "false: jump"),
        ("where(z > 0, z + 1, z)", 0.0, certified(1.0, 0.0), "false: jump"),
        ("abs(z)", 0.0, certified(3.0, 0.0), "false: kink"),
        ("where(z == 1, 2*z - 1, z**2)", 1.0, certified(0.0, 0.0), "false: smooth tie"),
        ("log(z)", -1.0, certified(-1.0, 0.0), "false: outside the domain"),
        ("log(z)", -1.0, open_(math.nan, INFINITE, Why.UNDEFINED), None),
        ("sqrt(z)", 0.0, certified(INFINITE, 0.0), "false: no derivative"),
    ],
)
def test_an_enclosure_is_judged_by_the_independent_derivative(text, x, ball, kind):
    """What is false is reported as what it is; what is true is not."""
    fault = judge(ball, Independent(text).derivative(x))
    if kind is None:
        assert fault is None
    else:
        assert fault is not None
        assert fault.kind.startswith(kind)


@pytest.mark.parametrize(
    ("text", "x", "value", "kind"),
    [
        ("exp(z)", 1.0, math.e, None),
        ("exp(z)", 1.0, math.e * (1 + 1e-7), "lambdify: wrong"),
        ("exp(z)", 1.0, INFINITE, "lambdify: wrong"),
        ("exp(exp(z))", 8.0, INFINITE, None),
        ("exp(exp(z))", 8.0, -INFINITE, "lambdify: wrong"),
        ("exp(z)", 1.0, math.nan, "bridge: no value"),
        ("exp(-z)", 760.0, 0.0, None),
        ("exp(-z)", 700.0, 0.0, "lambdify: wrong"),
        ("min(tanh(z), abs(z), z)", 0.0, 0.0, "lambdify: wrong"),
        ("abs(z)", 0.0, 0.5, None),
        ("abs(z)", 0.0, 1.5, "lambdify: wrong"),
        ("log(z)", -1.0, -1.0, "lambdify: outside the domain"),
        ("log(z)", -1.0, math.nan, None),
        ("sqrt(abs(z))", 0.0, 0.0, None),  # no slope on either side: nothing is known
    ],
)
def test_a_value_without_a_bound_is_judged_too(text, x, value, kind):
    """It is right to 10⁻⁸, between the sides of a kink, or NaN."""
    fault = judge_plain(value, Independent(text).derivative(x))
    assert kind == (fault and fault.kind)


@pytest.mark.parametrize(
    ("text", "parameters", "sign", "ball", "good"),
    [
        ("tanh(z)", {}, 1, certified(0.0, 0.0), True),
        ("tanh(z)", {}, 1, certified(0.5, 0.0), False),
        ("softplus(b*z)/b", {"b": "1e-400"}, 1, certified(0.5, 0.0), False),
        ("softplus(b*z)/b", {"b": "1e-400"}, 1, certified(1.0, 0.0), True),
        ("z + relu(sin(z) - 0.999)", {}, 1, certified(1.0, 0.0), False),
        ("z**2", {}, -1, certified(-INFINITE, 0.0), True),
        ("z**2", {}, -1, certified(INFINITE, 0.0), False),
        ("log(z)", {}, 1, certified(0.0, 0.0), True),
        ("log(z)", {}, -1, certified(0.0, 0.0), False),
        ("z**h * abs(z)", {"h": "1e-323"}, 1, certified(INFINITE, 0.0), True),  # (1 + h) z^h
        ("z**h * abs(z)", {"h": "1/4"}, 1, certified(1.0, 0.0), False),
    ],
)
def test_a_limit_is_judged_by_values_far_out(text, parameters, sign, ball, good):
    """A value at 10^400 that does not come nearer by 10^1500 is no limit."""
    assert good == (judge_limit(ball, Independent(text, parameters), sign) is None)


@pytest.mark.parametrize(
    ("text", "slow"),
    [("z**h", True), ("z**(-h/3)", True), ("z**0", False), ("z**(1/3)", False), ("z**z", False)],
)
def test_a_power_is_slow_if_its_exponent_is_tiny_and_not_0(text, slow):
    """Of 1/500 and −1/1500: what they come to is not seen at 10^1500."""
    assert slow == Independent(text, {"h": "1/500"}).has_slow_power()


def test_contradictions_are_seen_whatever_the_factor():
    """2·(1 ± 0.1) and 2.1 ± 0 have numbers in common, and 2·(1 ± 0.1) and 2.3 ± 0 none."""
    assert not contradict(certified(1.0, 0.1), certified(2.1, 0.0), 2.0)
    assert contradict(certified(1.0, 0.1), certified(2.3, 0.0), 2.0)
    assert contradict(certified(INFINITE, 0.0), certified(-INFINITE, 0.0))
    assert not contradict(open_(1.0, 0.1), certified(5.0, 0.0))


def test_sampling_finds_the_kinks_that_a_list_lacks():
    """|sin z| has kinks at 0, π and 2π; a list of 0 and π lacks one, an unresolved span excuses."""
    grid = [Fraction(k) / 7 for k in range(-10, 48)]
    found = kinks_by_sampling(Independent("abs(sin(z))"), grid)
    assert [0, math.pi, 2 * math.pi] == pytest.approx(found, abs=1e-12)
    assert [] == unlisted(found, [0, math.pi, 2 * math.pi], [])
    assert [2 * math.pi] == pytest.approx(unlisted(found, [0, math.pi], []))
    assert [] == unlisted(found, [0, math.pi], [(6, 7)])


def test_sampling_finds_no_kink_where_there_is_none():
    """z |z| changes its formula at 0, and its derivative does not jump."""
    grid = [Fraction(2 * k + 1) / 7 for k in range(-10, 10)]
    assert [] == kinks_by_sampling(Independent("z*abs(z)"), grid)


def test_a_kinks_side_is_judged_by_the_derivative_beside_it():
    """To the left of 0 |sin z| has the derivative −1, not 1."""
    formula = Independent("abs(sin(z))")
    assert side_fault(formula, Fraction(0), -1, -1.0) is None
    assert side_fault(formula, Fraction(0), -1, 1.0) == "-1.0"
    assert side_fault(formula, Fraction(0), 1, None) == "1.0"
    beyond = Independent("exp(max(z, 1e20))")
    assert side_fault(beyond, Fraction(10**20), 1, None) is None
    assert side_fault(beyond, Fraction(10**20), -1, None) == "0.0"


def test_a_side_is_unknown_where_the_list_says_so():
    """Beside a kink that ends an interval in which others may be; on the other side it is not."""
    assert open_beside(Fraction(2), 1, [(2.0, 3.0)])
    assert not open_beside(Fraction(2), -1, [(2.0, 3.0)])
    assert not open_beside(Fraction(2), 1, [(2.5, 3.0)])
    assert not open_beside(Fraction(2), 1, [])
    assert open_beside(Fraction(0), 1, [(0.0, 1e-13)])
    assert not open_beside(Fraction(0), -1, [(0.0, 1e-13)])
    assert open_beside(Fraction(-2), -1, [(-3.0, -2.0)])


MISBEHAVIOUR = {
    "1/0": "exception in misbehave: ZeroDivisionError",
    "raise ValueError('not ours')": "exception in misbehave: ValueError",
    "import warnings; warnings.warn('loud')": "exception in misbehave: UserWarning",
    "bytearray(5 * 2**30)": "memory in misbehave: MemoryError",
    "sum(range(10**11))": "hang in misbehave",  # one instruction: no signal is handled
    "import os; os.abort()": "died in misbehave",
}


def test_a_worker_that_misbehaves_is_reported_and_replaced():
    """A hang, memory, death and foreign exceptions are findings; the next formula runs."""
    tally = Tally()
    with Worker() as worker:
        for statement in (*MISBEHAVIOUR, "pass"):
            worker.run({"misbehave": statement, "seconds": 1}, tally)
    assert list(MISBEHAVIOUR.values()) == [found.kind for found in tally.findings]
    assert len(MISBEHAVIOUR) + 1 == tally.formulas
    for kind in MISBEHAVIOUR.values():
        assert kind in report(tally)


def test_a_worker_takes_a_refusal_in_one_sentence_for_what_it_is():
    """An unknown function is refused by symdiff itself: no finding."""
    tally = Tally()
    with Worker() as worker:
        worker.run(task(Case("gelluu(z) + 1", {}, "1:1"), Settings(points=3)), tally)
    assert [] == tally.findings
    assert 1 == tally.counts["refused in derive"]


def test_shorter_formulas_leave_parts_out():
    """Each is shorter and is still a formula."""
    found = list(shorter("where(z > 1, sin(z) + 2, exp(z))"))
    assert "sin(z) + 2" in found
    assert "where(z > 1, sin(z), exp(z))" in found
    assert all(len(text) < len("where(z > 1, sin(z) + 2, exp(z))") for text in found)


def test_a_fault_is_made_short():
    """A formula that is refused is refused without its other parts too."""
    one = Case("((z)*(2) + sin(z)) + gelluu(z)", {}, "1:1")
    with Worker() as worker:
        job = {**task(one, Settings(points=2)), "refusals": True}
        tally = Tally()
        worker.run(job, tally)
        (found,) = [f for f in tally.findings if f.kind.startswith("refused")]
        assert "gelluu(z)" == shrunk(found, job, worker).text
