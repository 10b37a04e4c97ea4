"""What lambdify promises: right to 10⁻⁹, infinite beyond float64, or NaN; seeds 37 and 41."""

import re

import numpy as np
import pytest

import symdiff
from symdiff.bridge import evaluator
from symdiff.bridge.evaluator import ABSOLUTE, RELATIVE
from symdiff.catalogue.activations import activations
from symdiff.expression.formula import real_symbol
from symdiff.expression.parse import FUNCTIONS
from symdiff.oracle.enclosures.enclosure import Why
from symdiff.oracle.points.ball import enclose_ball
from symdiff.trees.extent import TooLarge

MAGNITUDES = [5e-324, 1e-310, 1e-300, 1e-30, 1e-8, 0.01, 0.3, 0.5, 1.0, 2.0, 3.0, 6.0, 7.0, 17.3]
MAGNITUDES += [37.0, 100.0, 355.0, 400.0, 710.0, 745.0, 800.0, 1e5, 1e8, 1e15, 1e30, 1e100, 1e155]
MAGNITUDES += [1e200, 1e300, 1.7e308]
POINTS = np.array([0.0, *MAGNITUDES, *(-x for x in MAGNITUDES)])
ONE_ARGUMENT = sorted(
    f for f in FUNCTIONS if f not in {"where", "max", "min", "Max", "Min"} and f.isascii()
)
NUMBERS = ["1", "2", "3", "0.5", "0.1", "1e-3", "7", "100", "1e10", "1e20", "1e-30", str(2**64)]
NUMBERS += ["pi", "e", "a", "b"]
VALUES = ["1", "2", "0.5", "-1", "0.1", "3", "1e-5", "10"]


def wrong(values, truth):
    """The points at which a value breaks the promise, where the truth is certified.

    NaN breaks none here: it says that there is no value or that none was found.
    """
    with np.errstate(invalid="ignore"):  # ∞ − ∞
        off = np.abs(values - truth.high) > RELATIVE * np.abs(truth.high) + ABSOLUTE
    infinite = np.isinf(values) | np.isinf(truth.high)
    off = np.where(infinite, values != truth.high, off)
    return truth.certified & off & ~np.isnan(values)


def random_formula(random, depth):
    """A formula of the text grammar, in z and the parameters a and b."""

    def inner():
        return random_formula(random, depth - 1)

    kind = random.random()
    if depth <= 0 or kind < 0.08:
        return "z" if random.random() < 0.7 else str(random.choice(NUMBERS))
    if kind < 0.5:
        return f"{random.choice(ONE_ARGUMENT)}({inner()})"
    if kind < 0.57:
        return f"where({inner()} {random.choice(['<', '>='])} {inner()}, {inner()}, {inner()})"
    if kind < 0.65:
        return f"{random.choice(['max', 'min'])}({inner()}, {inner()})"
    if kind < 0.71:
        return f"({inner()})**{random.choice(['2', '3', '-1', '-2', '0.5', 'a'])}"
    return f"({inner()} {random.choice(list('+-*/'))} {inner()})"


def judged(text, parameters):
    """lambdify's values of the derivative and the certified truth; None for what is refused."""
    try:
        function = symdiff.pointwise(symdiff.activation(text, **parameters))
    except ValueError:
        return None
    adjoints = symdiff.adjoints(function)
    if "z" not in adjoints.nodes:
        return None
    try:
        adjoints["z"]
    except TooLarge:  # there is nothing to judge by
        return None
    values = np.asarray(adjoints.lambdify()(z=POINTS)["z"])
    enclosed = adjoints.enclose(z=POINTS)["z"]
    assert np.isnan(values[enclosed.why == Why.UNDEFINED]).all(), (text, parameters)
    return values, enclosed


def judge_random_formulas(seed, count):
    """Judge that many formulas. Returns: how many values had a truth, and how many were NaN."""
    random = np.random.default_rng(seed)
    certified = lost = formulas = 0
    while formulas < count:
        text = random_formula(random, int(random.integers(1, 5)))
        drawn = {name: str(random.choice(VALUES)) for name in "ab"}
        parameters = {k: v for k, v in drawn.items() if re.search(rf"\b{k}\b", text)}
        found = judged(text, parameters)
        if found is None:
            continue
        values, truth = found
        formulas += 1
        bad = wrong(values, truth)
        assert not bad.any(), (text, parameters, POINTS[bad], values[bad], truth.high[bad])
        certified += int(truth.certified.sum())
        lost += int((truth.certified & np.isnan(values)).sum())
    return certified, lost


