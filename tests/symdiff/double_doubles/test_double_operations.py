"""Each operation on balls of two float64, beside flint's with 400 bits, over all magnitudes."""

from __future__ import annotations

import math
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy
from flint import arb, ctx

from symdiff.double_doubles.array import SCALARS, DoubleDoubles
from symdiff.double_doubles.constants import pair_of
from symdiff.float_balls.contraction import entrywise
from symdiff.float_balls.lowering import NotLoweredError, number, tape_of
from symdiff.functions import (
    expm1,
    log1p,
    maximum,
    softplus,
    tanh,
)
from tests.symdiff.ball_operations import LEAST as LEAST_OF_FLOATS
from tests.symdiff.ball_operations import ONE as ONE_OPERAND
from tests.symdiff.ball_operations import TWO, A, B

BITS = 400
MORE_BITS = 2_600  # where these do not tell, as of numbers from 2⁻¹⁰⁷⁴ to 2¹⁰²³
COUNT = 800  # entries of a quick test
MANY = 200_000

# There is no kernel for the arc tangent, and functions are known less far out.
ONE = {name: case for name, case in ONE_OPERAND.items() if name != "atan"}
LEAST = {
    **LEAST_OF_FLOATS,
    **dict.fromkeys(("exp", "expm1"), 0.5),
    **dict.fromkeys(("sigmoid", "tanh", "sech", "softplus", "phi", "Phi"), 0.6),
}
CASES = {**ONE, **TWO}


def balls(rng: np.random.Generator, count: int) -> DoubleDoubles:
    """Numbers of every size, most with a low part, with radii of every size, a third exact."""
    exponents = np.where(
        rng.random(count) < 0.6, rng.uniform(-12, 10, count), rng.uniform(-1074, 1022, count)
    )
    values = rng.choice([-1.0, 1.0], count) * np.exp2(exponents)
    values[rng.random(count) < 0.03] = 0.0
    values[rng.random(count) < 0.05] = rng.integers(-40, 40)
    near = rng.random(count) < 0.1  # where log, expm1 and others cancel
    values[near] = rng.choice([-1.0, 0.0, 1.0]) + np.exp2(rng.uniform(-60, -3, int(near.sum())))
    with np.errstate(under="ignore", over="ignore"):
        low = np.abs(values) * np.exp2(rng.choice([-54.0, rng.uniform(-110, -54)], count))
        low *= rng.uniform(-1, 1, count)
        low[rng.random(count) < 0.3] = 0.0
        radii = np.abs(values) * np.exp2(rng.uniform(-115, 0, count))
        radii += np.where(rng.random(count) < 0.1, np.exp2(rng.uniform(-1074, 3, count)), 0)
    radii[rng.random(count) < 0.4] = 0.0
    high = values + low
    return DoubleDoubles(high, low - (high - values), radii)


def inside(rng: np.random.Generator, of: DoubleDoubles) -> list[arb]:
    """A number in each ball, its ends not seldom."""
    shares = np.clip(rng.uniform(-1.6, 1.6, of.high.size), -1, 1)
    return [
        arb(h) + arb(l) + arb(e) * arb(s)
        for h, l, e, s in zip(*(part.tolist() for part in of), shares.tolist(), strict=True)
    ]


def check(name: str, count: int, seed: int) -> float:
    """No truth outside its ball; the largest ratio of error to radius."""
    expression, truth = CASES[name]
    rng = np.random.default_rng([seed, *map(ord, name)])
    operands = [balls(rng, count) for _ in range(1 + (name in TWO))]
    found = entrywise(tape_of(expression, len(operands), SCALARS), operands)
    known = found.known
    assert known.mean() > LEAST[name]
    assert (found.high[known] == found.high[known] + found.low[known]).all()
    worst = 0.0
    with ctx.workprec(MORE_BITS):
        points = [inside(rng, o) for o in operands]
    for i in np.flatnonzero(known).tolist():
        h, l, radius = (arb(float(part[i])) for part in found)
        for bits in (BITS, MORE_BITS):
            with ctx.workprec(bits):
                value = truth(*(p[i] for p in points))
                off = abs(value - h - l)
                inside_, outside = off <= radius, off > radius
            if inside_ or outside:
                break
        assert inside_, (name, [tuple(x[i].hex() for x in o) for o in operands])
        if found.radius[i] > 2.0**-900:
            worst = max(worst, float((off / radius).mid()))
    return worst


