"""The lambdify bridge: float64, vectorised, finite wherever the function is; seed 29."""

import mpmath
import numpy as np
import pytest
import sympy

import symdiff
from symdiff.bridge import evaluator
from symdiff.bridge.interpret import compile_mpmath
from symdiff.catalogue.activations import activations
from symdiff.oracle import enclose

SEED = 29
EXTREMES = [800.0, -800.0, 1e30, -1e30, 1e200, -1e200, 1e300, -1e300]
z = sympy.Symbol("z", real=True)


def derivative(source, **parameters):
    """z̄ of the function alone, as a numpy function of z."""
    f = symdiff.adjoints(symdiff.pointwise(symdiff.activation(source, **parameters))).lambdify()
    return lambda point: f(z=point)["z"]


# Written by hand: f' at x, for mpmath at 60 digits and more.
TRUTH = {
    "gelu": lambda x: (
        (mpmath.erfc(-x / mpmath.sqrt(2)) / 2 if abs(x) < 1e5 else mpmath.mpf(x > 0))
        + x * mpmath.npdf(x)
    ),
    "silu": lambda x: (1 + x / (1 + mpmath.exp(x))) / (1 + mpmath.exp(-x)),
    "mish": lambda x: (
        mpmath.tanh(mpmath.log1p(mpmath.exp(x)))
        + x * mpmath.sech(mpmath.log1p(mpmath.exp(x))) ** 2 / (1 + mpmath.exp(-x))
        if x < 1e5
        else mpmath.mpf(1)
    ),
    "softplus": lambda x: 1 / (1 + mpmath.exp(-x)) if x <= 20 else mpmath.mpf(1),
    "logsigmoid": lambda x: 1 / (1 + mpmath.exp(x)),
    "sigmoid": lambda x: 1 / (2 + mpmath.exp(x) + mpmath.exp(-x)),
    "tanh": lambda x: mpmath.sech(x) ** 2,
    "tanhshrink": lambda x: mpmath.tanh(x) ** 2,
    "softsign": lambda x: 1 / (1 + abs(x)) ** 2,
}


@pytest.mark.parametrize("name", activations)
@pytest.mark.usefixtures("either_way")
def test_no_activation_overflows(name):
    """f' is finite at ±800, ±1e30, ±1e200 and ±1e300, unless the truth is beyond float64."""
    definition = activations[name]
    found = symdiff.pointwise(definition)
    points = np.array(EXTREMES)
    values = symdiff.adjoints(found).lambdify()(z=points)["z"]
    truth = enclose(definition.valued(definition.derivative()), {"z": points}).high

    assert (np.isfinite(values) | (values == truth)).all(), dict(zip(EXTREMES, values, strict=True))


@pytest.mark.parametrize("point", [800.0, -800.0, 1e30, -1e30])
@pytest.mark.parametrize("name", TRUTH)
@pytest.mark.usefixtures("either_way")
def test_the_tails_are_right(name, point):
    """f' at ±800 and ±1e30 is the value at 400 digits, to a few ulp or the smallest subnormal."""
    with mpmath.workdps(400):
        truth = float(TRUTH[name](mpmath.mpf(point)))

    assert derivative(name)(point) == pytest.approx(truth, rel=1e-14, abs=5e-324)


@pytest.mark.parametrize("name", TRUTH)
@pytest.mark.usefixtures("either_way")
def test_every_point_is_right(name):
    """f' at 300 points in [−40, 40] is the value at 60 digits, relative to the summands' size."""
    points = np.random.default_rng(SEED).uniform(-40, 40, 300)
    got = derivative(name)(points)
    with mpmath.workdps(60):
        truth = np.array([float(TRUTH[name](mpmath.mpf(p))) for p in points])

    np.testing.assert_allclose(got, truth, rtol=1e-13, atol=1e-320)


@pytest.mark.parametrize("name", activations)
def test_numpy_agrees_with_mpmath(name):
    """For every activation the bridge is mpmath's value of the same closed form."""
    points = np.random.default_rng(SEED).uniform(-30, 30, 100)
    definition = activations[name]
    exact = compile_mpmath([z], definition.valued(definition.derivative()))
    with mpmath.workdps(50):
        truth = [float(exact(mpmath.mpf(p))) for p in points]

    np.testing.assert_allclose(derivative(name)(points), truth, rtol=2e-12, atol=1e-300)