@pytest.mark.parametrize(("seed", "many"), [(37, 2**16), (43, 1)])
def test_random_formulas(seed, many, monkeypatch):
    """No value of a random formula's derivative is wrong, and almost none is missing.

    By running errors, as of a few points, and by float balls, as of many.
    """
    monkeypatch.setattr(evaluator, "_MANY", many)
    certified, lost = judge_random_formulas(seed, 50)

    assert certified > 2_000
    assert lost <= certified / 500


@pytest.mark.slow
@pytest.mark.usefixtures("either_way")
def test_many_random_formulas():
    """The same for more of them."""
    certified, lost = judge_random_formulas(41, 1500)

    assert lost <= certified / 500


@pytest.mark.parametrize("name", activations)
@pytest.mark.usefixtures("either_way")
def test_the_catalogue(name):
    """Every derivative of the catalogue is right at points of every magnitude, none missing."""
    random = np.random.default_rng(37)
    scattered = [random.normal(size=60) * 4, 10.0 ** random.uniform(-30, 30, 40)]
    points = np.concatenate([POINTS, *scattered, -scattered[1]])
    definition = activations[name]
    values = symdiff.adjoints(symdiff.pointwise(definition)).lambdify()(z=points)["z"]
    truth = enclose_ball(definition.valued(definition.derivative()), {"z": points})

    assert not wrong(values, truth).any()
    assert not (truth.certified & np.isnan(values)).any()


def test_a_wrong_value_is_found():
    """These tests can fail: a value off by 10⁻⁸, a zero, a sign and an infinity are all wrong."""
    z = real_symbol("z")
    truth = enclose_ball(z, {"z": np.full(4, 2.0)})

    assert wrong(np.array([2 + 2e-8, 0.0, -2.0, np.inf]), truth).all()


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("min(max(z, lo), hi)", {"lo": -1, "hi": 1}),
        ("tanh(log(z))", {}),
        ("z*sigmoid(1e20)", {}),
        ("where(z > 0, z, 1e20*z)", {}),
        ("z**a", {"a": "1/3"}),
        ("z*18446744073709551616", {}),
        ("where(z > 1, 2*z, where(z > 0, 3, 4))", {}),
        (" + ".join(f"z**{k}" for k in range(1, 80)), {}),
        ("max(z, 1, a)", {"a": "1e300"}),
        ("sin(exp(z))", {}),
        ("exp(exp(exp(z)))", {}),
        ("relu(log(max(z, 1)))", {}),
        ("z/sqrt(1 + z**2)", {}),
        ("sin(pi*z)", {}),
        ("sign(z + erf(z*z/where(z >= 1, z, b*z)))", {"b": 1}),
        ("sign(max(atanh(min(z + 1, 1)), 0.694))", {}),
        ("sign(exp((a - z)**a))", {"a": -2}),
    ],
)
def test_formulas_that_once_failed(text, parameters):
    """Each has a value, or NaN where there is none: no traceback, no warning, no hang."""
    values, truth = judged(text, parameters)

    assert not wrong(values, truth).any()


def test_parameters_of_a_call():
    """The values given with a call are those that a point is computed again with."""
    f = symdiff.adjoints(symdiff.pointwise(symdiff.activation("z**a", a=2))).lambdify()

    assert f(z=0.0)["z"] == 0.0
    assert f(z=0.0, a=1)["z"] == 1.0
    assert np.isnan(f(z=0.0, a="1/2")["z"])
    assert f(z=2.0, a=3)["z"] == pytest.approx(12.0, rel=1e-14)


def test_a_case_not_taken_costs_nothing():
    """A pole or an overflow in a case that is not taken sends no point to the balls."""
    f = symdiff.adjoints(
        symdiff.pointwise(symdiff.activation("where(z > 1, 1/(z - 2), where(z < -1, exp(-z), z))"))
    ).lambdify()
    f(z=np.linspace(-1, 1, 100))

    assert "_rescue" not in f.__dict__
