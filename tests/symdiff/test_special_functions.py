"""The functions without a series: every arithmetic agrees with mpmath, and with the derivative."""

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, ctx

from symdiff.balls.compiled import compile_ball
from symdiff.expression.differentiate import differentiate
from symdiff.functions import SPECIAL_FUNCTIONS, Rounding, ceil, floor, rint, trunc
from symdiff.functions.bessel import MODIFIED_BESSELS, bessel_i
from symdiff.functions.gamma import POLYGAMMAS, digamma, lgamma, polygamma

z = sympy.Symbol("z", real=True)
SMOOTH = [f for f in SPECIAL_FUNCTIONS if not issubclass(f, Rounding)]
POINTS = [0.0625, 0.3, 0.7, 0.9375]  # in the domain of all of them
LEFT = [-0.5, -2.25, -7.875]  # of the gamma functions too
WHOLE = [-2.5, -2.0, -1.5, -0.5, 0.0, 0.25, 0.5, 1.5, 2.5, 3.0, 3.7]


def near(ball, expected, digits):
    """Whether a ball is small and agrees with a number to some digits."""
    allowed = abs(ball.mid()) * arb(10) ** -digits
    return ball.rad() < allowed and abs(ball - arb(mpmath.nstr(expected, 40))) < allowed


@pytest.mark.parametrize("function", SMOOTH, ids=lambda f: f.__name__)
def test_float64_and_balls_agree_with_mpmath(function):
    """scipy's value is near mpmath's, and the ball holds mpmath's."""
    for point in POINTS:
        with mpmath.workdps(40):
            expected = function.mpmath(mpmath.mpf(point))
        error = abs(float(function.numpy(np.float64(point))) - float(expected))

        assert error <= 1e-13 * max(1, abs(float(expected)))
        with ctx.workprec(200):
            assert near(function.arb(arb(point)), expected, 33)


@pytest.mark.parametrize(
    "function",
    [f for f in SMOOTH if f not in (POLYGAMMAS[-1], MODIFIED_BESSELS[-1])],
    ids=lambda f: f.__name__,
)
def test_the_derivative_is_that_of_the_function(function):
    """The ball of the derivative holds mpmath's numerical one."""
    derivative = compile_ball(differentiate(function(z), z), [z])
    for point in POINTS:
        with mpmath.workdps(60):
            expected = mpmath.diff(function.mpmath, mpmath.mpf(point))

        with ctx.workprec(200):
            assert near(derivative(arb(point)), expected, 18)


@pytest.mark.parametrize("function", [floor, ceil, trunc, rint], ids=lambda f: f.__name__)
@pytest.mark.parametrize("point", WHOLE)
def test_rounding_is_exact_in_every_arithmetic(function, point):
    """numpy, mpmath, balls and SymPy give one whole number; half goes to even."""
    expected = float(function.numpy(np.float64(point)))

    assert expected == float(function.mpmath(mpmath.mpf(point)))
    assert expected == float(function(sympy.Rational(point)))
    assert function.arb(arb(point)) == expected
    assert differentiate(function(z), z) == 0


@pytest.mark.parametrize("function", [floor, ceil, trunc, rint], ids=lambda f: f.__name__)
@pytest.mark.parametrize("point", WHOLE)
def test_a_ball_around_a_jump_holds_both_sides(function, point):
    """A ball that is not exact encloses the value of every number in it."""
    wide = arb(point, 2.0**-40)
    ball = function.arb(wide)

    for near in (point, point - 2.0**-41, point + 2.0**-41):
        assert ball.contains(arb(float(function.numpy(np.float64(near)))))


def test_orders_beyond_those_known_are_refused():
    """The 13th is named in the message."""
    with pytest.raises(ValueError, match="polygamma of order 13"):
        polygamma(13, z)
    with pytest.raises(ValueError, match="I of order 13"):
        bessel_i(13, z)


@pytest.mark.parametrize("function", [lgamma, digamma, *POLYGAMMAS[:4]], ids=lambda f: f.__name__)
@pytest.mark.parametrize("point", LEFT)
def test_the_gamma_functions_are_right_on_the_left_of_0(function, point):
    """Between the poles they have values too."""
    with mpmath.workdps(60):
        expected = function.mpmath(mpmath.mpf(point))

    assert float(function.numpy(np.float64(point))) == pytest.approx(float(expected), rel=1e-10)
    with ctx.workprec(200):
        assert near(function.arb(arb(point)), expected, 30)
