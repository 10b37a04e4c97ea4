"""Constants that know when they cancel."""

import pytest
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from symdiff.oracle.limits.constants import (
    Unproven,
    ball,
    exponential,
    is_zero,
    number,
    pi,
    plus,
    power,
    sign,
    times,
)

HALF = fmpq(1, 2)
rationals = st.fractions(max_denominator=1000).map(lambda q: fmpq(q.numerator, q.denominator))


@given(rationals, rationals)
def test_combinations_of_irrationals_cancel_exactly(q, r):
    """(q π + r √2) − q π − r √2 is 0, and (q π)(r √2) − q r √2 π too."""
    a, b = times(q, pi()), times(r, power(fmpq(2), HALF))

    assert is_zero(plus(plus(plus(a, b), -a), -b))
    assert is_zero(plus(times(a, b), -times(times(q, r), times(power(fmpq(2), HALF), pi()))))


def test_roots_and_exponentials_multiply_as_they_should():
    """√2 √2 = 2, 8^(1/3) = 2, (2π)^(−1/2)² 2π = 1, e^(1/3) e^(−1/3) = 1."""
    density = power(times(fmpq(2), pi()), -HALF)

    assert times(power(fmpq(2), HALF), power(fmpq(2), HALF)) == 2
    assert power(fmpq(8), fmpq(1, 3)) == 2
    assert times(times(density, density), times(fmpq(2), pi())) == 1
    assert times(exponential(fmpq(1, 3)), exponential(fmpq(-1, 3))) == 1


@given(rationals.filter(lambda q: q > 0), st.integers(-5, 5), st.integers(1, 4))
def test_a_power_lies_in_its_ball(base, above, below):
    """(x^(p/q))^q = x^p, in balls."""
    root = ball(power(base, fmpq(above, below)))
    product = arb(1)
    for _ in range(below):
        product *= root

    assert product.overlaps(arb(base**above))


def test_what_a_ball_does_not_tell_is_not_told():
    """Balls around 0, without end, and a negative number's root."""
    with pytest.raises(Unproven):
        sign(number(arb(0, 1e-60)))
    with pytest.raises(Unproven):
        number(arb.nan())
    with pytest.raises(Unproven):
        power(fmpq(-2), HALF)


def test_equal_balls_of_two_origins_are_not_taken_for_equal():
    """Two numbers near 1/3 may differ: their difference is not known to be 0."""
    third = arb(1) / 3

    assert not is_zero(plus(number(third), -number(third)))