@pytest.mark.parametrize("name", CASES)
def test_no_truth_lies_outside_its_ball(name: str) -> None:
    """Of operands of every size and width, with the truth anywhere in them (seed 1)."""
    worst = check(name, COUNT, 1)

    assert worst <= 1


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_none_of_many_lies_outside(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same, of more (seed 2), and the largest ratio of error to radius is told."""
    worst = check(name, MANY, 2)

    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {MANY:,} balls, worst ratio {worst:.3f}\n")


class TestTight:
    """A radius says little more than is off, or the balls would be of no use."""

    @pytest.mark.parametrize("name", sorted(ONE))
    def test_of_exact_numbers_it_is_far_below_a_unit_of_float64(self, name: str) -> None:
        """At most 2⁻⁹³ relatively for exact operands of usual size (seed 5)."""
        expression, _ = ONE[name]
        rng = np.random.default_rng(5)
        x = rng.uniform(0.01, 20, 4000)
        found = entrywise(
            tape_of(expression, 1, SCALARS), [DoubleDoubles(x, x * 2.0**-60, np.zeros(4000))]
        )

        scale = np.maximum(np.abs(found.high), 1.0 if name in ("sin", "cos") else 0.0)
        assert (found.radius <= 2.0**-93 * scale).all()

    @pytest.mark.parametrize(
        ("function", "about"),
        [(expm1, 0.0), (log1p, 0.0), (sympy.log, 1.0), (tanh, 0.0), (sympy.sin, 0.0)],
    )
    def test_it_is_so_near_a_zero(self, function: sympy.Function, about: float) -> None:
        """Relatively to what is left (seed 6)."""
        rng = np.random.default_rng(6)
        x = about + rng.choice([-1, 1], 4000) * np.exp2(rng.uniform(-50, -3, 4000))
        found = entrywise(
            tape_of(function(A), 1, SCALARS), [DoubleDoubles(x, np.zeros(4000), np.zeros(4000))]
        )

        assert (found.radius <= 2.0**-96 * np.abs(found.high)).all()

    def test_what_is_exact_stays_exact(self) -> None:
        """Sums, products, quotients and roots of small whole numbers have radius 0."""
        n = np.arange(1.0, 200.0)
        zeros = np.zeros(n.shape)
        of = [DoubleDoubles(n, zeros, zeros), DoubleDoubles(n[::-1].copy(), zeros, zeros)]

        for e in (A + B, A - B, A * B, (A * B) / B, sympy.sqrt(A * A), maximum(A, B), A / 4):
            assert not entrywise(tape_of(e, 2, SCALARS), of).radius.any()

    def test_a_product_of_two_float64_is_exact(self) -> None:
        """And so is their sum: a pair holds it (seed 7)."""
        x, y = np.random.default_rng(7).normal(size=(2, 500))
        zeros = np.zeros(500)
        of = [DoubleDoubles(x, zeros, zeros), DoubleDoubles(y, zeros, zeros)]

        for e, truth in ((A * B, lambda a, b: a * b), (A + B, lambda a, b: a + b)):
            found = entrywise(tape_of(e, 2, SCALARS), of)
            assert not found.radius.any()
            for h, l, a, b in zip(found.high, found.low, x, y, strict=True):
                assert Fraction(h) + Fraction(l) == truth(Fraction(a), Fraction(b))

    def test_zero_times_anything_known_is_zero(self) -> None:
        """So a mask leaves nothing behind."""
        zeros = np.zeros(3)
        x = DoubleDoubles(zeros, zeros, zeros)
        y = DoubleDoubles(np.array([3.7, 1e300, np.nan]), zeros, np.array([0.5, 1e290, np.inf]))

        found = entrywise(tape_of(A * B, 2, SCALARS), [x, y])

        assert found.radius.tolist() == [0.0, 0.0, math.inf]

    def test_what_underflows_is_not_called_exact(self) -> None:
        """The product of 3·2⁻⁵³⁰ with itself is below what a residual can tell."""
        x = np.array([3 * 2.0**-530 * (1 + 2.0**-52), 2.0**-1074])
        one = DoubleDoubles(x, np.zeros(2), np.zeros(2))

        assert (entrywise(tape_of(A * A, 1, SCALARS), [one]).radius > 0).all()


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
            (softplus(A), np.inf, 0.0),
        ],
        ids=str,
    )
    def test_it_says_nothing(self, expression: sympy.Expr, value: float, radius: float) -> None:
        """NaN ± ∞."""
        x = DoubleDoubles(np.array([value]), np.zeros(1), np.array([radius]))

        found = entrywise(tape_of(expression, 1, SCALARS), [x])

        assert np.isnan(found.high[0])
        assert found.radius[0] == np.inf

    def test_a_mask_of_minus_infinity_is_zero_after_exp(self) -> None:
        """As attention puts it in."""
        x = DoubleDoubles(np.array([-np.inf, -np.inf]), np.zeros(2), np.zeros(2))
        y = DoubleDoubles(np.array([3.0, np.nan]), np.zeros(2), np.array([0.1, np.inf]))

        found = entrywise(tape_of(sympy.exp(A - B), 2, SCALARS), [x, y])

        assert found.high[0] == 0
        assert found.radius.tolist() == [0.0, math.inf]


class TestCases:
    """A case is taken where its condition is certain; else the ball holds both."""

    RELU = sympy.Piecewise((A, A > 0), (0, True))
    STEP = sympy.Piecewise((1, A > 0), (sympy.Rational(1, 2), sympy.Eq(A, 0)), (0, True))

    def test_certain_ones(self) -> None:
        """At 0 exactly what is stated for it."""
        x = DoubleDoubles(np.array([-2.0, 0.0, 3.0]), np.zeros(3), np.array([0.5, 0.0, 0.5]))

        found = entrywise(tape_of(self.STEP, 1, SCALARS), [x])

        assert found.high.tolist() == [0.0, 0.5, 1.0]
        assert not found.radius.any()

    def test_the_low_part_decides(self) -> None:
        """1 + 2⁻⁸⁰ is greater than 1, and 1 − 2⁻⁸⁰ is not."""
        x = DoubleDoubles(np.ones(2), np.array([2.0**-80, -(2.0**-80)]), np.zeros(2))
        e = sympy.Piecewise((1, A > 1), (0, True))

        assert entrywise(tape_of(e, 1, SCALARS), [x]).high.tolist() == [1.0, 0.0]

    def test_an_open_one_holds_both(self) -> None:
        """Near 0 relu is 0 or z."""
        x = DoubleDoubles(np.array([0.25]), np.zeros(1), np.array([0.5]))

        found = entrywise(tape_of(self.RELU, 1, SCALARS), [x])

        assert found.high[0] - found.radius[0] <= 0
        assert found.high[0] + found.radius[0] >= 0.75

    def test_a_condition_on_what_may_not_exist_chooses_nothing(self) -> None:
        """log(−1) > 0 is neither true nor false."""
        x = DoubleDoubles(np.array([-1.0]), np.zeros(1), np.zeros(1))
        e = sympy.Piecewise((1, sympy.log(A) > 0), (0, True))

        assert np.isnan(entrywise(tape_of(e, 1, SCALARS), [x]).high[0])


class TestConstants:
    """A constant is the nearest pair with what that is off by."""

    @pytest.mark.parametrize("seed", range(3))
    def test_rationals(self, seed: int) -> None:
        """A dyadic one exactly, another within its radius, one beyond float64 not at all."""
        rng = np.random.default_rng(seed)
        assert pair_of(3, 8) == (0.375, 0.0, 0.0)
        assert pair_of(2**80 + 1, 2**80) == (1.0, 2.0**-80, 0.0)
        assert pair_of(10**400, 1)[2] == math.inf
        for p, q in rng.integers(1, 2**62, (500, 2)).tolist():
            h, l, e = pair_of(p, q)
            assert abs(Fraction(h) + Fraction(l) - Fraction(p, q)) <= Fraction(e)
            assert e <= h * 2.0**-105
            assert h + l == h

    def test_named_numbers(self) -> None:
        """They lie within."""
        with ctx.workprec(400):
            for symbol, truth in (
                (sympy.pi, arb.pi()),
                (sympy.E, arb.const_e()),
                (sympy.EulerGamma, arb.const_euler()),
                (sympy.Catalan, arb.const_catalan()),
            ):
                h, l, e = number(symbol, SCALARS)
                assert abs(truth - arb(h) - arb(l)) <= arb(e)
                assert e <= h * 2.0**-105

    def test_what_has_no_operation_is_refused(self) -> None:
        """Balls of more bits take it."""
        with pytest.raises(NotLoweredError):
            tape_of(sympy.gamma(A), 1, SCALARS)
