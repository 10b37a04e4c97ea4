"""The larger and the smaller of two: values, the derivative at a tie, print, copies."""

import pickle

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Rational, pi

import symdiff
from symdiff.expression.differentiate import differentiate
from symdiff.functions import EXTREMES, maximum, minimum

SEED = 3  # of numpy's generator, for the points
z, t = sympy.symbols("z t", real=True)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (maximum(2, 3), 3),
        (minimum(2, Rational(1, 2)), Rational(1, 2)),
        (maximum(z, z), z),
        (maximum(z, sympy.oo), sympy.oo),
        (maximum(z, -sympy.oo), z),
        (minimum(sympy.oo, z), z),
        (minimum(z, -sympy.oo), -sympy.oo),
        (maximum(sympy.nan, 0), sympy.nan),
        (maximum.of([0, z]), maximum(z, 0)),
        (minimum.of([z]), z),
    ],
    ids=str,
)
def test_it_is_worked_out_where_it_can_be(made, expected):
    """Of numbers the better, of one thing twice that thing, and ±∞ where it decides."""
    assert expected == made


@pytest.mark.parametrize("extreme", EXTREMES, ids=lambda e: e.__name__)
def test_the_lowerings_agree(extreme):
    """float64, mpmath and SymPy's evalf give one number."""
    random = np.random.default_rng(SEED)
    for pair in random.integers(-4, 5, (20, 2)).tolist():
        expected = {"maximum": max, "minimum": min}[extreme.__name__](pair)

        assert expected == extreme.numpy(*map(np.float64, pair))
        assert expected == extreme.mpmath(*map(mpmath.mpf, pair))
        assert expected == int(extreme(sympy.exp(0) * pair[0], pair[1]).evalf())
    assert 3 < maximum(pi, 3).evalf() < 4


@pytest.mark.parametrize("extreme", EXTREMES, ids=lambda e: e.__name__)
def test_nan_and_what_is_not_real_are_nan(extreme):
    """mpmath goes on with complex numbers outside a domain, which have no order."""
    assert np.isnan(extreme.numpy(np.float64("nan"), np.float64(1)))
    for outside in (mpmath.nan, mpmath.mpc(0, 1)):
        assert mpmath.isnan(extreme.mpmath(outside, mpmath.mpf(1)))


def test_at_a_tie_the_second_decides():
    """relu'(0) = 0, and min(z, 1)'(1) = 0."""
    assert 0 == differentiate(maximum(z, 0), z).subs(z, 0)
    assert 0 == differentiate(minimum(z, 1), z).subs(z, 1)
    assert 2 == differentiate(maximum(z, 2 * z), z).subs(z, 0)


def test_of_many_no_more_than_the_logarithm_are_nested():
    """A hundred values are seven deep, and the last of the largest wins."""
    depth, made = 0, maximum.of([z + k for k in range(100)])
    while isinstance(made, maximum):
        depth, made = depth + 1, made.args[0]

    assert 7 == depth


def test_its_sign_is_known_where_an_argument_decides_it():
    """max(z, 1) is positive, min(z, 1) may be anything."""
    assert maximum(z, 1).is_extended_positive
    assert maximum(z, 0).is_extended_nonnegative
    assert minimum(z**2, 0 + sympy.exp(z)).is_extended_nonnegative
    assert minimum(z, 1).is_extended_positive is None


def test_how_it_is_written():
    """Nested ones of a kind as one, in text and in LaTeX."""
    several = maximum(maximum(z, t), minimum(z, 1))

    assert "max(z, t, min(z, 1))" == symdiff.text(several)
    assert r"\max\left(z, 0\right)" == symdiff.latex(maximum(z, 0))
    assert r"\max^{2}\left(z, 0\right)" == symdiff.latex(maximum(z, 0) ** 2)


def test_a_copy_is_equal():
    """Pickled and read again it is the same expression."""
    made = maximum(z, minimum(t, 1))

    assert made == pickle.loads(pickle.dumps(made))  # noqa: S301 - this test's own bytes
    assert hash(made) == hash(maximum(z, minimum(t, 1)))
