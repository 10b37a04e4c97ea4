from __future__ import annotations

import math
import sys

import numpy as np
import pytest
import sympy
from flint import arb, arb_series, ctx, fmpq

from symdiff.balls.compiled import compile_ball, compile_series
from symdiff.balls.elementary import BALL, SERIES, CannotCertify
from symdiff.expression.formula import real_symbol
from symdiff.functions import EXTREMES, STABLE_FUNCTIONS, j1, sinc, tanh
from symdiff.functions.inverse_normal import ndtri

z, y = real_symbol("z"), real_symbol("y")
UNARY = tuple(f for f in BALL if f not in {sympy.Max, sympy.Min, sympy.Pow, *EXTREMES})
DOMAIN = {sympy.acosh: (1.1, 3.0), sympy.log: (0.1, 3.0), ndtri: (0.1, 0.9)}


@pytest.fixture(autouse=True)
def _precision():
    with ctx.workprec(160):
        yield


def number(ball):
    """A ball's midpoint for SymPy."""
    return sympy.Float(ball.mid().str(45, radius=False), 45)


class TestCompileBall:
    @pytest.mark.parametrize("function", UNARY, ids=lambda f: f"{f.__module__}.{f.__name__}")
    def test_every_function_agrees_with_sympy(self, function):
        """SymPy's 40 digits of each function lie in its ball, which is narrow."""
        low, high = DOMAIN.get(function, (-0.9, 0.9))
        for x in np.random.default_rng(0).uniform(low, high, 5).tolist():
            ball = compile_ball(function(z), (z,))(arb(x))
            exact = function.definition if function in STABLE_FUNCTIONS else function
            expected = sympy.N(exact(sympy.Rational(*x.as_integer_ratio())), 45)

            assert ball.rel_accuracy_bits() > 140
            assert abs(number(ball) - expected) < 1e-38 * max(1, abs(expected))

    @pytest.mark.parametrize("function", STABLE_FUNCTIONS, ids=lambda f: f.__name__)
    @pytest.mark.parametrize("x", [1e-300, -1e-300, 5e-324, 0.3, -0.3, 37.0, -37.0, 700.0, -700.0])
    def test_stable_functions_cancel_nowhere(self, function, x):
        """The ball keeps all but 30 of 160 bits at any magnitude."""
        if function.__name__ == "log1p" and x <= -1:
            pytest.skip("outside the domain")

        assert function.arb(arb(x)).rel_accuracy_bits() > 130

    def test_constants_are_made_at_the_precision_in_force(self):
        """1/3 at 53 bits, then at 1000 bits: 1000 bits of the result."""
        program = compile_ball(z / 3 + sympy.sqrt(2), (z,))
        with ctx.workprec(53):
            program(arb(1))
        with ctx.workprec(1000):
            assert program(arb(1)).rel_accuracy_bits() > 990

    @pytest.mark.parametrize("power", [-3, -1, 2, 5, sympy.Rational(1, 2), sympy.Rational(-3, 2)])
    def test_powers(self, power):
        """Integer and half-integer powers, by products and square roots."""
        ball = compile_ball(z**power, (z,))(arb(2.5))

        assert abs(number(ball) - sympy.N(sympy.Rational(5, 2) ** power, 45)) < 1e-38

    @pytest.mark.parametrize("function", [*BALL], ids=lambda f: f"{f.__module__}.{f.__name__}")
    def test_what_is_not_known_stays_unknown(self, function):
        """NaN in, NaN out: flint alone has sinc(NaN) = 0 ± 1, which would be a certificate."""
        two = function in {sympy.Max, sympy.Min, sympy.Pow, *EXTREMES}
        arguments = [arb.nan(), arb(2)] if two else [arb.nan()]

        for given in (arguments, arguments[::-1]):
            assert not BALL[function](*given).is_finite()

    def test_a_negative_base_stays_real(self):
        """(−2)³ is −8, not the exponential of a complex logarithm."""
        assert compile_ball(z**3, (z,))(arb(-2)) == -8

    def test_only_the_case_that_holds_is_evaluated(self):
        """log z for z ≤ 0 is never asked for, so nothing is NaN."""
        program = compile_ball(sympy.Piecewise((sympy.log(z), z > 0), (z, True)), (z,))

        assert program(arb(-3)) == -3

    def test_a_tie_at_an_exact_number_is_decided_exactly(self):
        """3z > 0.3 at the double 0.1, which is above 1/10 by 5.6e-18, at 20 bits of precision."""
        program = compile_ball(sympy.Piecewise((1, 3 * z > sympy.Rational(3, 10)), (2, True)), (z,))
        with ctx.workprec(20):
            assert program(arb(0.1)) == 1
        tie = compile_ball(sympy.Piecewise((1, z * z > 4), (2, True)), (z,))
        assert tie(arb(2)) == 2

    def test_a_border_inside_a_ball_leaves_both_cases(self):
        """0 ± 1 is neither positive nor negative: its sign is anything from −1 to 1."""
        program = compile_ball(sympy.sign(z), (z,))

        assert program(arb(0, 1)).contains(arb(0, 1))
        assert program.conditions.undecided

    def test_signs_steps_and_extrema_at_zero(self):
        """sign 0 = 0, Heaviside(0) = 1/2, max(0, 0) = 0."""
        for expression, expected in (
            (sympy.sign(z), 0), (sympy.Heaviside(z), 0.5), (sympy.Max(z, 0, -z), 0), (abs(z), 0)
        ):  # fmt: skip
            assert compile_ball(expression, (z,))(arb(0)) == expected

    def test_a_symbol_that_is_code_never_reaches_the_source(self):
        """The generated source has names of its own; a hostile symbol is only a variable."""
        hostile = sympy.Symbol("__import__('os').abort()", real=True)

        assert compile_ball(hostile + 1, (hostile,))(arb(1)) == 2

    @pytest.mark.parametrize("depth", [400, 3000])
    def test_what_is_nested_deep_has_its_ball_or_is_refused(self, depth, request):
        """SymPy's own walk for the symbols would end in a RecursionError.

        The depth that Python goes to is as at its start: another test may have raised it.
        """
        before = sys.getrecursionlimit()
        request.addfinalizer(lambda: sys.setrecursionlimit(before))
        sys.setrecursionlimit(1000)
        expression = z
        for _ in range(depth):
            expression = tanh(expression)
        if depth == 400:
            assert compile_ball(expression, (z,))(arb(0.5)).rel_accuracy_bits() > 100
        else:
            with pytest.raises(CannotCertify, match=r"^the formula is nested too deep for ball"):
                compile_ball(expression, (z,))

    def test_is_no_function_of_an_unlisted_symbol(self):
        """The message names the symbol and the variables."""
        with pytest.raises(ValueError, match="no values were given for 'y'; the variables are z"):
            compile_ball(y * z, (z,))

    @pytest.mark.parametrize("nothing", [sympy.nan, sympy.oo])
    def test_a_case_without_a_value_spoils_no_other(self, nothing):
        """NaN and ∞ are met where they are taken, or may be, and nowhere else."""
        function = compile_ball(sympy.Piecewise((sympy.sin(z), z < 1), (nothing, True)), (z,))

        assert function(arb(0.5)).rel_accuracy_bits() > 50
        assert not function(arb(2)).is_finite()
        assert not function(arb(1, 0.5)).is_finite()

    @pytest.mark.parametrize("constant", [sympy.I, sympy.zoo])
    def test_refuses_a_constant_that_is_not_real(self, constant):
        """Neither i nor an infinity of no sign has a ball."""
        with pytest.raises(CannotCertify, match="no real number"):
            compile_ball(sympy.Mul(constant, z, evaluate=False), (z,))


