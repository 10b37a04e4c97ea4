"""The independent derivative against cases known by hand and against numerical differentiation."""

from __future__ import annotations

import math

import mpmath
import pytest
from formulas import cases, exact, points
from independent import Independent, Kind, Near
from mpmath import mp, mpf

INFINITE = math.inf


def derivative(text, x, **parameters):
    """What is independently known."""
    return Independent(text, parameters).derivative(x)


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("z**3 - 2*z", 5.0, "73"),
        ("abs(relu(z) - 1)", 2.0, "1"),
        ("abs(z**3 + z + pi)", -2.0, "-13"),
        ("max(z, sigmoid(1))", 2.0, "1"),
        ("relu(log(max(z, 1)))", -2.0, "0"),
        ("max(sin(z), abs(sin(z)))", 4.0, "0.6536436208636119146"),
        ("min(z, abs(z))", 0.0, "1"),
        ("z*abs(z)", 0.0, "0"),
        ("z/(1 + abs(z))", 0.0, "1"),
        ("where(z > 1, z**2, 2*z - 1)", 1.0, "2"),
        ("where(1 < z and z <= 2, 3*z, z)", 1.5, "3"),
        ("where(z < 0 or z > 2, 3*z, z)", 1.5, "1"),
        ("(2*z if 0 < z < 1 else 0)", 0.5, "2"),
        ("where(z > 0, z, log(z))", 2.0, "1"),
        ("max(z, z) + max(relu(z), z)", 2.0, "2"),
        ("sqrt(relu(z))", -1.0, "0"),
        ("sqrt(z**4)", 0.0, "0"),
        ("sqrt(2)*z", 0.0, "1.4142135623730950488"),
        ("z**z", 2.0, "6.7725887222397812377"),
        ("(-2)**3*z", 2.0, "-8"),
        ("z**0.5", 4.0, "0.25"),
        ("z**(-2)", 2.0, "-0.25"),
        ("relu(z)/z**2 - 1/z + min(log1p(z), z)", 1e-200, "1"),
        ("sin(exp(z))", 8.0, "-2.7297934813418852347e3"),
        ("0.1*z", 1e308, "0.1"),
        ("sigmoid(z)", -800.0, "3.6678745841776872135e-348"),
        ("tanh(z)", 300.0, "1.0601586212017e-260"),
        ("Phi(z)", -38.0, "1.0972210520076e-314"),
        ("j1(z)", 0.0, "0.33333333333333333333"),
        ("sinc(z)", 0.0, "0"),
        ("sign(z)*z + 1e-30*z", 1.0, "1.000000000000000000000000000001"),
        ("z·2 − 1 × z", 1.0, "1"),
        ("+z - -z", 1.0, "2"),
    ],
)
def test_the_derivative_is_what_it_is_by_hand(text, x, expected):
    """Values from textbooks, to the digits that stand there."""
    found = derivative(text, x)
    assert Kind.VALUE is found.kind
    digits = len(expected.split("e")[0].strip("-").replace(".", "").lstrip("0"))
    with mp.workdps(60):
        shown = mpf(expected)
        tolerance = abs(shown) * (mpf(10) ** (1 - digits) if "." in expected else mpf(10) ** -40)
        assert abs(found.value.value - shown) <= tolerance + mpf(10) ** -400


@pytest.mark.parametrize(
    ("text", "x", "sides"),
    [
        ("abs(z)", 0.0, (-1, 1)),
        ("abs(z - 0.5)", 0.5, (-1, 1)),
        ("sqrt(z**2)", 0.0, (-1, 1)),
        ("sin(abs(sign(z)*z))", 0.0, (-1, 1)),
        ("j1(abs(z))", 0.0, (-1 / 3, 1 / 3)),
        ("where(z >= 1, 5*z, z)", 1.0, (1, 5)),
        ("z*sqrt(z)", 0.0, (None, 0)),
        ("where(z > 0, sqrt(z), z)", 0.0, (1, None)),
        ("max(z, 3*z, 2*z)", 0.0, (1, 3)),
    ],
)
def test_the_sides_of_a_kink_are_both_given(text, x, sides):
    """Left and right; none where the function is undefined beside, or its slope infinite."""
    found = derivative(text, x)
    assert Kind.SIDES is found.kind
    shown = tuple(None if side is None else float(side.value) for side in found.sides)
    assert sides == pytest.approx(shown)


