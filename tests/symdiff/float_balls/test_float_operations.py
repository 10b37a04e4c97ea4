"""Each operation on float balls, beside flint's with 400 bits, over all magnitudes."""

from __future__ import annotations

import math
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy
from flint import arb, ctx

from symdiff.float_balls.array import FloatBalls
from symdiff.float_balls.constants import rational
from symdiff.float_balls.contraction import entrywise
from symdiff.float_balls.elementary import LN2
from symdiff.float_balls.lowering import NotLoweredError, number, tape_of
from symdiff.functions import (
    log1p,
    maximum,
)
from tests.symdiff.ball_operations import LEAST, ONE, TWO, A, B

BITS = 400
BITS_OF_SUMS = 2_400  # of numbers from 2⁻¹⁰⁷⁴ to 2¹⁰²³
COUNT = 800  # entries of a quick test
MANY = 200_000

CASES = {**ONE, **TWO}


def balls(rng: np.random.Generator, count: int) -> FloatBalls:
    """Numbers of every size with radii of every relative size, a third of them exact."""
    exponents = np.where(
        rng.random(count) < 0.6, rng.uniform(-12, 10, count), rng.uniform(-1074, 1023, count)
    )
    values = rng.choice([-1.0, 1.0], count) * np.exp2(exponents)
    values[rng.random(count) < 0.03] = 0.0
    values[rng.random(count) < 0.05] = rng.integers(-40, 40)
    with np.errstate(under="ignore", over="ignore"):
        radii = np.abs(values) * np.exp2(rng.uniform(-60, 0, count))
        radii += np.where(rng.random(count) < 0.1, np.exp2(rng.uniform(-1074, 3, count)), 0)
    radii[rng.random(count) < 0.35] = 0.0
    return FloatBalls(values, radii)


def inside(rng: np.random.Generator, of: FloatBalls) -> list[arb]:
    """A number in each ball, its ends not seldom."""
    shares = np.clip(rng.uniform(-1.6, 1.6, of.value.size), -1, 1)
    return [
        arb(v) + arb(e) * arb(s)
        for v, e, s in zip(of.value.tolist(), of.radius.tolist(), shares.tolist(), strict=True)
    ]


def check(name: str, count: int, seed: int) -> float:
    """No truth outside its ball; the largest ratio of error to radius."""
    expression, truth = CASES[name]
    rng = np.random.default_rng([seed, *map(ord, name)])
    operands = [balls(rng, count) for _ in range(1 + (name in TWO))]
    found = entrywise(tape_of(expression, len(operands)), operands)
    known = found.known
    assert known.mean() > LEAST[name]
    worst = 0.0
    with ctx.workprec(BITS if name in ONE else BITS_OF_SUMS):
        points = [inside(rng, o) for o in operands]
        for i in np.flatnonzero(known).tolist():
            value = truth(*(p[i] for p in points))
            assert value.is_finite(), (name, [p[i] for p in points])
            off = abs(value - arb(float(found.value[i])))
            radius = arb(float(found.radius[i]))
            assert not off > radius, (name, [(o.value[i], o.radius[i]) for o in operands])
            told = max(radius * arb(2) ** -30, (abs(value) * arb(2) ** -300).upper())
            assert off.rad() <= told, (name, "not told by so many bits")
            if radius > 0 and found.radius[i] > 2.0**-900:
                worst = max(worst, float((off / radius).mid()))
    return worst


