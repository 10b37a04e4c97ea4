"""LaTeX for notebooks and pages."""

import re

import latex2mathml.converter
import pytest
import sympy
from sympy import Abs, Piecewise, Rational, Symbol, exp, sin, sqrt

import symdiff
from symdiff.functions import Phi, expm1, log1p, phi, sech, sigmoid, softplus, unspecified
from symdiff.notation.names import ArraySymbol

z, y, t, b, w, x = sympy.symbols("z y t b w x", real=True)
z_bar = Symbol("z̄", real=True)
X, V = ArraySymbol("x", real=True), ArraySymbol("v", real=True)

WRITTEN = [
    (y - t, "y - t"),
    (1 - z, "1 - z"),
    (-z, "- z"),
    (z_bar * x, r"\bar{z} \, x"),
    (z_bar * sech(z) ** 2, r"\bar{z} \, \operatorname{sech}^{2}\left(z\right)"),
    (z * Phi(z), r"z \, \Phi\left(z\right)"),
    (
        Phi(z) + z * phi(z),
        r"\Phi\left(z\right) + z \, \varphi\left(z\right)",
    ),
    (sigmoid(-z), r"\sigma\left(- z\right)"),
    (softplus(z), r"\operatorname{softplus}\left(z\right)"),
    (unspecified("f'")(z), r"f'\left(z\right)"),
    (z**2, "z^{2}"),
    (z / 2, r"\frac{z}{2}"),
    (2 * z / (3 * b), r"\frac{2 \, z}{3 \, b}"),
    (Rational(-1, 3), r"- \frac{1}{3}"),
    (z / (b + 1), r"\frac{z}{b + 1}"),
    ((z + 1) * (b - 1), r"\left(z + 1\right) \, \left(b - 1\right)"),
    (sqrt(2) * z, r"\sqrt{2} \, z"),
    (sin(z) ** 2, r"\sin^{2}{\left(z \right)}"),
    (Abs(z), r"\left|{z}\right|"),
    (exp(-z), "e^{- z}"),
    (
        Piecewise((z, z > 0), (0, True)),
        r"\begin{cases} z & \text{for}\: z > 0 \\0 & \text{otherwise} \end{cases}",
    ),
    (Symbol("alpha", real=True), r"\alpha"),
    (Symbol("lambd", real=True), r"\lambda"),
    (Symbol("negative_slope", real=True), r"\mathrm{negative\_slope}"),
    (Symbol("inp", real=True), r"\mathrm{inp}"),
    (Symbol("īnp", real=True), r"\overline{\mathrm{inp}}"),
    (2 * (X + 1) * V, r"2 \, v \circ \left(x + 1\right)"),
]


@pytest.mark.parametrize(("expression", "expected"), WRITTEN, ids=[w for _, w in WRITTEN])
def test_an_expression_in_latex(expression, expected):
    """The LaTeX is what a person would write."""
    assert expected == symdiff.latex(expression)


@pytest.mark.parametrize("definition", symdiff.activations.values(), ids=str)
def test_every_activation_can_be_typeset(definition):
    """Formula and derivative of every stanza become MathML without a bare underscore."""
    for expression in (definition.formula, definition.derivative()):
        written = symdiff.latex(expression)

        assert "<math" in latex2mathml.converter.convert(written)
        assert "_" not in re.sub(r"_\{\w+\}|_\d", "", written.replace(r"\_", ""))


def test_a_multi_letter_name_is_upright():
    """weight is one name, not a product of six letters."""
    assert symdiff.latex(Symbol("weight", real=True)) == r"\mathrm{weight}"


def test_expm1_and_log1p_are_written_as_mathematics():
    """Names of library functions are for code: on a page they are e^z − 1 and log(1 + z)."""
    assert symdiff.latex(expm1(z)) == r"\left(e^{z} - 1\right)"
    assert symdiff.latex(log1p(-z)) == r"\log\left(1 - z\right)"
    assert symdiff.latex(log1p(z) ** 2) == r"\log^{2}\left(z + 1\right)"


def test_a_cut_graph_says_why_it_has_no_adjoints():
    """Each missing adjoint has its row, with the reason."""
    text = symdiff.adjoints(symdiff.linear_layer(cut="detach()")).latex()

    assert r"\bar{w} &: \text{none (cut by detach())}" in text
