"""The stable functions against mpmath at 50 digits, in every binade and far out; seed 11."""

import mpmath
import numpy as np
import pytest
import sympy

from symdiff.functions import (
    STABLE_FUNCTIONS,
    StableFunction,
    UnspecifiedFunction,
    expm1,
    log1p,
    phi,
    sech,
    sigmoid,
    tanh,
    unspecified,
)

SEED = 11
DIGITS = 50
z = sympy.Symbol("z", real=True)


def _j1(x):
    """(sin x − x cos x)/x², or its Taylor series where that cancels (DLMF 10.53.1)."""
    if abs(x) > 1:
        return (mpmath.sin(x) - x * mpmath.cos(x)) / x**2
    terms = (
        (-1) ** k * 2 * (k + 1) * x ** (2 * k + 1) / mpmath.factorial(2 * k + 3) for k in range(40)
    )
    return mpmath.fsum(terms)


# Independent of the package: each function as a textbook writes it, with digits enough in hand.
TEXTBOOK = {
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)) if x < 200 else x + mpmath.exp(-x),
    "tanh": lambda x: (1 - mpmath.exp(-2 * x)) / (1 + mpmath.exp(-2 * x)),
    "sech": lambda x: 2 / (mpmath.exp(x) + mpmath.exp(-x)),
    "Phi": lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    "phi": lambda x: mpmath.exp(-(x**2) / 2) / mpmath.sqrt(2 * mpmath.pi),
    "expm1": mpmath.expm1,
    "log1p": mpmath.log1p,
    "sinc": lambda x: mpmath.sin(x) / x,
    "j1": _j1,
}

# In ulp. Measured at the points below, subnormal results apart: σ 1.8, softplus 1.0, tanh 0.8,
# sech 1.6, Φ 4.1, φ 2.7, expm1 0.5, log1p 0.5, sinc 1.3, j₁ 17 (beside a root of its own).
ULP_BOUND = dict.fromkeys(TEXTBOOK, 3.0) | {"Phi": 5.0, "j1": 20.0}

all_functions = pytest.mark.parametrize("function", STABLE_FUNCTIONS, ids=lambda f: f.__name__)


def _points(function):
    """Both signs of every binade, seeded within it; and the range where tails vanish, densely."""
    random = np.random.default_rng(SEED)
    binades = np.ldexp(random.uniform(1, 2, 2 * 2046).reshape(2, -1), np.arange(-1022, 1024))
    tails = random.uniform(-760, 760, 1500), random.uniform(-40, 40, 1500)
    points = np.concatenate([binades[0], -binades[1], *tails])
    if function is log1p:
        points = points[points > -1]
    if function is expm1:
        points = points[points < 709]  # beyond, e^z is no float64
    return points


def _truth(function, point):
    if abs(point) > 1e5 and function is not log1p:  # exp of it has no digits left to compare
        return None
    with mpmath.workdps(DIGITS + 400 if abs(point) < 1e-10 else DIGITS):
        return TEXTBOOK[function.__name__](mpmath.mpf(point))


def _worst_ulp(function):
    points = _points(function)
    with np.errstate(under="ignore"):
        values = function.numpy(points)
    worst = 0.0
    for point, value in zip(points, values, strict=True):
        truth = _truth(function, point)
        if truth is None or abs(truth) < 2.3e-308 or abs(truth) > 1.7e308:
            continue
        ulp = mpmath.mpf(2) ** (mpmath.frexp(truth)[1] - 53)
        worst = max(worst, float(abs(mpmath.mpf(float(value)) - truth) / ulp))
    return worst


@all_functions
def test_the_float64_lowering_is_right_to_a_few_ulp(function):
    """In every binade and in the tails the numpy lowering is within a few ulp of the truth."""
    worst = _worst_ulp(function)

    assert worst <= ULP_BOUND[function.__name__]


@all_functions
@pytest.mark.parametrize("point", [800.0, -800.0, 1e30, -1e30, 1e300, -1e300])
def test_nothing_overflows_far_out(function, point):
    """At ±800, ±1e30 and ±1e300 the value is the limit, and no overflow is signalled."""
    if (function is log1p and point < 0) or (function is expm1 and point > 0):
        return  # no real number, and no float64
    with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
        value = function.numpy(np.asarray(point))

    assert value == pytest.approx(float(function.mpmath(mpmath.mpf(point))), rel=1e-15)


@all_functions
def test_nan_stays_nan(function):
    """The float64 lowering of NaN is NaN."""
    assert np.isnan(function.numpy(np.asarray(np.nan)))


@all_functions
def test_the_shape_is_kept(function):
    """A lowering is vectorised: the result has the argument's shape."""
    assert function.numpy(np.full((2, 3), 0.5)).shape == (2, 3)


