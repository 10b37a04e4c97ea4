"""Interval arithmetic: every result holds the values at the points of its arguments."""

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, ctx

from symdiff.functions import STABLE_FUNCTIONS
from symdiff.kinks.interval import FUNCTIONS, MINUS, PLUS, Note, multiply, real_power, reciprocal
from symdiff.kinks.roots import PRECISION
from symdiff.kinks.tape import Tape

SEED = 20240229
z = sympy.Symbol("z", real=True)


@pytest.fixture(autouse=True)
def _precision():
    with ctx.workprec(PRECISION):
        yield


def _intervals(count):
    """Ends of every size, from 2⁻³⁰ to 2³⁰, of both signs, with 0 and ±1 among them."""
    draw = np.random.default_rng(SEED)
    for _ in range(count):
        a, b = draw.choice([-1, 1], 2) * 2.0 ** draw.uniform(-30, draw.choice([1, 5, 30]), 2)
        a = draw.choice([a, a, 0.0, 1.0, -1.0])
        if draw.integers(3) == 0:
            b = a + abs(b)
        yield min(a, b), max(a, b)


def _by_mpmath(function):
    if function in STABLE_FUNCTIONS:
        return function.mpmath
    return getattr(mpmath, function.__name__)


def _holds(found, value):
    return found is not None and found[0] <= value <= found[1]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_every_function_holds_its_values(function):
    """At five points of each of 150 intervals, by mpmath at 60 digits."""
    draw = np.random.default_rng(SEED)
    plain, image = _by_mpmath(function), FUNCTIONS[function]
    for low, high in _intervals(150):
        found = image((arb(low), arb(high)), Note())
        for x in [low, high, *draw.uniform(low, high, 3)]:
            with mpmath.workdps(60):
                try:
                    value = plain(mpmath.mpf(float(x)))
                except (ValueError, ZeroDivisionError, OverflowError, mpmath.libmp.NoConvergence):
                    continue
                if isinstance(value, mpmath.mpc) or not mpmath.isfinite(value):
                    continue
                text = mpmath.nstr(value, 55)
            if abs(value) < mpmath.mpf(10) ** 100_000:
                slack = abs(arb(text)) * arb(10) ** -50 + arb(10) ** -2000
                assert found is not None
                assert found[0] <= arb(text) + slack
                assert found[1] >= arb(text) - slack


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_the_whole_axis_holds_what_its_parts_do(function):
    """An interval inside another has an image inside the other's."""
    whole = FUNCTIONS[function]((MINUS, PLUS), Note())
    for low, high in _intervals(60):
        part = FUNCTIONS[function]((arb(low), arb(high)), Note())
        if part is not None:
            assert whole[0] <= part[0]
            assert part[1] <= whole[1]


def test_narrow_intervals_have_narrow_images():
    """Within 2⁻⁴⁰⁰ of the size, where the function is tame: a wide image would prove nothing."""
    for function in FUNCTIONS:
        x = arb(1) / 2 if function is not sympy.acosh else arb(3) / 2
        low, high = FUNCTIONS[function]((x, x), Note())
        assert high - low <= arb(2) ** -400


def test_reciprocals_and_products_at_zero_and_infinity():
    """1/[0, 2] is [1/2, ∞], 1/[−1, 1] everything, 1/0 nothing; 0·∞ is an open end."""
    note = Note()
    assert (arb(0.5), PLUS) == reciprocal((arb(0), arb(2)), note)
    assert note.partial
    assert (MINUS, PLUS) == reciprocal((arb(-1), arb(1)), Note())
    assert reciprocal((arb(0), arb(0)), Note()) is None
    assert (arb(0), PLUS) == multiply((arb(0), arb(1)), (arb(1), PLUS))


def test_a_power_of_a_negative_number_is_nowhere_defined():
    """(−2)^(1/3) has no real value here, as in the oracle; [−2, 8]^(1/3) is [0, 2]."""
    third = Tape(sympy.Rational(1, 3), z)((arb(0), arb(0)))
    assert real_power((arb(-2), arb(-1)), third, Note()) is None
    note = Note()
    low, high = real_power((arb(-2), arb(8)), third, note)
    assert note.partial
    assert _holds((low, high), arb(0))
    assert _holds((low, high), arb(2))


@pytest.mark.parametrize(
    ("text", "low", "high", "expected"),
    [
        (sympy.Piecewise((1, z > 0), (2, True)), -1, 1, (1, 2)),
        (sympy.Piecewise((1, z > 0), (2, True)), 1, 2, (1, 1)),
        (sympy.Piecewise((1, z < 0), (sympy.sqrt(z), True)), 0, 4, (0, 2)),
        (sympy.Piecewise((1, sympy.Eq(z, 0)), (3, True)), 0, 0, (1, 1)),
        (sympy.Abs(z) * sympy.sign(z), -2, 1, (-2, 2)),
        (sympy.Max(z, 1, z**2), -2, 0, (1, 4)),
        (z**3, -2, 3, (-8, 27)),
        (z**2, -2, 3, (0, 9)),
    ],
    ids=str,
)
def test_undecided_conditions_take_the_hull(text, low, high, expected):
    """Of both cases, and of one where the condition is decided."""
    found = Tape(text, z)((arb(low), arb(high)))

    assert expected == tuple(float(x) for x in found)
