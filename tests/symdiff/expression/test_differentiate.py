"""Derivatives almost everywhere, with the convention at kinks that the cases state."""

import pytest
import sympy
from sympy import Abs, Heaviside, Max, Min, Piecewise, S, asin, log, sign, sqrt

from symdiff.expression.differentiate import differentiate
from symdiff.functions import Phi, log1p, maximum, minimum, phi, sigmoid, tanh

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
        (Abs(asin(z)), sign(asin(z)) / sqrt(1 - z**2)),
        (Abs(log(z)), sign(log(z)) / z),
        (Abs(log1p(z)), sign(log1p(z)) / (z + 1)),
        (sign(log(z)), S.Zero),
        (Heaviside(z), S.Zero),
        (maximum(z, 0), Piecewise((1, z > 0), (0, True))),
        (minimum(z, z**2), Piecewise((1, z < z**2), (2 * z, True))),
        (Max(z, 0), Piecewise((1, z > 0), (0, True))),
        (Min(z, 1), Piecewise((1, z < 1), (0, True))),
        (z**t, t * z**t / z),
        (z**z, z**z * (log(z) + 1)),
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


def test_a_chain_of_300_is_derived_part_by_part():
    """tanh of tanh of …: the derivative has 300 factors, and no recursion ends it."""
    chain = z
    for _ in range(300):
        chain = tanh(chain)

    assert 300 == len(differentiate(chain, z).args)


def test_a_condition_holds_no_cases():
    """max(where(…), z) compares case by case: SymPy would nest ITEs, 2ⁿ of them."""
    cases = Piecewise((z**2, z > 1), (-z, True))
    found = differentiate(maximum(cases, z), z)

    for condition in (c for p in found.atoms(Piecewise) for _, c in p.args):
        assert not condition.has(Piecewise, sympy.ITE)
    assert 4 == found.subs(z, 2)


def test_what_has_no_derivative_here_is_refused():
    """SymPy would leave a Derivative in the result."""
    with pytest.raises(ValueError, match=r"^the derivative of 'floor\(z\)' [^\n]*$"):
        differentiate(sympy.floor(z), z)


def test_a_derivative_that_is_too_large_is_refused():
    """A product of 400 factors would have 400 terms of 400 factors."""
    product = sympy.Mul(*(sympy.sin(z + k) for k in range(400)))

    with pytest.raises(ValueError, match="has more than 100000 parts"):
        differentiate(product, z)