@pytest.mark.parametrize(
    ("text", "x", "kind"),
    [
        ("log(z)", -1.0, Kind.UNDEFINED),
        ("log(z)", 0.0, Kind.UNDEFINED),
        ("exp(log(z))", -2.0, Kind.UNDEFINED),
        ("0*log(z)", -2.0, Kind.UNDEFINED),
        ("1/z", 0.0, Kind.UNDEFINED),
        ("z/z", 0.0, Kind.UNDEFINED),
        ("z**(1/3)", -8.0, Kind.UNDEFINED),
        ("z**(-1)", 0.0, Kind.UNDEFINED),
        ("asin(z)", 1.5, Kind.UNDEFINED),
        ("atanh(z)", 1.0, Kind.UNDEFINED),
        ("log1p(z)", -1.0, Kind.UNDEFINED),
        ("sqrt(z)", -1e-300, Kind.UNDEFINED),
        ("max(1, log(z))", -1.0, Kind.UNDEFINED),
        ("where(log(z) > 0, 1, z)", -1.0, Kind.UNDEFINED),
        ("sqrt(z)", 0.0, Kind.NO_DERIVATIVE),
        ("asin(z)", 1.0, Kind.NO_DERIVATIVE),
        ("where(z > 0 and log(z) > 0, z, 2*z)", -1.0, Kind.UNKNOWN),
        ("exp(exp(exp(z)))", 1e3, Kind.UNKNOWN),
        ("where(sin(z)**2 + cos(z)**2 == 1, z, 2*z)", 1.0, Kind.UNKNOWN),
        ("z**100 - where(z >= 1e10, 3, 2.61*z)", 1e10, Kind.SIDES),  # no jump is seen there
        ("phi(z)*where(z <= 1e22, z, 2*z)", 1e22, Kind.SIDES),  # it is too small to be held
        ("phi(z)*where(z <= 0, z, z + z**2)", 0.0, Kind.VALUE),
        ("abs(phi(z)*Phi(z))**(1/3)", -1e5, Kind.UNKNOWN),  # its sign is not told
    ],
)
def test_where_there_is_no_derivative_that_is_said(text, x, kind):
    """Outside the domain, at an infinite slope, and where nothing decides."""
    assert kind is derivative(text, x).kind


# One formula for each function, smooth where it is tried; mpmath differentiates it numerically.
SMOOTH = (
    *("exp(z)", "log(z)", "sqrt(z)", "sin(z)", "cos(z)", "tan(z)", "sinh(z)", "cosh(z)"),
    *("asinh(z)", "asin(z)", "acos(z)", "atan(z)", "atanh(z)", "erf(z)", "erfc(z)", "tanh(z)"),
    *("sech(z)", "sinc(z)", "expm1(z)", "log1p(z)", "sigmoid(z)", "softplus(z)", "Phi(z)"),
    *("phi(z)", "j1(z)", "z**2.5", "2**z", "z**z", "1/(1 + z)", "abs(z)", "relu(z)*z"),
    *("max(z, z**2)", "min(z, z**2)", "sign(z)*z", "sigmoid(z)*tanh(softplus(z)) - z/(1 + z*z)"),
    "where(z > 0.3, exp(-z*z), z)",
    "Piecewise((exp(-z*z), z < 0.3), (z*z, z < 0.5), (z, True))",
)
NAMES = {
    **{name: getattr(mpmath, name) for name in dir(mpmath) if not name.startswith("_")},
    "abs": abs,
    "max": max,
    "min": min,
    "relu": lambda z: max(z, 0),
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "softplus": lambda z: mpmath.log(1 + mpmath.exp(z)),
    "Phi": mpmath.ncdf,
    "phi": mpmath.npdf,
    "j1": lambda z: mpmath.sqrt(mpmath.pi / (2 * z)) * mpmath.besselj(1.5, z),
    "where": lambda test, a, b: a if test else b,
    "Piecewise": lambda *pairs: next(value for value, test in pairs if test),
}


@pytest.mark.parametrize("text", SMOOTH)
@pytest.mark.parametrize("x", [0.0625, 0.40625, 0.875])
def test_the_derivative_is_the_numerical_one(text, x):
    """mpmath's difference quotients at 60 digits agree to 25."""
    with mp.workdps(60):
        expected = mpmath.diff(lambda z: eval(text, {**NAMES, "z": z}), mpf(x))  # noqa: S307
        found = derivative(text, x)
        assert Kind.VALUE is found.kind
        assert abs(found.value.value - expected) <= mpf(10) ** -25 * abs(expected)


def test_the_error_bound_covers_what_more_bits_show():
    """At 160 bits 80 formulas, seed 5, are as near to 3,000 bits as they say."""
    compared = 0
    for one in cases(80, seed=5):
        if any(exact(v) is None for v in one.parameters.values()):
            continue
        formula = Independent(one.text, one.parameters)
        for x in points(one, 12).tolist():
            coarse, fine = (_at(formula, x, bits) for bits in (160, 3_000))
            if coarse is None or fine is None:
                continue
            compared += 1
            with mp.workprec(3_000):
                allowed = mpf(2) ** max(coarse.e, -9_000) + mpf(2) ** max(fine.e, -9_000)
                assert abs(coarse.value - fine.value) <= allowed, (one.text, one.parameters, x)
    assert compared > 400


def _at(formula: Independent, x: float, bits: int) -> Near | None:
    if not abs(x) < INFINITE:
        return None
    try:
        found = formula._run(x, bits, slope=True)
    except Exception:  # noqa: BLE001 - whatever it does not decide is not compared
        return None
    return Near(found.d.v, found.d.e)
