"""Every activation of torch.nn against a forward pass written by hand from torch's documentation.

The forward functions below know nothing of symdiff: plain mpmath, differentiated numerically. All
random points come from numpy's generator with seed 20240607.
"""

import mpmath
import numpy as np
import pytest
import sympy

from symdiff.bridge.interpret import compile_mpmath
from symdiff.catalogue.activations import activations, smooth

SEED = 20240607
DIGITS = 80  # working precision: 60 digits asked for, and 20 in hand
TOLERANCE = mpmath.mpf("1e-40")

z = sympy.Symbol("z", real=True)


def _relu(x):
    return x if x > 0 else mpmath.mpf(0)


def _relu6(x):
    return min(max(x, mpmath.mpf(0)), mpmath.mpf(6))


def _leaky_relu(x, negative_slope):
    return x if x >= 0 else negative_slope * x


def _prelu(x, weight):
    return max(0, x) + weight * min(0, x)


def _rrelu(x, lower, upper):
    return x if x >= 0 else (lower + upper) / 2 * x


def _elu(x, alpha):
    return x if x > 0 else alpha * (mpmath.exp(x) - 1)


def _selu(x, scale, alpha):
    return scale * (max(0, x) + min(0, alpha * (mpmath.exp(x) - 1)))


def _celu(x, alpha):
    return max(0, x) + min(0, alpha * (mpmath.exp(x / alpha) - 1))


def _gelu(x):
    return x * (1 + mpmath.erf(x / mpmath.sqrt(2))) / 2


def _gelu_tanh(x):
    inner = mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)
    return x / 2 * (1 + mpmath.tanh(inner))


def _silu(x):
    return x / (1 + mpmath.exp(-x))


def _mish(x):
    return x * mpmath.tanh(mpmath.log(1 + mpmath.exp(x)))


def _softplus(x, beta, threshold):
    return x if beta * x > threshold else mpmath.log(1 + mpmath.exp(beta * x)) / beta


def _softsign(x):
    return x / (1 + abs(x))


def _softshrink(x, lambd):
    if x > lambd:
        return x - lambd
    return x + lambd if x < -lambd else mpmath.mpf(0)


def _hardshrink(x, lambd):
    return x if x > lambd or x < -lambd else mpmath.mpf(0)


def _hardtanh(x, min_val, max_val):
    return min(max(x, min_val), max_val)


def _hardsigmoid(x):
    if x <= -3:
        return mpmath.mpf(0)
    return mpmath.mpf(1) if x >= 3 else x / 6 + mpmath.mpf(1) / 2


def _hardswish(x):
    if x <= -3:
        return mpmath.mpf(0)
    return x if x >= 3 else x * (x + 3) / 6


def _logsigmoid(x):
    return mpmath.log(1 / (1 + mpmath.exp(-x)))


def _sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def _tanh(x):
    return (mpmath.exp(x) - mpmath.exp(-x)) / (mpmath.exp(x) + mpmath.exp(-x))


def _tanhshrink(x):
    return x - (mpmath.exp(x) - mpmath.exp(-x)) / (mpmath.exp(x) + mpmath.exp(-x))


def _threshold(x, threshold, value):
    return x if x > threshold else value


# name → the forward pass, where its formula changes, torch's defaults and another choice of
# parameters (as exact fractions or decimals)
FORWARD = {
    "relu": (_relu, lambda: [0], {}, None),
    "relu6": (_relu6, lambda: [0, 6], {}, None),
    "leaky_relu": (
        _leaky_relu,
        lambda negative_slope: [0],  # noqa: ARG005 - named as the parameter it ignores
        {"negative_slope": "0.01"},
        {"negative_slope": "0.3"},
    ),
    "prelu": (_prelu, lambda weight: [0], {"weight": "0.25"}, {"weight": "-0.7"}),  # noqa: ARG005
    "rrelu": (
        _rrelu,
        lambda lower, upper: [0],  # noqa: ARG005
        {"lower": "1/8", "upper": "1/3"},
        {"lower": "0.2", "upper": "0.7"},
    ),
    "elu": (_elu, lambda alpha: [0], {"alpha": "1"}, {"alpha": "0.6"}),  # noqa: ARG005
    "selu": (
        _selu,
        lambda scale, alpha: [0],  # noqa: ARG005
        {
            "scale": "1.0507009873554804934193349852946",
            "alpha": "1.6732632423543772848170429916717",
        },
        {"scale": "1.5", "alpha": "2"},
    ),
    "celu": (_celu, lambda alpha: [0], {"alpha": "1"}, {"alpha": "2.5"}),  # noqa: ARG005
    "gelu": (_gelu, list, {}, None),
    "gelu_tanh": (_gelu_tanh, list, {}, None),
    "silu": (_silu, list, {}, None),
    "mish": (_mish, list, {}, None),
    "softplus": (
        _softplus,
        lambda beta, threshold: [threshold / beta],
        {"beta": "1", "threshold": "20"},
        {"beta": "2.5", "threshold": "7"},
    ),
    "softsign": (_softsign, lambda: [0], {}, None),
    "softshrink": (_softshrink, lambda lambd: [-lambd, lambd], {"lambd": "0.5"}, {"lambd": "1.25"}),
    "hardshrink": (_hardshrink, lambda lambd: [-lambd, lambd], {"lambd": "0.5"}, {"lambd": "1.25"}),
    "hardtanh": (
        _hardtanh,
        lambda min_val, max_val: [min_val, max_val],
        {"min_val": "-1", "max_val": "1"},
        {"min_val": "-2.5", "max_val": "0.75"},
    ),
    "hardsigmoid": (_hardsigmoid, lambda: [-3, 3], {}, None),
    "hardswish": (_hardswish, lambda: [-3, 3], {}, None),
    "logsigmoid": (_logsigmoid, list, {}, None),
    "sigmoid": (_sigmoid, list, {}, None),
    "tanh": (_tanh, list, {}, None),
    "tanhshrink": (_tanhshrink, list, {}, None),
    "threshold": (
        _threshold,
        lambda threshold, value: [threshold],  # noqa: ARG005
        {"threshold": "0.1", "value": "20"},
        {"threshold": "-1.5", "value": "-1.5"},
    ),
}