@pytest.mark.parametrize("name", activations)
@pytest.mark.usefixtures("either_way")
def test_nan_in_is_nan_out(name):
    """f'(NaN) is NaN for every activation, cases and all, beside points that are finite."""
    got = derivative(name)(np.array([np.nan, 0.7]))

    assert np.isnan(got[0])
    assert np.isfinite(got[1])


@pytest.mark.parametrize(
    ("formula", "point", "expected"),
    [
        ("exp(z)/(1 + exp(z))", 800.0, 0.0),
        ("exp(z)/(1 + exp(z))", -800.0, 0.0),
        ("log(exp(z))", 800.0, 1.0),
        ("log(1 + exp(z))", 800.0, 1.0),
        ("log(2 + exp(z))", 800.0, 1.0),
        ("(exp(z) - exp(-z))/(exp(z) + exp(-z))", 800.0, 0.0),
        ("z**3/(1 + z**2)", 1e150, 1.0),
        ("exp(-z**2)", 1e200, 0.0),
        ("z*exp(-exp(z))", 800.0, 0.0),
        ("log(cosh(z))", 800.0, 1.0),
        ("log(cosh(z))", -800.0, -1.0),
    ],
)
@pytest.mark.usefixtures("either_way")
def test_naive_formulas_are_rescued(formula, point, expected):
    """Where float64 overflows on the way to a finite result, the result is still right."""
    assert derivative(formula)(point) == pytest.approx(expected, rel=1e-14, abs=1e-300)


@pytest.mark.parametrize(
    ("formula", "point", "expected"),
    [
        ("sqrt(1 + z**2)", 1e200, 1.0),
        ("z/sqrt(1 + z**2)", -1e200, 0.0),
        ("log(2 + z**4)", 1e100, 4e-100),
    ],
)
@pytest.mark.usefixtures("either_way")
def test_an_overflow_that_ends_in_a_finite_number(formula, point, expected):
    """x/∞ = 0 is noticed: the overflow on the way is, though the result is finite."""
    assert derivative(formula)(point) == pytest.approx(expected, rel=1e-14, abs=0)


@pytest.mark.usefixtures("either_way")
def test_an_underflow_on_the_way():
    """The derivative of e^z/(1 + e^(2z)) at 400 is −1.9e-174, by way of σ(−800) = 0."""
    assert derivative("exp(z)/(1 + exp(2*z))")(400.0) == pytest.approx(
        -1.9151695967140057e-174, rel=1e-14, abs=0
    )


@pytest.mark.usefixtures("either_way")
def test_what_is_too_large_is_infinite():
    """exp(z) at 800 is beyond float64: infinite, since the function itself is."""
    assert derivative("exp(z)")(800.0) == np.inf
    assert derivative("-exp(z)")(800.0) == -np.inf


@pytest.mark.usefixtures("either_way")
def test_outside_its_domain_a_function_is_nan():
    """log(−1) is no real number: the value is NaN, without a warning."""
    graph = symdiff.neuron("log(z)")
    values = symdiff.adjoints(graph).lambdify()(w=1.0, x=-1.0, b=0.0, t=0.0)

    assert np.isnan(values["y"])


def test_a_sum_over_axes_is_rescued():
    """An array program that overflows on its way is computed again as a whole."""
    x = symdiff.array("x", "n")
    node = symdiff.mean(symdiff.elementwise(lambda a: a**3 / (1 + a**2), x))
    found = symdiff.adjoints(symdiff.Graph("g", (x,), {"L": node})).lambdify()

    np.testing.assert_allclose(found(x=np.array([1e200, -1e200]))["x"], [0.5, 0.5], rtol=1e-15)


class TestBroadcasting:
    def test_scalar_inputs_broadcast_as_numpy_does(self):
        """A neuron evaluated at arrays is many neurons, each as if alone."""
        random = np.random.default_rng(SEED)
        f = symdiff.adjoints(symdiff.neuron("gelu")).lambdify()
        w, x = random.standard_normal((4, 1)), random.standard_normal(3)
        values = f(w=w, x=x, b=0.5, t=1.0)
        for name, value in values.items():
            assert value.shape == (4, 3), name
            for i, j in np.ndindex(4, 3):
                assert value[i, j] == f(w=w[i, 0], x=x[j], b=0.5, t=1.0)[name]

    def test_numbers_give_numbers(self):
        """Scalars in, float64 scalars out."""
        assert isinstance(derivative("gelu")(0.5), np.float64)

    def test_empty_arrays_give_empty_arrays(self):
        """No points, no values."""
        assert derivative("relu")(np.zeros((0, 3))).shape == (0, 3)

    def test_a_constant_has_the_full_shape(self):
        """L̄ = 1 is repeated over all the points."""
        values = symdiff.adjoints(symdiff.neuron("tanh")).lambdify()(w=np.ones(3), x=1, b=0, t=0)

        np.testing.assert_array_equal(np.ones(3), values["L"])

    def test_the_inputs_are_left_alone(self):
        """Evaluation writes into no array of the caller's."""
        given = np.array([1.0, np.nan, 2.0])
        derivative("gelu")(given)

        np.testing.assert_array_equal([1.0, np.nan, 2.0], given)