@pytest.mark.parametrize("name", CASES)
def test_no_truth_lies_outside_its_ball(name: str) -> None:
    """Of operands of every size and width, with the truth anywhere in them."""
    worst = check(name, COUNT, 1)

    assert worst <= 1


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_none_of_many_lies_outside(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same, of more, and the largest ratio of error to radius is told."""
    worst = check(name, MANY, 2)

    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {MANY:,} balls, worst ratio {worst:.3f}\n")


class TestTight:
    """A radius says little more than is off, or the balls would be of no use."""

    @pytest.mark.parametrize("name", sorted(ONE))
    def test_of_exact_numbers_it_is_some_units(self, name: str) -> None:
        """At most 2⁻⁴⁷ relatively, sin and cos beside, for exact operands of usual size."""
        expression, _ = ONE[name]
        rng = np.random.default_rng(5)
        x = FloatBalls(rng.uniform(0.01, 20, 4000), np.zeros(4000))

        found = entrywise(tape_of(expression, 1), [x])

        scale = np.maximum(np.abs(found.value), 1.0 if name in ("sin", "cos") else 0.0)
        assert (found.radius <= 2.0**-45 * scale).all()

    def test_what_is_exact_stays_exact(self) -> None:
        """Sums, products, quotients and roots of small whole numbers have radius 0."""
        n = np.arange(1.0, 200.0)
        of = [FloatBalls(n, np.zeros(n.shape)), FloatBalls(n[::-1].copy(), np.zeros(n.shape))]

        for e in (A + B, A - B, A * B, (A * B) / B, sympy.sqrt(A * A), maximum(A, B), A / 4):
            assert not entrywise(tape_of(e, 2), of).radius.any()

    def test_zero_times_anything_known_is_zero(self) -> None:
        """So a mask leaves nothing behind."""
        x = FloatBalls(np.array([0.0, 0.0, 0.0]), np.zeros(3))
        y = FloatBalls(np.array([3.7, 1e300, np.nan]), np.array([0.5, 1e290, np.inf]))

        found = entrywise(tape_of(A * B, 2), [x, y])

        assert found.radius.tolist() == [0.0, 0.0, math.inf]


class TestUnknown:
    """What may have no value is not said to have one."""

    @pytest.mark.parametrize(
        ("expression", "value", "radius"),
        [
            (sympy.log(A), 1.0, 1.0),
            (sympy.log(A), -1.0, 0.0),
            (sympy.sqrt(A), 1e-3, 1.1e-3),
            (1 / A, 1e-3, 1e-3),
            (1 / A, 0.0, 0.0),
            (log1p(A), -1.0, 0.0),
            (sympy.exp(A), 710.0, 0.0),
            (sympy.sin(A), 1e6, 0.0),
            (A * A, 1e200, 0.0),
            (A + A, np.inf, 1.0),
            (sympy.exp(A), np.nan, np.inf),
            (sympy.sign(A), 1e-3, 1e-2),
            (1 / (A - A**2), 1.0, 0.0),
        ],
        ids=str,
    )
    def test_it_says_nothing(self, expression: sympy.Expr, value: float, radius: float) -> None:
        """NaN ± ∞."""
        x = FloatBalls(np.array([value]), np.array([radius]))

        found = entrywise(tape_of(expression, 1), [x])

        assert np.isnan(found.value[0])
        assert found.radius[0] == np.inf

    def test_a_mask_of_minus_infinity_is_zero_after_exp(self) -> None:
        """As attention puts it in."""
        x = FloatBalls(np.array([-np.inf, -np.inf]), np.zeros(2))
        y = FloatBalls(np.array([3.0, np.nan]), np.array([0.1, np.inf]))

        found = entrywise(tape_of(sympy.exp(A - B), 2), [x, y])

        assert found.value[0] == 0
        assert found.radius.tolist() == [0.0, math.inf]


class TestCases:
    """A case is taken where its condition is certain; else the ball holds both."""

    RELU = sympy.Piecewise((A, A > 0), (0, True))
    STEP = sympy.Piecewise((1, A > 0), (sympy.Rational(1, 2), sympy.Eq(A, 0)), (0, True))

    def test_certain_ones(self) -> None:
        """At 0 exactly what is stated for it."""
        x = FloatBalls(np.array([-2.0, 0.0, 3.0]), np.array([0.5, 0.0, 0.5]))

        found = entrywise(tape_of(self.STEP, 1), [x])

        assert found.value.tolist() == [0.0, 0.5, 1.0]
        assert not found.radius.any()

    def test_an_open_one_holds_both(self) -> None:
        """Near 0 relu is 0 or z."""
        x = FloatBalls(np.array([0.25]), np.array([0.5]))

        found = entrywise(tape_of(self.RELU, 1), [x])

        assert found.value[0] - found.radius[0] <= 0
        assert found.value[0] + found.radius[0] >= 0.75

    def test_a_case_not_taken_has_no_say(self) -> None:
        """log is undefined at −1, where another case is taken."""
        x = FloatBalls(np.array([-1.0, 2.0]), np.zeros(2))
        e = sympy.Piecewise((sympy.log(A), A > 0), (7, True))

        found = entrywise(tape_of(e, 1), [x])

        assert found.value[0] == 7
        assert found.value[1] == pytest.approx(math.log(2))

    def test_a_condition_on_what_may_not_exist_chooses_nothing(self) -> None:
        """log(−1) > 0 is neither true nor false."""
        x = FloatBalls(np.array([-1.0]), np.zeros(1))
        e = sympy.Piecewise((1, sympy.log(A) > 0), (0, True))

        found = entrywise(tape_of(e, 1), [x])

        assert np.isnan(found.value[0])


class TestConstants:
    """A constant is the nearest float64 with what that is off by."""

    def test_rationals(self) -> None:
        """A dyadic one exactly, another within its radius, one beyond float64 not at all."""
        assert rational(3, 8) == (0.375, 0.0)
        value, radius = rational(1, 3)
        assert 0 < abs(Fraction(value) - Fraction(1, 3)) <= Fraction(radius)
        assert rational(10**400, 1)[1] == math.inf

    def test_named_numbers(self) -> None:
        """π and e lie within."""
        with ctx.workprec(200):
            for symbol, truth in ((sympy.pi, arb.pi()), (sympy.E, arb.const_e())):
                value, radius = number(symbol)
                assert abs(truth - arb(value)) <= arb(radius)

    def test_the_logarithm_of_two(self) -> None:
        """Within 2⁻⁵⁵, as the proof of log has it."""
        with ctx.workprec(200):
            assert abs(arb(2).log() - arb(LN2)) < arb(2) ** -55

    def test_what_has_no_operation_is_refused(self) -> None:
        """Balls of more bits take it."""
        with pytest.raises(NotLoweredError):
            tape_of(sympy.gamma(A), 1)
