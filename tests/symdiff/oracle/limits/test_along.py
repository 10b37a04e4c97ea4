"""Limits of functions of several variables as one of them is infinite."""

import numpy as np
import pytest
import sympy

import symdiff
from symdiff.expression.formula import real_symbol
from symdiff.functions import sigmoid
from symdiff.oracle.choice import enclose
from symdiff.oracle.limits.along import limits_along

Y, T = real_symbol("y"), real_symbol("t")
INF = np.inf


def _at(expression, y, t):
    return limits_along(expression, {"y": np.array([y]), "t": np.array([t])})


@pytest.mark.parametrize(
    ("expression", "y", "t", "limit"),
    [
        (2 * (Y - T), INF, 0.3, INF),
        (2 * (Y - T), 0.3, INF, -INF),
        (sympy.sign(Y - T), -INF, 1.0, -1.0),
        (sigmoid(Y) - T, INF, 0.25, 0.75),
        (sigmoid(Y) - T, -INF, 0.25, -0.25),
        (sigmoid(Y) - T, INF, 1.0, 0.0),  # 0 within less than float64 shows
        (T / (Y + T), INF, 1.0, 0.0),
        (Y / (Y + T), INF, -1.7, 1.0),
        (sympy.exp(-Y) * T, INF, 2.5, 0.0),
        (sympy.exp(Y * T), INF, -1.0, 0.0),
        (sympy.Max(Y, T), -INF, 1.0, 1.0),
        (T - T + 1 / Y, INF, 3.0, 0.0),
    ],
)
def test_a_limit_that_is_the_same_nearby_is_certified(expression, y, t, limit):
    """Numbers, and infinities with their signs."""
    found = _at(expression, y, t)

    assert found.certified.all()
    assert found.high[0] == limit


@pytest.mark.parametrize(
    ("expression", "y", "t"),
    [
        (Y * (T - 1), INF, 1.0),  # −∞, 0 or ∞ nearby
        (sympy.exp(Y * T), INF, 0.0),
        (sympy.sin(Y) + T, INF, 1.0),
        (sympy.cos(Y) * T, INF, 0.0),  # it has, but nowhere nearby
        (2 * (Y - T), INF, INF),
        (2 * (Y - T), INF, np.nan),
        (sympy.log(T - Y), INF, 1.0),  # of a negative number
        (sympy.sign(T - 1) + 1 / Y, INF, 1.0),
        (1 / (T - 1) + 1 / Y, INF, 1.0),
    ],
)
def test_what_has_none_nearby_is_not(expression, y, t):
    """Nothing is known: NaN ± ∞."""
    found = _at(expression, y, t)

    assert not found.certified.any()
    assert np.isinf(found.bound).all()


def test_a_limit_needs_a_function():
    """1/t at y = ∞ is no derivative of y + log t where t is negative."""
    columns = {"y": np.array([INF]), "t": np.array([-1.0])}

    assert limits_along(1 / T + 1 / Y, columns).certified.all()
    assert not limits_along(1 / T + 1 / Y, columns, (sympy.log(T),)).certified.any()


def test_numbers_among_infinities_stay():
    """One call for both."""
    points = {"y": np.array([1.0, INF, np.nan, INF]), "t": np.array([0.5, 0.5, 0.5, INF])}
    found = enclose(2 * (Y - T), points)

    assert found.certified.tolist() == [True, True, False, False]
    assert found.high[:2].tolist() == [1.0, INF]


@pytest.mark.parametrize("name", symdiff.losses)
def test_losses_far_out_are_what_their_limits_say(name):
    """A proof by germs beside numbers in float64 at 2⁵⁰."""
    settled = symdiff.loss(name).settled()
    if settled.domain.get("y") is not None:
        pytest.skip("it has no values there")
    for variable in settled.variables:
        form = settled.valued(settled.derivative(variable))
        for sign in (-1.0, 1.0):
            found = _at(form, sign * INF, 0.3)
            far = enclose(form, {"y": np.array([sign * 2.0**50]), "t": np.array([0.3])})
            if np.isinf(found.high[0]):
                assert np.sign(far.high[0]) == np.sign(found.high[0])
                assert abs(far.high[0]) > 2.0**40
            else:
                assert found.certified.all()
                assert abs(far.high[0] - found.high[0]) < 2.0**-40
