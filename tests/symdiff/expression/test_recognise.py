"""Naive forms become stable ones: each rewriting is exact, and only what is exact is rewritten."""

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Heaviside, Max, Min, Piecewise, erf, erfc, exp, log, sqrt

from symdiff.bridge.interpret import compile_mpmath
from symdiff.expression.recognise import recognise
from symdiff.functions import Phi, expm1, log1p, maximum, minimum, sech, sigmoid, softplus, tanh

SEED = 5  # of numpy's generator, for the points
z, b = sympy.symbols("z b", real=True)

REWRITTEN = {
    1 / (1 + exp(-z)): sigmoid(z),
    z / (1 + exp(-z)): z * sigmoid(z),
    1 / (1 + exp(z)) ** 3: sigmoid(-z) ** 3,
    1 / sqrt(1 + exp(z)): sqrt(sigmoid(-z)),
    exp(z) / (1 + exp(z)): sigmoid(z),
    exp(-z) / (1 + exp(-z)): sigmoid(-z),
    exp(-z) / (1 + exp(-z)) ** 2: sigmoid(z) * sigmoid(-z),
    exp(-3 * z) / (1 + exp(-z)) ** 2: exp(-z) * sigmoid(-z) ** 2,
    z * exp(2 * z) / (1 + exp(2 * z)): z * sigmoid(2 * z),
    z / 2 * (1 + erf(z / sqrt(2))): z * Phi(z),
    1 - erf(z): 2 * Phi(-sqrt(2) * z),
    3 * b + 3 * b * erf(z): 6 * b * Phi(sqrt(2) * z),
    erfc(z): 2 * Phi(-sqrt(2) * z),
    erfc(-z / sqrt(2)) / 2: Phi(z),
    (1 + sympy.tanh(z / 2)) / 2: sigmoid(z),
    1 - sympy.tanh(z): 2 * sigmoid(-2 * z),
    sympy.tanh(z): tanh(z),
    sympy.sech(z): sech(z),
    log(1 + exp(z)): softplus(z),
    log1p(exp(z)): softplus(z),
    log(1 + exp(b * z)) / b: softplus(b * z) / b,
    log(1 / (1 + exp(-z))): -softplus(-z),
    z * sympy.tanh(log(1 + exp(z))): z * tanh(softplus(z)),
    log(1 + z**2): log1p(z**2),
    exp(z) - 1: expm1(z),
    b * exp(z) - b: b * expm1(z),
    2 - 2 * exp(z): -2 * expm1(z),
    z + exp(z) - 1: z + expm1(z),
    1 - sigmoid(z): sigmoid(-z),
    2 * z - 2 * z * sigmoid(z): 2 * z * sigmoid(-z),
    1 - Phi(z): Phi(-z),
    Max(z, 0): maximum(z, 0),
    Min(z, 1): minimum(z, 1),
    Heaviside(z): Piecewise((0, z < 0), (sympy.Rational(1, 2), sympy.Eq(z, 0)), (1, True)),
    Heaviside(z, 0): Piecewise((0, z < 0), (0, sympy.Eq(z, 0)), (1, True)),
}

KEPT = [
    z,
    exp(z),
    1 + exp(z),
    sqrt(1 + exp(z)),
    (1 + exp(z)) ** 2,
    1 / (2 + exp(z)),
    1 / (3 - exp(z)),
    (1 + exp(-z)) ** b,
    log(2 + exp(z)),
    log(z),
    log(z * b),
    2 + erf(z),
    1 + 2 * erf(z),
    b + erf(z),
    z * erf(z) + 1,
    erf(z),
    exp(z) - 2,
    2 * exp(z) - 1,
    1 + sigmoid(z),
    2 - sigmoid(z),
    exp(z) * sigmoid(z),
    exp(-b) * sigmoid(z),
    1 - tanh(z) ** 2,
    sympy.cosh(z),
    sympy.sinh(z),
    sympy.Abs(z),
    Piecewise((z, z > 0), (b, True)),
]


@pytest.mark.parametrize(("naive", "stable"), REWRITTEN.items(), ids=map(str, REWRITTEN))
def test_a_textbook_form_becomes_a_stable_one(naive, stable):
    """The form is replaced, bottom up, by the stable function that it means."""
    assert stable == recognise(naive)


@pytest.mark.parametrize("naive", REWRITTEN, ids=str)
def test_the_rewriting_is_exact(naive):
    """At 20 random points both sides agree at 50 digits, where the naive side does not cancel."""
    random = np.random.default_rng(SEED)
    original = compile_mpmath([z, b], naive)
    rewritten = compile_mpmath([z, b], recognise(naive))
    with mpmath.workdps(80):
        for pair in random.uniform(-9, 9, (20, 2)):
            at = tuple(map(mpmath.mpf, pair))

            assert mpmath.almosteq(original(*at), rewritten(*at), mpmath.mpf("1e-50"))


@pytest.mark.parametrize("expression", KEPT, ids=str)
def test_what_only_looks_alike_is_left_alone(expression):
    """A form that no identity covers is not touched."""
    assert expression == recognise(expression)


@pytest.mark.parametrize("expression", REWRITTEN.values(), ids=str)
def test_recognising_twice_changes_nothing(expression):
    """A stable form is final."""
    assert expression == recognise(expression)


def test_it_reaches_inside_cases_and_functions():
    """A naive form is found inside a case and inside another function's argument."""
    outer = Piecewise((sympy.sin(2 / (1 + exp(-z))), z > 0), (log(1 + exp(z)), True))

    assert Piecewise((sympy.sin(2 * sigmoid(z)), z > 0), (softplus(z), True)) == recognise(outer)


def test_three_in_a_maximum():
    """Max of three is the largest at every order of the three."""
    largest = compile_mpmath([z, b], recognise(Max(z, b, 1)))
    for point in [(0, 2), (2, 0), (0, 0), (2, 3), (3, 2), (1, 1)]:
        assert max(*point, 1) == largest(*map(mpmath.mpf, point))


def test_relu_has_derivative_zero_at_the_tie():
    """max(0, z) is the case `z if z > 0`, so that its derivative at 0 is 0, not ½."""
    assert recognise(Max(0, z)).diff(z).subs(z, 0) == 0


def test_the_rewritten_gelu_keeps_its_left_tail():
    """z/2·(1 + erf(z/√2)) at −10 is −7.6e-23, where the naive float64 form gives 0."""
    stable = compile_mpmath([z], recognise(z / 2 * (1 + erf(z / sqrt(2)))))

    assert float(stable(mpmath.mpf(-10))) == pytest.approx(-7.61985302416053e-23, rel=1e-14)