CASES = [
    pytest.param(name, given, id=f"{name}-{kind}")
    for name, (_, _, defaults, others) in FORWARD.items()
    for kind, given in (("defaults", defaults), ("others", others))
    if given is not None
]


def _fraction(text):
    numerator, _, denominator = text.partition("/")
    return mpmath.mpf(numerator) / mpmath.mpf(denominator or "1")


def _points(borders, count=200):
    """Seeded points: across [−30, 30], magnitudes down to 1e-6, and near the borders."""
    random = np.random.default_rng(SEED)
    wide = random.uniform(-30, 30, count // 2)
    small = random.choice([-1, 1], count // 4) * 10 ** random.uniform(-6, 0, count // 4)
    middle = random.uniform(-4, 4, count - count // 2 - count // 4)
    near = [b + s * d for b in borders for s in (-1, 1) for d in (1e-2, 1e-5, 1e-9)]
    points = [mpmath.mpf(p) for p in (*wide, *small, *middle, *near)]
    return [p for p in points if all(abs(p - b) > 1e-10 for b in borders)]


def _case(name, given):
    forward, borders, _, _ = FORWARD[name]
    parameters = {k: _fraction(v) for k, v in given.items()}
    definition = activations[name].with_parameters(**given)
    return definition, lambda x: forward(x, **parameters), borders(**parameters)


def _worst(expression, truth, points):
    """The largest difference, relative to max(1, |truth|), over the points."""
    closed = compile_mpmath([z], expression)
    pairs = ((closed(p), truth(p)) for p in points)
    return max(abs(got - true) / max(1, abs(true)) for got, true in pairs)


def _all_in_z(expression):
    return expression.free_symbols <= {z}


@pytest.mark.parametrize(("name", "given"), CASES)
def test_the_closed_form_is_the_numerical_derivative(name, given):
    """The closed form f' is mpmath's numerical derivative of the documented forward, to 1e-40."""
    with mpmath.workdps(DIGITS):
        definition, forward, borders = _case(name, given)
        derivative = definition.valued(definition.derivative())
        points = _points(borders)

        assert _all_in_z(derivative)
        assert len(points) >= 200
        assert _worst(derivative, lambda p: mpmath.diff(forward, p), points) < TOLERANCE


@pytest.mark.parametrize(("name", "given"), CASES)
def test_the_formula_is_the_documented_forward(name, given):
    """The formula agrees with the forward pass written by hand, to 1e-40."""
    with mpmath.workdps(DIGITS):
        definition, forward, borders = _case(name, given)

        assert _worst(definition.valued(definition.formula), forward, _points(borders)) < TOLERANCE


@pytest.mark.parametrize("name", FORWARD)
def test_sympy_evaluates_the_closed_form_to_the_same_number(name):
    """SymPy's own evalf of f' at 70 digits is the numerical derivative too, at five points."""
    with mpmath.workdps(DIGITS):
        definition, forward, borders = _case(name, FORWARD[name][2])
        derivative = definition.valued(definition.derivative())
        for point in _points(borders)[::40][:5]:
            exact = sympy.Rational(*float(point).as_integer_ratio())
            value = derivative.subs(z, exact).evalf(70)

            assert abs(mpmath.mpf(str(value)) - mpmath.diff(forward, point)) < TOLERANCE


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("tanh", lambda d: -d),
        ("tanh", lambda d: d * sympy.Rational(10009, 10000)),
        ("gelu", lambda d: d - z * sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)),
        ("tanh", lambda d: sympy.Piecewise((0, abs(z) > sympy.Rational(13, 2)), (d, True))),
        ("relu", lambda d: d.subs(z, z - sympy.Rational(1, 10**8))),
    ],
    ids=["sign flipped", "factor 1.0009", "term dropped", "zeroed beyond 6.5", "kink moved 1e-8"],
)
def test_a_wrong_derivative_is_rejected(name, wrong):
    """What these tests measure with tells a wrong derivative from a right one."""
    with mpmath.workdps(DIGITS):
        definition, forward, borders = _case(name, FORWARD[name][2])
        derivative = wrong(definition.derivative())

        assert _worst(derivative, lambda p: mpmath.diff(forward, p), _points(borders)) > TOLERANCE


