"""Breakpoints read off an expression, and the one-sided derivatives there."""

import time

import pytest
import sympy
from sympy import Abs, E, Piecewise, Rational, exp, pi, sign, sqrt

import symdiff
from symdiff.expression.differentiate import differentiate
from symdiff.kinks import Kink, breakpoints, kinks

z, t = sympy.symbols("z t", real=True)


@pytest.mark.parametrize(
    ("expression", "points"),
    [
        (z**2, ()),
        (Abs(z), (0,)),
        (sign(z - 1), (1,)),
        (Piecewise((z, z > 0), (0, True)), (0,)),
        (Piecewise((0, z <= -3), (z, z >= 3), (z**2, True)), (-3, 3)),
        (Piecewise((z, 2 * z > 7), (0, True)), (Rational(7, 2),)),
        (Piecewise((z, z**2 > 2), (0, True)), (-sqrt(2), sqrt(2))),
        (Piecewise((z, z > sqrt(2)), (0, True)), (sqrt(2),)),
        (Piecewise((z, z > pi), (z**2, z > E), (0, True)), (E, pi)),
        (Abs(z**3 - z), (-1, 0, 1)),
        (Piecewise((z, (z > 0) & (z < 1)), (0, True)), (0, 1)),
        (Piecewise((z, z**2 > -1), (0, True)), ()),
        (Piecewise((z, t > 0), (0, True)), ()),
        (exp(Abs(z - 2)) + Abs(z - 1), (1, 2)),
    ],
    ids=str,
)
def test_breakpoints_are_exact_and_in_order(expression, points):
    """Each real root of a border is found once, as an exact number, in ascending order."""
    assert points == breakpoints(expression, z)


def _kinks(function):
    return kinks(function, differentiate(function, z), z)


def test_a_kink_has_both_one_sided_derivatives():
    """|z| has −1 and 1 beside 0, and takes 0."""
    assert (Kink(sympy.S.Zero, sympy.S.NegativeOne, sympy.S.One, sympy.S.Zero),) == _kinks(Abs(z))


def test_a_smooth_breakpoint_is_no_choice():
    """z|z| has derivative 0 from both sides: smooth."""
    (kink,) = _kinks(z * Abs(z))

    assert kink.smooth


def test_a_real_kink_is_not_smooth():
    """relu at 0 is not smooth, and 0 lies in Clarke's gradient [0, 1]."""
    (kink,) = _kinks(Piecewise((z, z > 0), (0, True)))

    assert not kink.smooth
    assert kink.inside_clarke


def test_a_convention_outside_clarkes_gradient_is_told():
    """A derivative of 2 taken where both sides lie in [0, 1] is outside."""
    zero, one = sympy.S.Zero, sympy.S.One

    assert not Kink(zero, zero, one, 2 * one).inside_clarke
    assert Kink(zero, one, zero, Rational(1, 2)).inside_clarke
    assert not Kink(zero, one, sympy.nan, one).inside_clarke


def test_neighbouring_breakpoints_do_not_mix():
    """Two kinks 1e-12 apart each have the derivatives of their own sides."""
    near = Rational(1, 10**12)
    function = Piecewise((0, z < 0), (z, z < near), (2 * z - near, True))
    first, second = _kinks(function)

    assert (0, 1) == (first.left, first.right)
    assert (1, 2) == (second.left, second.right)


def test_the_limit_is_taken_in_the_case_beside_the_point():
    """The derivative of a jump's branches is evaluated exactly at the border."""
    (kink,) = _kinks(Piecewise((z**2, z > 2), (5 * z, True)))

    assert (5, 4) == (kink.left, kink.right)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("z if abs(z) < 1 else 0", (-1, 0, 1)),
        ("abs(abs(z) - 1)", (-1, 0, 1)),
        ("z if abs(z - 2) > 1 else 0", (1, 2, 3)),
        ("z if abs(z) - z > -1 else 0", (0,)),  # |z| − z is never −1, though 2z = 1 has a root
    ],
)
def test_borders_in_absolute_values_are_found(formula, expected):
    """|z| < 1 changes at ±1, as well as |z| itself at 0."""
    expression = symdiff.activation(formula).formula

    assert breakpoints(expression, z) == expected


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("min(log(2), softplus(z))", (Rational(1, 2), 0)),
        ("max(softplus(z), log(2))", (0, Rational(1, 2))),
        ("max(asinh(z) + pi, pi + sin(0))", (0, 1)),
    ],
)
def test_a_root_whose_sign_no_arithmetic_shows_is_where_its_name_says(text, sides):
    """log 2 − softplus(0) is no exact 0: the root was anywhere, and the sides those at ±2¹⁰²⁴."""
    (kink,) = symdiff.activation(text).kinks()

    assert kink.at == 0
    assert (kink.left, kink.right) == sides


def test_a_number_beyond_all_reach_is_no_reason_to_wait():
    """φ(cosh(10⁸)): mpmath would want 10⁸ bits of log 2 to tell its sign."""
    text = "phi(phi(z**10*cosh(z - 7)))**3 if 3 <= z < 123456789 else 1e10*z"
    start = time.process_time()

    first, last = symdiff.activation(text).kinks()
    assert [3, 123456789] == [first.at, last.at]
    assert [0, 10**10] == [last.left, last.right]
    assert time.process_time() - start < 5
