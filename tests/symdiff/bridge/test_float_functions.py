"""Every float64 function against balls: its own error, and what an error of its argument does."""

import numpy as np
import pytest
from flint import arb, ctx
from sampled import in_turns

from symdiff.balls.elementary import BALL
from symdiff.bridge.float_functions import FUNCTIONS
from symdiff.bridge.running_error import UNIT, Number, watched

SEED = 31
MAGNITUDES = [0.0, 5e-324, 1e-310, 1e-300, 1e-30, 1e-8, 0.5, 1.0, 20.0, 700.0, 1e22, 1e300]


def points(random, count):
    """Points of every magnitude, and more of them where the functions change."""
    spread = [random.uniform(0, top, count) for top in (1, 5, 40, 800)]
    spread += [10.0 ** random.uniform(-320, 308, count), np.arange(1, 40) * np.pi / 2]
    positive = np.concatenate([MAGNITUDES, *spread])
    return np.concatenate([positive, -positive])


def truth(function, x):
    """The ball of the function at a number; None if it is undefined or not found."""
    for precision in (128, 1200):
        with ctx.workprec(precision):
            try:
                ball = BALL[function](arb(x))
            except ArithmeticError:
                return None
            if ball.is_finite() and (ball.rel_accuracy_bits() > 80 or ball.rad() < 2.0**-1074):
                return ball
    return None


def outside(function, x, found):
    """The points, of those whose truth is known and finite, that are not within their bound."""
    with ctx.workprec(128):
        wrong, errors = [], np.broadcast_to(found.error(), x.shape)
        for at, value, error in zip(x, found.value, errors, strict=True):
            ball = truth(function, at)
            if ball is None or not np.isfinite(float(ball)) or not error < np.inf:
                continue
            if not abs(ball - arb(value)) <= arb(error) + 2.0**-1073:
                wrong.append((at, value, float(ball)))
        return wrong


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_its_own_error(function):
    """At an exact argument the value is within the units that the table states."""
    x = points(np.random.default_rng(SEED), 120)
    with watched():
        found = FUNCTIONS[function](Number(x))

        assert not outside(function, x, found)


@pytest.mark.parametrize(("function", "fine"), in_turns(FUNCTIONS, [False, True]))
def test_what_an_error_of_the_argument_does(function, fine):
    """The bound holds for the function at any number that the argument may stand for."""
    random = np.random.default_rng(SEED)
    x = points(random, 40)
    relative = 10.0 ** random.uniform(-15, -3, x.shape)
    off = x + x * relative * random.uniform(-1, 1, x.shape)
    with watched(fine=fine):
        absolute = np.abs(x) * relative * (1 + 1e-9) + 1e-323
        found = FUNCTIONS[function](Number(x, 0.0, absolute))

        assert not outside(function, off, found)


@pytest.mark.parametrize(("function", "fine"), in_turns(FUNCTIONS, [False, True]))
def test_what_a_relative_error_does(function, fine):
    """So too where the argument's error is a number of units."""
    random = np.random.default_rng(SEED)
    units = 1e6
    x = points(random, 40)
    off = x * (1 + 0.99 * units * UNIT * random.choice([-1, 1], x.shape))
    with watched(fine=fine):
        found = FUNCTIONS[function](Number(x, units))

        assert not outside(function, off, found)


def test_a_claim_that_is_too_small_is_found():
    """These tests can fail: a bound a thousandth as large does not hold everywhere."""
    (function,) = [f for f in FUNCTIONS if f.__name__ == "sigmoid"]
    x = points(np.random.default_rng(SEED), 120)
    with watched():
        found = FUNCTIONS[function](Number(x))

        assert outside(function, x, Number(found.value, found.c / 1000, found.e))
