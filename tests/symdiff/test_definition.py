"""A definition: its derivatives, parameters and kinks."""

import pytest
import sympy
from sympy import Abs, Piecewise, Rational

import symdiff
from symdiff.definition import Definition, user_definition
from symdiff.functions import tanh

z, t, k = sympy.symbols("z t k", real=True)


def test_the_derivative_is_sympys_unless_a_stable_one_is_given():
    """A stable form stated for a variable takes the place of SymPy's derivative."""
    plain = Definition("f", z / (1 + Abs(z)))
    stated = Definition("f", z / (1 + Abs(z)), stable={"z": (1 + Abs(z)) ** -2})

    assert plain.derivative() == sympy.diff(z / (1 + Abs(z)), z)
    assert (1 + Abs(z)) ** -2 == stated.derivative()


def test_each_variable_has_a_derivative():
    """(z − t)² has 2(z − t) in z and its negative in t; the first is the default."""
    loss = Definition("d", (z - t) ** 2, variables=("z", "t"))

    assert loss.derivative() == loss.derivative("z") == 2 * z - 2 * t
    assert loss.derivative("t") == 2 * t - 2 * z


def test_parameters_are_put_in():
    """`valued` replaces each parameter by its exact value."""
    f = Definition("f", k * z, parameters={"k": Rational(1, 3)})

    assert z / 3 == f.valued(f.formula)


def test_kinks_move_with_the_parameters():
    """The breakpoint of a threshold at k is where k's value puts it."""
    f = Definition("f", Piecewise((z, z > k), (0, True)), parameters={"k": Rational(1, 3)})

    assert [Rational(1, 3)] == [kink.at for kink in f.kinks()]
    assert [Rational(-2)] == [kink.at for kink in f.with_parameters(k=-2).kinks()]


def test_with_parameters_leaves_the_original():
    """A definition is immutable: the changed one is another."""
    f = Definition("f", k * z, parameters={"k": Rational(1)})
    g = f.with_parameters(k="0.1")

    assert f.parameters == {"k": 1}
    assert g.parameters == {"k": Rational(1, 10)}
    assert g.formula is f.formula


def test_edge_cases_change_one_parameter_at_a_time():
    """Each value of `edges`, the other parameters as they were."""
    j = sympy.Symbol("j", real=True)
    edges = {"k": (Rational(0), Rational(5)), "j": (Rational(7),)}
    f = Definition("f", j + k * z, parameters={"k": Rational(1), "j": Rational(2)}, edges=edges)

    assert [{"k": 0, "j": 2}, {"k": 5, "j": 2}, {"k": 1, "j": 7}] == [
        dict(case.parameters) for case in f.edge_cases()
    ]
    assert Definition("g", z).edge_cases() == ()


def test_a_notebook_shows_the_derivative_stated_at_a_kink():
    """relu'(0) = 0 is a convention; where both sides agree there is none to show."""
    shown = symdiff.activation("relu")._repr_latex_()

    assert shown.count("&=") == 2
    assert r"\mathrm{relu}'\left(0\right) &= 0" in shown
    assert "&=" not in symdiff.activation("softsign")._repr_latex_()


def test_an_unknown_parameter_is_refused():
    """The error names the parameters that there are, or says that there are none."""
    with pytest.raises(ValueError, match="f has no parameter 'q'; it has 'k'"):
        Definition("f", k * z, parameters={"k": Rational(1)}).with_parameters(q=1)
    with pytest.raises(ValueError, match="f has no parameter 'q'; it has no parameters"):
        Definition("f", z).with_parameters(q=1)


class TestSettled:
    @pytest.mark.parametrize(
        ("name", "values", "expected"),
        [
            ("softplus", {"threshold": "inf"}, "softplus(β z)/β"),
            ("hardtanh", {"max_val": "inf"}, "{min_val if z ≤ min_val; z otherwise}"),
            ("hardtanh", {"min_val": "-inf", "max_val": "inf"}, "z"),
            ("huber", {"delta": "inf"}, "(y − t)²/2"),
            ("smooth_l1", {"beta": 0}, "|t − y|"),
            ("softexponential", {"alpha": 0}, "z"),
        ],
    )
    def test_a_case_at_infinity_and_one_divided_by_zero_drop_out(self, name, values, expected):
        """What is left is the formula without the case that the value puts out of reach."""
        entry = {**symdiff.activations, **symdiff.losses}[name].with_parameters(**values)
        settled = entry.settled()

        assert expected == symdiff.text(settled.formula)
        assert not settled.parameters.keys() & values.keys()
        assert entry.parameters.keys() >= values.keys()

    def test_other_values_stay_parameters(self):
        """Zero too, where the formula is a number there."""
        entry = symdiff.activation("leaky_relu", negative_slope=0)

        assert entry is entry.settled()

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("swish", {"beta": "inf"}),
            ("elu", {"alpha": "-inf"}),
            ("celu", {"alpha": 0}),
            ("hardtanh", {"min_val": "inf"}),
            ("z/k", {"k": 0}),
            ("z + k", {"k": float("inf")}),
        ],
    )
    def test_a_formula_without_a_value_is_refused(self, name, values):
        """In one sentence that names the parameter."""
        (parameter,) = values
        with pytest.raises(ValueError, match=rf"has no value at {parameter} = [−∞0]+: .*number$"):
            symdiff.activation(name, **values)

    def test_the_derivative_is_the_settled_formula_s(self):
        """softplus without its threshold is σ everywhere, and has no kink."""
        entry = symdiff.activation("softplus", threshold="inf")
        adjoints = symdiff.adjoints(symdiff.neuron(entry))

        assert entry.kinks() == ()
        assert entry.valued(entry.derivative()) == symdiff.activations["sigmoid"].formula
        assert adjoints.lambdify()(w=1.0, b=0.0, x=800.0, t=800.0)["w"] == 0.0


