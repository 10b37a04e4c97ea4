"""Terms of an expansion and a bound on the rest; and the order of growth below them."""

from itertools import pairwise

import pytest
from flint import arb, fmpq

from symdiff.balls.elementary import BALL
from symdiff.oracle.limits.constants import Unproven
from symdiff.oracle.limits.far_out import applied, extreme, reciprocal
from symdiff.oracle.limits.germ import (
    Germ,
    OutsideDomain,
    constant,
    exp,
    hull,
    log,
    raised,
    variable,
    within,
)
from symdiff.oracle.limits.growth import EFFORT, ONE, Effort, OutOfEffort, Z, compare

z = variable(1)
HALF = fmpq(1, 2)


@pytest.fixture(autouse=True)
def effort():
    """As much as any test needs."""
    token = EFFORT.set(Effort(100_000))
    yield
    EFFORT.reset(token)


def monomial(g):
    """The monomial that leads."""
    return g.leading()[1]


def test_monomials_are_ordered_by_growth():
    """e^(−z²) < e^(−z) < 1/z < 1/log z < 1 < log log z < log z < e^√log z < z < z log z < e^z."""
    rising = [
        exp(-(z * z)), exp(-z), reciprocal(z), reciprocal(log(z)), constant(fmpq(1)), log(log(z)),
        log(z), exp(raised(log(z), HALF)), z, z * log(z), z * z, exp(log(z) * log(z)), exp(z),
        exp(z + log(z)), exp(z + raised(z, HALF)), exp(z * log(z)), exp(exp(z)),
    ]  # fmt: skip
    for below, above in pairwise(map(monomial, rising)):
        assert compare(below, above) == -1
        assert compare(above, below) == 1
        assert compare(above, above * ONE) == 0


def test_what_is_left_of_a_cancellation_is_known():
    """√(z² + 1) − z = 1/(2z) + o: it leads with 1/z."""
    left = raised(z * z + constant(fmpq(1)), HALF) - z

    assert compare(monomial(left), Z ** fmpq(-1)) == 0
    assert left.leading()[0] == arb(0.5)


def test_a_band_covers_the_terms_that_are_not_larger():
    """2z + 3 + [−1, 1] is 2z + [2, 4]; with z [−1, 1] it is z [1, 3]."""
    swing = within(arb(0, 1))
    near = z + z + constant(fmpq(3)) + swing
    wide = z + z + constant(fmpq(3)) + z * swing

    assert len(near.terms) == 1
    assert near.rest[0].contains(arb(3, 1))
    assert near.rest[0] > 1.9
    assert wide.terms == ()
    assert wide.rest[0].contains(arb(2, 1))
    assert wide.diverges() == 1


def test_a_hull_holds_both():
    """Of z + 1/z and z + sin z what is common stays, and the rest is a band."""
    either = hull(z + reciprocal(z), z + within(arb(0, 1)))

    assert len(either.terms) == 1
    assert either.rest[0].contains(arb(0, 1))
    assert hull(z, z + exp(-z)).limit() == 1
    assert hull(constant(fmpq(1)), constant(fmpq(2))).limit() is None


def test_zero_infinity_and_outside():
    """1/0 and log(−z) have no value; the sign of o(1) is not known; z − z is 0."""
    nothing = z - z

    assert nothing.leading() is None
    assert nothing.sign() == 0
    with pytest.raises(OutsideDomain):
        reciprocal(nothing)
    with pytest.raises(OutsideDomain):
        log(-z)
    with pytest.raises(OutsideDomain):
        raised(-z, HALF)
    with pytest.raises(Unproven):
        Germ((), (arb(0), ONE)).sign()
    with pytest.raises(Unproven):
        reciprocal(within(arb(0, 1)))


def test_the_larger_of_two_is_one_of_them_where_that_is_known():
    """max(z, log z) is z."""
    assert extreme(z, log(z), larger=True) is z
    assert extreme(z, z * z, larger=False) is z


def test_comparisons_are_counted():
    """With none left, nothing is compared."""
    EFFORT.set(Effort(0))
    with pytest.raises(OutOfEffort):
        compare(Z, ONE)


def test_every_function_of_a_ball_has_a_germ_somewhere():
    """Applied to 1/2, or to 2 where 1/2 is outside, each function of `BALL` has a constant germ."""
    for function, lowering in BALL.items():
        if function.__name__ in ("Max", "Min", "Pow", "maximum", "minimum"):
            continue
        at = fmpq(2) if function.__name__ == "acosh" else HALF
        leading = applied(function, constant(at)).leading()
        found = arb(0) if leading is None else leading[0]  # ⌊1/2⌋ is 0

        assert found.overlaps(lowering(arb(at))), function
