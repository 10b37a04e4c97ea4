from __future__ import annotations

from itertools import product

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, ctx
from independent_truth import Truth, structured_points, torch_nn, worst_ratio
from sampled import sampled

from symdiff.balls.elementary import CannotCertify
from symdiff.catalogue.activations import activations
from symdiff.catalogue.losses import losses
from symdiff.expression.differentiate import differentiate
from symdiff.expression.formula import real_symbol
from symdiff.functions import STABLE_FUNCTIONS, UnspecifiedFunction, unspecified
from symdiff.oracle.enclosures.enclosure import SMALLEST
from symdiff.oracle.enclosures.from_balls import enclosure_of
from symdiff.oracle.points.ball import enclose_ball

z, y, t = map(real_symbol, "zyt")


def at(expression, *values, **options):
    """The ball oracle's enclosures at the given z."""
    return enclose_ball(expression, {"z": np.array(values, dtype=np.float64)}, **options)


class TestEnclosures:
    @pytest.mark.parametrize(("name", "order"), sampled(product(torch_nn, [1, 2]), 5))
    def test_contain_the_independent_derivative(self, name, order):
        """At float64 points from all binades, all certified, the extreme ones included."""
        definition = activations[name]
        expression = definition.valued(definition.derivative())
        if order == 2:
            expression = differentiate(expression, z)
        rng = np.random.default_rng([7, order])
        points = structured_points("float64", rng, 1)
        points = np.concatenate([rng.permutation(points)[:20], points[-8:-2], rng.normal(size=14)])
        truth = Truth(definition.valued(definition.formula), z, order)

        found = enclose_ball(expression, {"z": points})

        assert found.certified.all()
        assert worst_ratio([truth(x) for x in points.tolist()], found) <= 1

    @pytest.mark.parametrize("name", losses)
    def test_contain_the_derivative_of_a_loss_in_two_variables(self, name):
        """mpmath's value of the textbook derivative lies inside, for prediction and target."""
        definition = losses[name]
        expression = definition.valued(definition.derivative("y"))
        plain = sympy.diff(definition.valued(definition.formula), y)
        for function in STABLE_FUNCTIONS:
            plain = plain.replace(function, function.definition)
        evaluate = sympy.lambdify((y, t), plain, "mpmath")
        rng = np.random.default_rng(8)
        points = {"y": rng.uniform(0.01, 0.99, 40), "t": rng.uniform(0.01, 0.99, 40)}

        found = enclose_ball(expression, points)
        with mpmath.workprec(600):
            truths = [
                mpmath.mpf(evaluate(mpmath.mpf(a), mpmath.mpf(b)))
                for a, b in zip(points["y"].tolist(), points["t"].tolist(), strict=True)
            ]

        assert found.certified.all()
        assert worst_ratio(truths, found) <= 1

    def test_keep_what_float64_loses(self):
        """PyTorch's float64 gradient of sigmoid at 40 is 0; the truth is 4.25e-18."""
        definition = activations["sigmoid"]

        found = at(definition.derivative(), 40.0)

        assert found.high[0] == pytest.approx(4.248354255291589e-18, rel=1e-15)

    def test_keep_the_broadcast_shape(self):
        """A column and a row of points give a matrix of enclosures."""
        points = {"y": np.ones((3, 1)), "t": np.zeros((1, 2))}

        assert enclose_ball(y - t, points).shape == (3, 2)

    def test_of_a_constant_take_the_points_shape(self):
        """1/3 at five points is five enclosures of 1/3."""
        found = at(sympy.Rational(1, 3), *range(5))

        assert found.shape == (5,)
        assert found.certified.all()
        assert np.all(found.high == 1 / 3)

    def test_reach_the_precision_that_cancellation_asks_for(self):
        """cos z − 1 at 2⁻⁵⁰⁰ is −2⁻¹⁰⁰¹, found although 1000 bits cancel first."""
        found = at(sympy.cos(z) - 1, 2.0**-500)

        assert found.certified.all()
        assert found.high[0] == -(2.0**-1001)


class TestZeros:
    def test_are_exact_where_the_arithmetic_is(self):
        """A case that is the constant 0, and z at 0, are 0 with bound 0."""
        assert at(sympy.Piecewise((0, z < 0), (z, True)), -1.0, 0.0).bound.max() == 0

    def test_are_found_by_exact_evaluation(self):
        """sin(πz) at an integer is a ball around 0 at every precision; SymPy knows it is 0."""
        found = at(sympy.sin(sympy.pi * z), 3.0)

        assert (found.high[0], found.bound[0], found.certified[0]) == (0, 0, True)

    def test_are_otherwise_bounded_by_the_smallest_float(self):
        """sin² + cos² − 1 is not simplified by anyone: 0 ± 2⁻¹⁰⁷⁴, which is certified."""
        found = at(sympy.sin(z) ** 2 + sympy.cos(z) ** 2 - 1, 1.0)

        assert (found.high[0], found.bound[0], found.certified[0]) == (0, SMALLEST, True)