def test_a_users_definition_is_called_by_its_text():
    """A user's function has its formula as its name and says where it comes from."""
    f = user_definition("z*k", ("z",), {"k": 2})

    assert str(f) == "z*k"
    assert f.source == "given by the user"
    assert f.symbols == (z,)


def test_a_variable_is_no_parameter():
    """A value for the variable itself is refused: it would make the function a constant."""
    with pytest.raises(ValueError, match="'z' is the variable of 'z\\*\\*2'"):
        user_definition("z**2", ("z",), {"z": 1})


def test_a_parameter_that_is_not_used_is_refused():
    """A parameter that the formula lacks is a mistake."""
    with pytest.raises(ValueError, match="'z' has no parameter 'k'; leave it out"):
        user_definition("z", ("z",), {"k": 1})


@pytest.mark.parametrize(
    ("definition", "shown"),
    [
        (symdiff.activations["silu"], r"\mathrm{silu}\left(z\right) = z \, \sigma\left(z\right)"),
        (symdiff.losses["mse"], r"\mathrm{mse}\left(y, \, t\right) = \left(y - t\right)^{2}"),
        (symdiff.activation("2*z"), r"f\left(z\right) = 2 \, z"),
    ],
    ids=["a name", "two variables", "a formula"],
)
def test_a_notebook_shows_the_formula(definition, shown):
    """By its name, or as f where the formula is all there is."""
    assert f"$${shown}$$" == definition._repr_latex_()


def test_where_kinks_may_be_that_were_not_found_is_said():
    """|sin z| has more kinks than are isolated, relu none that is not."""
    said = symdiff.activation("abs(sin(z))").unresolved_kinks()

    assert ["too many roots: sin(z)"] * 2 == [u.reason for u in said]
    assert symdiff.activations["relu"].unresolved_kinks() == ()


@pytest.mark.parametrize(
    ("text", "values", "sentence"),
    [
        ("relu(z**a)", {"a": 1e9}, "an exponent beyond a million"),
        ("relu(z**a)", {"a": "1e999999999"}, "is beyond every float64"),
        ("z*2**a", {"a": 10**9}, "raises a constant to a power beyond 1000"),
        ("z*a", {"a": "1e400"}, "is beyond every float64"),
        ("z*a", {"a": 10**400}, "is beyond every float64"),
        ("z*exp(a)", {"a": 1000}, "holds a constant larger than"),
        ("z*exp(exp(a))", {"a": 1e9}, "holds a constant larger than"),
        ("z + log(a)", {"a": -1}, "not a finite real number"),
        ("z + sqrt(a)", {"a": -1}, "not a finite real number"),
        ("where(log(a) > 0, z, 2)", {"a": -1}, "beyond what can be worked out"),
    ],
)
def test_limits_bind_after_the_values_are_put_in(text, values, sentence):
    """One sentence, at once: a power of 10⁹ is not worked out first."""
    with pytest.raises(ValueError, match=r"^[^\n]*$") as caught:
        symdiff.activation(text, **values)

    assert sentence in str(caught.value)


def test_a_tiny_parameter_is_one():
    """1e-400 is no float64, and exact all the same."""
    assert Rational(1, 10**400) == symdiff.activation("b*z", b="1e-400").parameters["b"]


def test_a_parameter_outside_its_range_is_refused():
    """plu's cases are the source's max and min up to α = 1 only."""
    with pytest.raises(ValueError, match="plu is defined for alpha from 0 to 1; 2 was given"):
        symdiff.activation("plu", alpha=2)


def test_a_formula_nested_too_deeply_is_refused():
    """SymPy's printers would run out of stack."""
    chain = z
    for _ in range(400):
        chain = tanh(chain)

    with pytest.raises(ValueError, match="nested more than 200 deep"):
        symdiff.activation(chain)