class TestParameters:
    def test_a_parameter_is_a_keyword(self):
        """leaky_relu'(−1) is its slope: the default, or the one given with the call."""
        f = symdiff.adjoints(symdiff.pointwise(activations["leaky_relu"])).lambdify()

        assert f(z=-1.0)["z"] == 0.01
        assert f(z=-1.0, negative_slope=0.5)["z"] == 0.5
        assert f(z=-1.0)["z"] == 0.01

    def test_a_parameter_of_the_catalogue_is_one_of_the_neuron(self):
        """elu's alpha can be set when the neuron is evaluated."""
        f = symdiff.adjoints(symdiff.neuron("elu")).lambdify()
        values = f(w=1.0, x=-1.0, b=0.0, t=0.0, alpha=2)

        assert values["y"] == pytest.approx(2 * np.expm1(-1), rel=1e-15)


class TestErrors:
    @pytest.mark.parametrize(
        ("given", "kind", "sentence"),
        [
            ({}, TypeError, "needs w, b, x, t; pass each by keyword"),
            ({"w": 1, "x": 1, "b": 1}, TypeError, "needs t"),
            ({"w": 1, "x": 1, "b": 1, "t": 1, "q": 1}, TypeError, "has no input 'q'"),
            ({"w": 1j, "x": 1, "b": 1, "t": 1}, TypeError, "w has type complex128"),
            ({"w": "one", "x": 1, "b": 1, "t": 1}, TypeError, "w has type <U3"),
            (
                {"w": [1, 2], "x": [1, 2, 3], "b": 1, "t": 1},
                ValueError,
                "the shapes do not broadcast together",
            ),
        ],
    )
    def test_a_wrong_call_gets_a_sentence(self, given, kind, sentence):
        """What is missing, unknown or not real is named in one line."""
        with pytest.raises(kind, match=r"^[^\n]*$") as caught:
            symdiff.adjoints(symdiff.neuron("tanh")).lambdify()(**given)

        assert sentence in str(caught.value)

    def test_lengths_that_disagree(self):
        """A layer whose arrays do not fit says which axis and both lengths."""
        f = symdiff.adjoints(symdiff.linear_layer()).lambdify()
        with pytest.raises(ValueError, match=r"so n = 4, but w has n = 5"):
            f(w=np.ones((5, 3)), b=np.ones(3), x=np.ones(4), y=np.ones(3))

    def test_a_missing_axis(self):
        """An array of too few axes is told which are expected."""
        f = symdiff.adjoints(symdiff.linear_layer()).lambdify()
        with pytest.raises(ValueError, match=r"expects the axes \(n, m\)"):
            f(w=np.ones(5), b=np.ones(3), x=np.ones(5), y=np.ones(3))

    def test_an_unknown_arithmetic(self):
        """There is numpy and there is mpmath."""
        with pytest.raises(ValueError, match="unknown arithmetic 'jax'; choose 'numpy', "):
            symdiff.adjoints(symdiff.neuron("tanh")).lambdify("jax")

    def test_a_symbolic_function_has_no_value(self):
        """A neuron with f left symbolic can be read, not evaluated."""
        with pytest.raises(TypeError, match="f was left symbolic and has no value"):
            symdiff.adjoints(symdiff.neuron()).lambdify()


def test_repr_shows_inputs_and_results():
    """The evaluator says what it takes and gives."""
    f = symdiff.adjoints(symdiff.neuron("tanh")).lambdify()

    assert repr(f) == "<numpy neuron(tanh)(w, b, x, t) → L, y, z, w, b, x, t>"


def test_mpmath_gives_mpmath_numbers():
    """lambdify('mpmath') computes at mpmath's working precision."""
    f = symdiff.adjoints(symdiff.pointwise(activations["tanh"])).lambdify("mpmath")
    with mpmath.workdps(50):
        got = f(z=mpmath.mpf(1) / 3)["z"]

        assert abs(got - mpmath.sech(mpmath.mpf(1) / 3) ** 2) < mpmath.mpf("1e-49")