class TestRange:
    def test_a_truth_below_float64_is_zero_within_the_smallest_subnormal(self):
        """e^(−1000) is 0 ± 2⁻¹⁰⁷⁴, and so is the value at the largest float64."""
        found = at(sympy.exp(-z), 1000.0, 1.7976931348623157e308)

        assert found.certified.all()
        assert np.all(found.high == 0)
        assert np.all(found.bound == SMALLEST)

    def test_a_truth_beyond_float64_is_infinite(self):
        """e^710 rounds to ∞ and e^709 does not."""
        found = at(sympy.exp(z), 709.0, 710.0)

        assert found.certified.all()
        assert np.isfinite(found.high[0])
        assert (found.high[1], found.low[1], found.bound[1]) == (np.inf, 0, 0)

    def test_a_subnormal_truth_is_correctly_rounded(self):
        """e^(−745) is the smallest subnormal, within its own size."""
        found = at(sympy.exp(z), -745.0)

        assert (found.high[0], found.bound[0]) == (SMALLEST, SMALLEST)

    def test_negative_zero_is_zero(self):
        """No infinitesimal hides in the sign: 1/z has a pole at −0 too."""
        assert at(sympy.cos(z), -0.0).high[0] == 1
        assert not at(1 / z, -0.0).certified[0]


class TestHonesty:
    @pytest.mark.parametrize(
        ("expression", "x"), [(1 / z, 0.0), (sympy.log(z), 0.0), (sympy.tan(z) / z, 0.0)]
    )
    def test_a_pole_is_not_certified(self, expression, x):
        """At a pole and at 0/0 the value is NaN, the bound ∞."""
        found = at(expression, x)

        assert not found.certified[0]
        assert np.isnan(found.high[0])
        assert found.bound[0] == np.inf

    @pytest.mark.parametrize("expression", [sympy.log(z), sympy.sqrt(z), sympy.acosh(z)])
    def test_outside_the_domain_nothing_is_certified(self, expression):
        """log, √ and acosh at −2 are not real."""
        assert not at(expression, -2.0).certified[0]

    @pytest.mark.parametrize("x", [np.inf, -np.inf, np.nan])
    def test_an_input_that_is_not_finite_is_not_certified(self, x):
        """The oracle speaks of real numbers; limits are for others to state."""
        found = at(sympy.exp(z), x, 0.0)

        assert list(found.certified) == [False, True]

    @pytest.mark.parametrize(
        "expression", [sympy.gamma(z), unspecified("f")(z), z * sympy.besselj(0, z)]
    )
    def test_an_unknown_function_is_refused(self, expression):
        """One sentence says which function it is and which are known; no float64 takes over."""
        with pytest.raises(CannotCertify, match=r"no ball arithmetic for .* known are"):
            at(expression, 1.0)

    def test_an_unknown_function_in_a_constant_is_refused_too(self):
        """Γ(1/3) is a number, and no ball holds it here."""
        with pytest.raises(CannotCertify, match="gamma"):
            at(sympy.gamma(sympy.Rational(1, 3)) * z, 1.0)

    def test_an_undecided_border_is_not_guessed(self):
        """sin² + cos² > 1 is an exact tie that no precision decides."""
        border = sympy.Gt(sympy.sin(z) ** 2 + sympy.cos(z) ** 2, 1)

        assert not at(sympy.Piecewise((1, border), (2, True)), 1.0).certified[0]

    def test_a_variable_without_values_is_named(self):
        """The message says which variable is missing and which were given."""
        with pytest.raises(ValueError, match="no values were given for 't'; given were y"):
            enclose_ball(y - t, {"y": np.ones(1)})

    def test_an_impossible_bound_is_refused(self):
        """A double-double holds about 2⁻¹⁰⁵; 2⁻²⁰⁰ cannot be had."""
        with pytest.raises(ValueError, match="from 2\\*\\*-100 to 1"):
            at(z, 1.0, relative=2.0**-200)


class TestRounding:
    @pytest.mark.parametrize("target", ["float64", "float32"])
    def test_is_decided_beside_a_midpoint(self, target):
        """1 + ½ulp + 2⁻⁹⁰ rounds up, although 2⁻⁶⁴ relative would not tell it from the tie."""
        half = {"float64": 53, "float32": 24}[target]
        expression = z + sympy.Rational(1, 2**half) + sympy.exp(z) / (3 * 2**90)

        found = at(expression, 1.0, rounding=target)

        assert found.certified.all()
        assert found.rounded(target) == (1 + 2.0 ** (1 - half), True)

    def test_nearer_to_a_midpoint_than_a_double_double_tells_is_not_certified(self):
        """1 + 2⁻⁵³ + 2⁻¹²⁰ rounds up, but its enclosure cannot say so and does not claim to."""
        found = at(z + sympy.Rational(1, 2**53) + sympy.exp(z) / 2**120, 1.0, rounding="float64")

        assert not found.certified.any()
        assert np.isfinite(found.bound).all()

    def test_of_an_exact_tie_goes_to_even(self):
        """1 + 2⁻⁵³ is exact in a double-double, and rounds to 1."""
        found = at(z + sympy.Rational(1, 2**53), 1.0, rounding="float64")

        assert found.certified.all()
        assert found.rounded("float64")[0][0] == 1


def test_enclosures_of_balls_bound_their_radius():
    """The bound of 1 ± 10⁻³⁰ is not below 10⁻³⁰, and that of an exact 1 is 0."""
    with ctx.workprec(200):
        found = enclosure_of([arb(1, 1e-30), arb(1), arb("nan")])

    assert 1e-30 <= found.bound[0] <= 4.1e-30
    assert found.bound[1] == 0
    assert list(found.certified) == [True, True, False]


def test_a_function_left_symbolic_has_no_value():
    """f(z) with no formula is refused, by its name."""
    f = unspecified("f")

    assert issubclass(f, UnspecifiedFunction)
    with pytest.raises(CannotCertify, match="'f'"):
        at(f(z), 0.0)