class TestCompileSeries:
    @pytest.mark.parametrize("function", [f for f in UNARY if f in SERIES])
    def test_holds_the_derivatives_that_sympy_finds(self, function):
        """Coefficients 0 … 3 of each function are SymPy's f⁽ᵏ⁾(x)/k!."""
        low, high = DOMAIN.get(function, (-0.9, 0.9))
        exact = function.definition if function in STABLE_FUNCTIONS else function
        for x in (0.25 * low + 0.75 * high, 0.75 * low + 0.25 * high):
            cap, ctx.cap = ctx.cap, 4
            series = compile_series(function(z), z)(arb_series([arb(x), 1]))
            ctx.cap = cap
            at = sympy.Rational(*x.as_integer_ratio())
            for k in range(4):
                expected = sympy.N(sympy.diff(exact(z), z, k).subs(z, at), 45) / sympy.factorial(k)

                assert abs(number(series[k]) - expected) < 1e-36

    @pytest.mark.parametrize("function", [sinc, j1], ids=lambda f: f.__name__)
    @pytest.mark.parametrize("precision", [64, 160, 400])
    @pytest.mark.parametrize("x", [0.0, 1e-200, -1e-9, 0.02, -0.5, 0.999, 1.5])
    @pytest.mark.parametrize("radius", [0.0, 2.0**-40, 0.25])
    def test_sinc_and_j1_hold_their_taylor_series_around_zero(self, function, precision, x, radius):
        """Σ (−1)ⁱ x²ⁱ/(2i + 1)! and its derivative, shifted to points of the ball; DLMF 10.53.1."""
        with ctx.workprec(precision):
            cap, ctx.cap = ctx.cap, 8
            step = arb(x / 8 or 0.125)  # as a table's cell is wide
            found = function.series(arb_series([arb(x, abs(x) * radius), step]))
            ctx.cap = cap
        if function is sinc:
            terms = {2 * i: fmpq((-1) ** i, math.factorial(2 * i + 1)) for i in range(90)}
        else:
            terms = {
                2 * i + 1: fmpq((-1) ** i * (2 * i + 2), math.factorial(2 * i + 3))
                for i in range(90)
            }
        with ctx.workprec(1500):
            for at in (arb(x), arb(x) * (1 + arb(radius)), arb(x) * (1 - arb(radius))):
                for k in range(8):
                    shifted = (
                        arb(c * math.comb(j, k)) * at ** (j - k) for j, c in terms.items() if j >= k
                    )
                    truth = sum(shifted, arb(0, 1e-200)) * step**k  # 90 terms leave 1e-250

                    assert found[k].overlaps(truth)
                    assert radius or found[k].rad() < 2.0 ** -(precision - 40)
