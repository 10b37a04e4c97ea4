"""Text for terminals: reading order, superscripts, real minus signs."""

import pytest
import sympy
from sympy import (
    Abs,
    E,
    Integer,
    Max,
    Min,
    Piecewise,
    Pow,
    Rational,
    Symbol,
    exp,
    pi,
    sign,
    sin,
    sqrt,
)

import symdiff
from symdiff.functions import Phi, phi, sech, sigmoid, unspecified
from symdiff.notation.names import ArraySymbol

z, y, t, b, w, x = sympy.symbols("z y t b w x", real=True)
alpha, lambd, slope = sympy.symbols("alpha lambd negative_slope", real=True)
z_bar = Symbol("z̄", real=True)
X, V = ArraySymbol("x", real=True), ArraySymbol("v", real=True)

WRITTEN = [
    (y - t, "y − t"),
    (t - y, "t − y"),
    (z - 1, "z − 1"),
    (1 - z, "1 − z"),
    (-z, "−z"),
    (-z - 1, "−z − 1"),
    (w * x + b, "w x + b"),
    (z_bar * x, "z̄ x"),
    (z_bar * sech(z) ** 2, "z̄ sech²(z)"),
    (Phi(z) + z * phi(z), "Φ(z) + z φ(z)"),
    (sigmoid(z) * sigmoid(-z), "σ(z) σ(−z)"),
    (unspecified("f'")(z) * z_bar, "z̄ f'(z)"),
    (z**2, "z²"),
    (z**10, "z¹⁰"),
    (1 / z, "1/z"),
    (b / z**2, "b/z²"),
    (1 / (z * b), "1/(b z)"),
    (2 * z / 3, "2 z/3"),
    (-z / 2, "−z/2"),
    (z / (b + 1), "z/(b + 1)"),
    ((z + 1) * (b - 1), "(z + 1) (b − 1)"),
    ((y - t) ** 2 / 2, "(y − t)²/2"),
    (sqrt(z), "√z"),
    (sqrt(z + 1), "√(z + 1)"),
    (sqrt(2) * z, "√2 z"),
    (Pow(z, Rational(3, 2)), "z^(3/2)"),
    (z**b, "z^b"),
    (Pow(2, z), "2^z"),
    (Rational(1, 2) ** z, "(1/2)^z"),
    (sin(z) ** 2, "sin²(z)"),
    (Abs(z), "|z|"),
    (1 / (1 + Abs(z)) ** 2, "1/(|z| + 1)²"),
    (sign(z), "sign(z)"),
    (exp(-(z**2) / 2), "exp(−z²/2)"),
    (pi * z, "π z"),
    (E * z, "e z"),
    (Integer(-3), "−3"),
    (Rational(-1, 3), "−1/3"),
    (alpha + z, "α + z"),
    (lambd, "λ"),
    (slope * z, "negative_slope z"),
    (Max(z, 1), "max(1, z)"),
    (Min(z, 1), "min(1, z)"),
    (Piecewise((z, z > 0), (0, True)), "{z if z > 0; 0 otherwise}"),
    (Piecewise((1, z <= -3), (2, z >= 3), (0, True)), "{1 if z ≤ −3; 2 if z ≥ 3; 0 otherwise}"),
    (Piecewise((1, z > lambd), (0, True)), "{1 if z > λ; 0 otherwise}"),
    (Piecewise((1, sympy.Eq(z, 0)), (0, True)), "{1 if z = 0; 0 otherwise}"),
    (Piecewise((1, sympy.Ne(z, 0)), (0, True)), "{1 if z ≠ 0; 0 otherwise}"),
    (2 * X * V, "2 v ∘ x"),
    ((X + 1) * 2 * V, "2 v ∘ (x + 1)"),
]


@pytest.mark.parametrize(("expression", "expected"), WRITTEN, ids=[w for _, w in WRITTEN])
def test_an_expression_in_text(expression, expected):
    """The text is what a person would write."""
    assert expected == symdiff.text(expression)


@pytest.mark.parametrize("expression", [e for e, _ in WRITTEN], ids=str)
def test_no_hyphen_stands_for_a_minus(expression):
    """The minus sign is U+2212; no * is left over either."""
    assert not set("-*") & set(symdiff.text(expression))


@pytest.mark.parametrize("definition", symdiff.activations.values(), ids=str)
def test_every_activation_can_be_written(definition):
    """Formula and derivative of every stanza have a text of one line without Python's signs."""
    for expression in (definition.formula, definition.derivative()):
        written = symdiff.text(expression)

        assert not set("-*\n") & set(written)
        assert "Piecewise" not in written


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("elu", "{1 if z > 0; α exp(z) otherwise}"),
        ("softshrink", "{1 if z < −λ or z > λ; 0 otherwise}"),
    ],
)
def test_derivatives_read_as_a_person_writes_them(name, written):
    """Parameters before functions, and the variable alone on the left."""
    derivative = symdiff.text(symdiff.activation(name).derivative())

    assert written == derivative


def test_a_condition_on_a_value_with_cases_is_written_out():
    """max of three: no name of SymPy's is left, in text and in LaTeX."""
    slope = symdiff.activation("max(z, 0, 1 - z)").derivative()

    assert "ITE" not in symdiff.text(slope)
    assert "ITE" not in symdiff.latex(slope)


def test_brackets_in_brackets_take_no_longer_than_they_are():
    """Sixty levels, each printed once: twice a level would never end."""
    x = nested = sympy.Symbol("x", real=True)
    for _ in range(60):
        nested = x * (nested + 1)

    assert symdiff.text(nested) == "x (" * 59 + "x (x + 1)" + " + 1)" * 59