def test_every_activation_of_torch_nn_has_a_forward_here():
    """None that torch.nn documents is missing."""
    documented = {k for k, v in activations.items() if v.source.startswith("torch.nn.")}

    assert set(FORWARD) == documented - {"identity"}


@pytest.mark.parametrize("name", FORWARD)
def test_the_parameters_are_torchs_defaults(name):
    """Each stanza's parameters carry torch's names and default values, exactly."""
    expected = {k: sympy.Rational(v) for k, v in FORWARD[name][2].items()}

    assert expected == dict(activations[name].parameters)


@pytest.mark.parametrize(("name", "given"), CASES)
def test_the_stated_kinks_are_those_of_the_formula(name, given):
    """`at` has exactly the breakpoints that the formula has, at any parameter values."""
    definition, _, _ = _case(name, given)
    stated = {definition.valued(point) for point in definition.at}

    assert {kink.at for kink in definition.kinks()} == stated


@pytest.mark.parametrize(("name", "given"), CASES)
def test_the_breakpoints_are_where_the_documentation_has_them(name, given):
    """The breakpoints read off the formula are those written by hand here."""
    with mpmath.workdps(DIGITS):
        definition, _, borders = _case(name, given)
        found = [mpmath.mpf(k.at.p) / k.at.q for k in definition.kinks()]

        assert sorted(borders) == found


@pytest.mark.parametrize(("name", "given"), CASES)
def test_the_derivative_taken_at_a_kink_is_the_one_stated(name, given):
    """At each breakpoint f' has the stated value; where it is called smooth, both sides agree."""
    definition, _, _ = _case(name, given)
    stated = {definition.valued(k): v for k, v in definition.at.items()}
    for kink in definition.kinks():
        if stated[kink.at] == smooth:
            assert kink.smooth
        else:
            assert definition.valued(stated[kink.at]) == kink.taken


@pytest.mark.parametrize(("name", "given"), CASES)
def test_the_one_sided_derivatives_are_the_limits(name, given):
    """Left and right of each kink are the numerical derivatives at 1e-30 beside it."""
    with mpmath.workdps(DIGITS):
        definition, forward, _ = _case(name, given)
        for kink in definition.kinks():
            at = mpmath.mpf(kink.at.p) / kink.at.q
            for side, stated in ((-1, kink.left), (1, kink.right)):
                limit = mpmath.diff(forward, at + side * mpmath.mpf("1e-30"))

                assert abs(limit - mpmath.mpf(str(sympy.N(stated, 60)))) < 1e-25


# What torch's backward returns at the kinks, at its default parameters.
AT_KINKS = {
    "relu": {0: 0},
    "relu6": {0: 0, 6: 0},
    "leaky_relu": {0: "1/100"},
    "prelu": {0: "1/4"},
    "rrelu": {0: "11/48"},
    "elu": {0: 1},
    "celu": {0: 1},
    "softsign": {0: 1},
    "softshrink": {"-1/2": 0, "1/2": 0},
    "hardshrink": {"-1/2": 0, "1/2": 0},
    "hardtanh": {-1: 0, 1: 0},
    "hardsigmoid": {-3: 0, 3: 0},
    "hardswish": {-3: 0, 3: 1},
    "threshold": {"1/10": 0},
}


@pytest.mark.parametrize("name", AT_KINKS)
def test_the_convention_at_each_kink(name):
    """The derivative at a kink is the one that torch takes, written by hand here."""
    expected = {sympy.Rational(k): sympy.Rational(v) for k, v in AT_KINKS[name].items()}

    assert expected == {kink.at: kink.taken for kink in activations[name].kinks()}


def test_the_ideal_of_softplus_has_no_threshold():
    """softplus as mathematics differs from the documented one beyond the threshold only."""
    definition = activations["softplus"]
    ideal = definition.valued(definition.ideal)
    documented = definition.valued(definition.formula)

    assert ideal == documented.args[1][0]
    assert documented.subs(z, 21) == 21
    assert ideal.subs(z, 21).evalf(20) > 21