@all_functions
@pytest.mark.parametrize("point", [-7.5, -0.9, -1e-8, 1e-8, 0.3, 2.0, 30.0])
def test_the_definition_is_the_function(function, point):
    """The mpmath lowering agrees with the textbook definition in plain SymPy, to 45 digits."""
    if function is log1p and point <= -1:
        return  # no real number
    exact = sympy.Rational(*point.as_integer_ratio())
    with mpmath.workdps(DIGITS):
        defined = mpmath.mpf(str(function.definition(exact).evalf(DIGITS)))
        lowered = function.mpmath(mpmath.mpf(point))

        assert abs(lowered - defined) <= mpmath.mpf("1e-45") * abs(defined)


@all_functions
@pytest.mark.parametrize("point", [-7.5, -0.9, -1e-3, 1e-3, 0.3, 2.0, 30.0])
def test_fdiff_is_the_derivative_of_the_definition(function, point):
    """`fdiff` is mpmath's numerical derivative of the textbook definition, to 40 digits."""
    if function is log1p and point <= -1:
        return  # no real number
    exact = sympy.Rational(*point.as_integer_ratio())
    definition = sympy.lambdify(z, function.definition(z), "mpmath")
    with mpmath.workdps(60):
        numerical = mpmath.diff(definition, mpmath.mpf(point))
        closed = mpmath.mpf(str(function(z).diff(z).subs(z, exact).evalf(60)))

        assert abs(closed - numerical) <= mpmath.mpf("1e-40") * max(1, abs(numerical))


@all_functions
def test_the_value_at_zero_is_exact(function):
    """At 0 the function is the exact number that its definition gives."""
    expected = sympy.limit(function.definition(z), z, 0)

    assert sympy.simplify(expected - function(0)) == 0


@all_functions
def test_elsewhere_it_stays_unevaluated(function):
    """function(1/2) remains a function of an exact number."""
    assert isinstance(function(sympy.Rational(1, 2)), function)


@all_functions
def test_evalf_has_the_digits_that_are_asked_for(function):
    """evalf(50) agrees with the textbook form evaluated at more digits."""
    value = function(sympy.Rational(1, 3)).evalf(DIGITS)
    with mpmath.workdps(80):
        truth = TEXTBOOK[function.__name__](mpmath.mpf(1) / 3)

        assert abs(mpmath.mpf(str(value)) - truth) < mpmath.mpf("1e-48")


@all_functions
def test_it_is_real_and_its_sign_is_known(function):
    """Of a real argument the function is real; where it is said to be positive, it is."""
    assert function(z**2).is_extended_real
    if function.positive:
        assert function(z).is_extended_positive
        assert (function.numpy(np.linspace(-30, 30, 61)) > 0).all()


@all_functions
def test_it_takes_one_argument(function):
    """Two arguments are refused."""
    with pytest.raises(TypeError):
        function(z, z)


def test_log1p_is_real_beyond_minus_one_only():
    """log1p(z) of an unrestricted real z is not claimed to be real."""
    assert log1p(z).is_extended_real is None


def test_an_abstract_function_has_no_lowering():
    """A subclass that gives nothing raises NotImplementedError."""
    for method in (StableFunction.definition, StableFunction.numpy, StableFunction.mpmath):
        with pytest.raises(NotImplementedError):
            method(z)


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (sigmoid(z), sigmoid(z) * sigmoid(-z)),
        (tanh(z), sech(z) ** 2),
        (sech(z), -tanh(z) * sech(z)),
        (phi(z), -z * phi(z)),
    ],
    ids=str,
)
def test_derivatives_land_in_stable_forms(function, derivative):
    """Differentiation gives the stable form itself, with nothing to simplify."""
    assert derivative == function.diff(z)


def test_tails_that_naive_forms_lose():
    """σ'(40) is 4.25e-18, tanh'(30) is 3.5e-26, both lost by 1 − σ and 1 − tanh²."""
    assert 4.248354255291589e-18 == pytest.approx(
        float(sigmoid.numpy(np.asarray(40.0)) * sigmoid.numpy(np.asarray(-40.0))), rel=1e-15
    )
    assert float(4 * mpmath.exp(-60)) == pytest.approx(
        float(sech.numpy(np.asarray(30.0)) ** 2), rel=1e-15
    )


def test_an_unspecified_function_differentiates_to_another():
    """f' is a function of its own, f'' the next, and the chain rule holds."""
    f = unspecified("f")

    assert unspecified("f'")(z) == f(z).diff(z)
    assert unspecified("f''")(z) == f(z).diff(z, 2)
    assert 2 * unspecified("f'")(2 * z) == f(2 * z).diff(z)


def test_unspecified_functions_of_one_name_are_one():
    """The same name gives the same function, another name another one."""
    assert unspecified("f") is unspecified("f")
    assert unspecified("f") is not unspecified("g")
    assert issubclass(unspecified("f"), UnspecifiedFunction)


def test_an_unspecified_function_is_real():
    """f(z) is real for real z, so that |f(z)| differentiates without re and im."""
    assert unspecified("f")(z).is_extended_real
