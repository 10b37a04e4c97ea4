"""Derivatives almost everywhere, with the convention at kinks that the cases state."""

import pytest
import sympy
from sympy import Abs, Piecewise, S, sign

from symdiff.differentiate import differentiate
from symdiff.functions import Phi, phi, sigmoid

z, t = sympy.symbols("z t", real=True)


@pytest.mark.parametrize(
    ("expression", "derivative"),
    [
        (z**3, 3 * z**2),
        (z * Phi(z), Phi(z) + z * phi(z)),
        (z * sigmoid(z), sigmoid(z) + z * sigmoid(z) * sigmoid(-z)),
        (Abs(z), sign(z)),
        (Abs(z - t), -sign(t - z)),
        (sign(z), S.Zero),
        (z * sign(z), sign(z)),
        (t, S.Zero),
        (Piecewise((z, z > 0), (0, True)), Piecewise((1, z > 0), (0, True))),
        (Piecewise((z**2, z > t), (t, True)), Piecewise((2 * z, z > t), (0, True))),
    ],
    ids=str,
)
def test_the_derivative(expression, derivative):
    """The derivative is exact, with neither re and im nor Dirac deltas."""
    assert derivative == differentiate(expression, z)


@pytest.mark.parametrize(
    ("expression", "at_zero"),
    [
        (Piecewise((z, z > 0), (0, True)), 0),
        (Piecewise((z, z >= 0), (0, True)), 1),
        (Abs(z), 0),
    ],
    ids=["z > 0", "z >= 0", "abs"],
)
def test_the_case_that_holds_the_point_decides_at_a_kink(expression, at_zero):
    """At a kink the derivative is that of the case which holds; |z| has 0 there."""
    assert at_zero == differentiate(expression, z).subs(z, 0)


def test_the_second_derivative_of_a_kink_is_zero():
    """|z|'' is 0 almost everywhere: the Dirac delta at 0 is left out."""
    assert differentiate(differentiate(Abs(z), z), z) == 0
