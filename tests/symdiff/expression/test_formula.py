"""The door for formulas: SymPy and text in, a checked real expression out."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy
from sympy import Function, Integer, Rational, Symbol, cos, exp

import symdiff
from symdiff.expression.formula import exact, formula, parameter, real_symbol
from symdiff.functions import UnspecifiedFunction, sigmoid, tanh, unspecified
from symdiff.graph import array

z = Symbol("z", real=True)
CODE = "__import__('os').system('touch x')"


class TestRealSymbol:
    def test_it_is_real(self):
        """A variable is real, so that |u| differentiates to sign(u)."""
        assert real_symbol("u").is_real

    def test_it_is_normalised_as_python_does(self):
        """Python reads ﬁ as fi: two spellings of one identifier are one variable."""
        assert real_symbol("fi") == real_symbol("ﬁ")

    @pytest.mark.parametrize("name", [CODE, "", "2z", "z w", "if", "lambda", "𝐢𝐟", "z\n", "z.w"])
    def test_a_name_that_is_no_identifier_is_refused(self, name):
        """Code, keywords and broken names are no names for a variable."""
        with pytest.raises(ValueError, match="is no name for a variable"):
            real_symbol(name)


class TestFormula:
    def test_text_is_parsed_and_recognised(self):
        """z/(1 + exp(-z)) is z σ(z)."""
        assert z * sigmoid(z) == formula("z/(1 + exp(-z))")

    def test_sympy_is_recognised(self):
        """A SymPy expression is rewritten as text is."""
        assert z * tanh(z) == formula(z * sympy.tanh(z))

    @pytest.mark.parametrize("kind", [{}, {"real": True}, {"complex": True}, {"positive": True}])
    def test_the_only_symbol_may_have_any_name_and_kind(self, kind):
        """x·tanh(x) is z·tanh(z), whatever was assumed of x."""
        x = Symbol("x", **kind)

        assert z * tanh(z) == formula(x * sympy.tanh(x))

    def test_a_dummy_is_a_symbol(self):
        """SymPy's Dummy is taken as the variable."""
        assert z**2 == formula(sympy.Dummy("u") ** 2)

    def test_two_variables_keep_their_names(self):
        """With two names the symbols are matched by name and become real."""
        y, t = sympy.symbols("y t")

        assert real_symbol("y") - 2 * real_symbol("t") == formula(y - 2 * t, ("y", "t"))

    def test_floats_become_exact(self):
        """The Float 0.1 is the double that it is, as a rational."""
        assert Rational(*(0.1).as_integer_ratio()) * z == formula(0.1 * Symbol("z"))

    def test_undefined_functions_stay_symbolic(self):
        """f(z) of a SymPy Function is a function left symbolic, with f' as its derivative."""
        f = formula(Function("f")(Symbol("z")))

        assert f == unspecified("f")(z)
        assert isinstance(f, UnspecifiedFunction)

    def test_a_number_is_a_formula(self):
        """A constant is an expression too."""
        assert Integer(2) == formula(Integer(2))

    @pytest.mark.parametrize(
        ("source", "sentence"),
        [
            (Symbol("a") * Symbol("b"), "unknown symbol 'a'"),
            (z * Symbol("alpha"), "unknown symbol 'alpha'"),
            (sympy.gamma(z), "unknown function 'gamma'"),
            (sympy.besselj(0, z), "unknown function 'besselj'"),
            (sympy.Heaviside(z).diff(z), "unknown function 'DiracDelta'"),
            (sympy.Derivative(Function("f")(z), z), "unknown function 'Derivative'"),
            (sympy.Integral(z, z), "unknown function 'Integral'"),
            (sympy.floor(z), "unknown function 'floor'; did you mean"),
            (Function("f")(z, z), "has 2 arguments; one was expected"),
            (z * sympy.I, "unknown function 'I'"),
            (sympy.oo, "unknown function 'oo'"),
            (-sympy.oo, "unknown function '-oo'"),
            (sympy.nan, "unknown function 'nan'"),
            (sympy.zoo, "unknown function 'zoo'"),
            (z + sympy.zoo * Symbol("z", real=True), "unknown function 'zoo'"),
            (sympy.Piecewise((z, z > 0), (sympy.oo, True)), "unknown function 'oo'"),
        ],
        ids=str,
    )
    def test_what_is_not_known_is_refused(self, source, sentence):
        """Unknown symbols and functions and constants that are no real number: one sentence."""
        with pytest.raises(ValueError, match=r"^[^\n]*$") as caught:
            formula(source)

        assert sentence.removesuffix("; did you mean") in str(caught.value)

    @pytest.mark.parametrize(
        "source",
        [1.5, 2, None, ["z"], sympy.true, z > 0, sympy.Matrix([z]), sympy.S.Reals, b"z"],
        ids=lambda s: type(s).__name__,
    )
    def test_what_is_no_expression_is_a_type_error(self, source):
        """A number of Python's, a condition or a matrix is no formula."""
        with pytest.raises(TypeError, match="a formula is text or a SymPy expression, not"):
            formula(source)