@pytest.mark.parametrize(
    ("text", "at_zero"),
    [
        ("min(z, abs(z))", 1.0),
        ("min(tanh(z), abs(z), z)", 1.0),
        ("max(-sinh(z), abs(z), -z)", 0.0),
        ("min(z, sinh(z), abs(z))", 1.0),
        ("max(z, -abs(z))", 1.0),
        ("relu(z) - relu(-z)", 1.0),
        ("abs(sin(z))*sign(z)", 1.0),
        ("where(abs(z) > 0, z, 5*z)", 1.0),
        ("where(abs(z) > 0, abs(z), 5*z)", np.nan),
        ("where(abs(z) > 0, z*sqrt(abs(z)), 5*z)", np.nan),
        ("z*sqrt(abs(z))", np.nan),
        ("abs(z)*z", 0.0),
        ("abs(z)", 0.0),
        ("relu(z)", 0.0),
        ("relu(relu(z))", 0.0),
        ("where(z >= 0, z, z/8)", 1.0),
        ("where(a > 0, z, 2*z)", 2.0),
        ("min(max(z, 0), 1e10*z)", np.nan),  # 10¹⁰ and 1: the convention says 0
        ("max(1e9*z, min(z, 0))", np.nan),
    ],
)
@pytest.mark.usefixtures("either_way")
def test_at_a_tie_a_value_is_right_or_between_its_sides_or_nan(text, at_zero):
    """What the closed form says there counts only as a convention between two slopes."""
    f = derivative(text, **({"a": 0} if "a >" in text else {}))

    np.testing.assert_array_equal(f(np.array([0.0, -0.0])), at_zero)
    assert np.isfinite(f(np.array([-1.5, 0.75]))).all()


@pytest.mark.usefixtures("either_way")
def test_a_convention_at_the_end_of_a_curved_side_is_kept():
    """0 is the slope of −(z − 1)² at 1, though those beside are above it."""
    f = derivative("where(z > 1, 5*z - 5, -(z - 1)**2)")

    np.testing.assert_array_equal(f(np.array([1.0])), 0.0)


@pytest.mark.usefixtures("either_way")
def test_cases_that_are_equal_all_around_hide_no_tie():
    """Of |z| and z for z > 0; where the slope is not steady either, what is computed stays."""
    f = derivative("where(abs(z) > z, z, 3*z) + 0*z")
    np.testing.assert_array_equal(f(np.array([-1.0, 5e-324, 1.0])), [1, 3, 3])
    steep = derivative("min(abs(z), z)*sin(1e20*z)")
    assert np.isfinite(steep(np.linspace(1, 2, 20))).all()


@pytest.mark.usefixtures("either_way")
def test_what_float64_takes_for_equal_is_no_tie():
    """tanh(−10³⁰⁰) is above −1; the slope there is not that of the float64 beside, which is 0."""
    f = derivative("where(relu(z) > a, log1p(tanh(z)), cosh(atan(sigmoid(a + z))))", a=1e300)

    assert f(np.array([-1e300]))[0] == pytest.approx(0.0960877454308999, rel=1e-12)


def test_slopes_beside_a_tie_may_be_as_far_apart_as_float64_goes():
    """±1.7e308: no warning, which is an error in these tests."""
    f = derivative("min(z, z, a)*relu(sin(z) + a) + 0*abs(z)", a=0.1)
    low, high = np.full(3, -1.7e308), np.full(3, 1.7e308)

    assert np.isfinite(f(np.array([-1.7e308, -1e308, 1.7e308]))).all()
    with np.errstate(over="raise", invalid="raise"):
        assert not evaluator._alike(low, high).any()
        near = np.array([low, low, high, high])
        np.testing.assert_array_equal(evaluator._between(np.zeros(3), near), 0.0)


@pytest.mark.parametrize("text", ["min(z, abs(z))", "min(tanh(z), abs(z), z)"])
@pytest.mark.usefixtures("either_way")
def test_ties_of_several_inputs_are_seen_by_each(text):
    """The neuron w x + b at 0, through a function that is smooth there."""
    f = symdiff.adjoints(symdiff.neuron(text)).lambdify()
    found = f(w=2.0, x=1.0, b=-2.0, t=-1.0)

    assert [found[k] for k in "zbxw"] == pytest.approx([1, 1, 2, 1], rel=1e-12)