class TestNamesThatAreCode:
    """A symbol's *name* can be code, which SymPy's lambdify would run."""

    @pytest.fixture(autouse=True)
    def _in_an_empty_folder(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        yield
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "attack",
        [
            lambda: formula(Symbol(CODE)),
            lambda: formula(z + Symbol(CODE)),
            lambda: formula(sympy.Piecewise((z, Symbol(CODE) > 0), (0, True))),
            lambda: formula(Function(CODE)(z)),
            lambda: formula("z", (CODE,)),
            lambda: symdiff.activation(Symbol(CODE) ** 2),
            lambda: symdiff.activation(cos(Symbol(CODE)) * exp(Symbol(CODE))),
            lambda: symdiff.activation(z * Symbol(CODE), **{CODE: 1}),
            lambda: symdiff.activation("z", **{CODE: 1}),
            lambda: symdiff.activation("elu", **{CODE: 1}),
            lambda: symdiff.activation("elu", alpha=CODE),
            lambda: symdiff.activation(CODE),
            lambda: symdiff.neuron(CODE),
            lambda: symdiff.neuron(Symbol(CODE)),
            lambda: symdiff.neuron("tanh", Symbol(CODE)),
            lambda: symdiff.loss(CODE),
            lambda: array(CODE),
            lambda: array("x", CODE),
        ],
    )
    def test_they_are_refused_everywhere(self, attack):
        """Every way in refuses the name, and nothing has run."""
        with pytest.raises(ValueError, match=r"^[^\n]*$"):
            attack()


class TestExact:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (1, Integer(1)),
            (0.1, Rational(3602879701896397, 36028797018963968)),
            (np.float32(0.1), Rational(13421773, 134217728)),
            (np.float64(0.5), Rational(1, 2)),
            (np.int64(3), Integer(3)),
            ("0.1", Rational(1, 10)),
            ("1/3", Rational(1, 3)),
            ("1e-3", Rational(1, 1000)),
            (Fraction(1, 7), Rational(1, 7)),
            (Rational(2, 3), Rational(2, 3)),
            (sympy.Float("0.25"), Rational(1, 4)),
        ],
        ids=repr,
    )
    def test_a_number_is_taken_exactly(self, value, expected):
        """Of a float its exact value, of text its decimal."""
        assert expected == exact(value)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (float("inf"), sympy.oo),
            (np.float32("-inf"), -sympy.oo),
            (sympy.oo, sympy.oo),
            ("inf", sympy.oo),
            ("-∞", -sympy.oo),
            ("+Infinity", sympy.oo),
            ("−oo", -sympy.oo),
            ("0.1", Rational(1, 10)),
        ],
        ids=repr,
    )
    def test_a_parameter_may_be_infinite_too(self, value, expected):
        """As a float, as SymPy's ∞, and as any of its names."""
        assert expected == parameter(value)

    @pytest.mark.parametrize("value", ["abc", "nan", float("nan"), "--inf", "inf8", "∞∞"])
    def test_a_parameter_is_a_number(self, value):
        """NaN is none, nor what only begins as infinity does."""
        with pytest.raises(ValueError, match=r"is not a number; give one such as|must be finite"):
            parameter(value)

    @pytest.mark.parametrize("value", ["abc", "", "1/0", "nan", "inf", CODE, "z"])
    def test_text_that_is_no_number_is_refused(self, value):
        """Text must be a decimal or a fraction."""
        with pytest.raises(ValueError, match="is not a number; give one such as"):
            exact(value)

    @pytest.mark.parametrize("value", [float("inf"), float("nan"), np.float32("-inf")])
    def test_a_number_that_is_not_finite_is_refused(self, value):
        """Infinity and NaN are no parameters."""
        with pytest.raises(ValueError, match="a parameter must be finite"):
            exact(value)

    @pytest.mark.parametrize(
        "value", [None, True, 1j, [1], sympy.pi, sympy.oo, sympy.nan, Decimal(1)], ids=repr
    )
    def test_what_is_no_real_number_is_a_type_error(self, value):
        """Truth values, complex numbers and symbols are no real numbers."""
        with pytest.raises(TypeError, match="a parameter is a real number, not"):
            exact(value)
