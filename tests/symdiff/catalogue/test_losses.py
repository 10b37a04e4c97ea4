"""Every loss against a forward pass written by hand from torch's documentation; seed 7."""

import mpmath
import numpy as np
import pytest
import sympy

from symdiff.bridge.interpret import compile_mpmath
from symdiff.catalogue.losses import losses

SEED = 7
DIGITS = 80
TOLERANCE = mpmath.mpf("1e-40")

y, t = sympy.symbols("y t", real=True)


def _half_squared(y, t):
    return (y - t) ** 2 / 2


def _mse(y, t):
    return (y - t) ** 2


def _l1(y, t):
    return abs(y - t)


def _huber(y, t, delta):
    return (y - t) ** 2 / 2 if abs(y - t) < delta else delta * (abs(y - t) - delta / 2)


def _smooth_l1(y, t, beta):
    return (y - t) ** 2 / (2 * beta) if abs(y - t) < beta else abs(y - t) - beta / 2


def _bce(y, t):
    return -(t * mpmath.log(y) + (1 - t) * mpmath.log(1 - y))


def _bce_with_logits(y, t):
    sigmoid = 1 / (1 + mpmath.exp(-y))
    return -(t * mpmath.log(sigmoid) + (1 - t) * mpmath.log(1 - sigmoid))


# name → the forward pass, the open intervals of y and t, torch's parameters and other ones
FORWARD = {
    "half_squared": (_half_squared, (-30, 30), (-30, 30), {}, None),
    "mse": (_mse, (-30, 30), (-30, 30), {}, None),
    "l1": (_l1, (-30, 30), (-30, 30), {}, None),
    "huber": (_huber, (-3, 3), (-3, 3), {"delta": "1"}, {"delta": "2.5"}),
    "smooth_l1": (_smooth_l1, (-3, 3), (-3, 3), {"beta": "1"}, {"beta": "0.4"}),
    "bce": (_bce, (0, 1), (0, 1), {}, None),
    "bce_with_logits": (_bce_with_logits, (-30, 30), (0, 1), {}, None),
}
CASES = [
    pytest.param(name, given, id=f"{name}-{kind}")
    for name, (*_, defaults, others) in FORWARD.items()
    for kind, given in (("defaults", defaults), ("others", others))
    if given is not None
]


def _case(name, given):
    forward = FORWARD[name][0]
    parameters = {k: mpmath.mpf(v) for k, v in given.items()}
    return losses[name].with_parameters(**given), lambda y, t: forward(y, t, **parameters)


def _points(name):
    _, of_y, of_t, _, _ = FORWARD[name]
    random = np.random.default_rng(SEED)
    pairs = zip(random.uniform(*of_y, 100), random.uniform(*of_t, 100), strict=True)
    return [(mpmath.mpf(a), mpmath.mpf(b)) for a, b in pairs]


def _worst(expression, truth, points):
    closed = compile_mpmath([y, t], expression)
    pairs = ((closed(*p), truth(*p)) for p in points)
    return max(abs(got - true) / max(1, abs(true)) for got, true in pairs)


@pytest.mark.parametrize("variable", ["y", "t"])
@pytest.mark.parametrize(("name", "given"), CASES)
def test_the_closed_form_is_the_numerical_derivative(name, given, variable):
    """Each partial derivative is mpmath's numerical one of the documented loss, to 1e-40."""
    order = (1, 0) if variable == "y" else (0, 1)
    with mpmath.workdps(DIGITS):
        definition, forward = _case(name, given)
        derivative = definition.valued(definition.derivative(variable))

        def truth(a, b):
            return mpmath.diff(forward, (a, b), order)

        assert _worst(derivative, truth, _points(name)) < TOLERANCE


@pytest.mark.parametrize(("name", "given"), CASES)
def test_the_formula_is_the_documented_loss(name, given):
    """The formula agrees with the loss written by hand, to 1e-40."""
    with mpmath.workdps(DIGITS):
        definition, forward = _case(name, given)

        assert _worst(definition.valued(definition.formula), forward, _points(name)) < TOLERANCE


def test_a_wrong_derivative_is_rejected():
    """A partial derivative wrong by 0.1% is told from a right one."""
    with mpmath.workdps(DIGITS):
        definition, forward = _case("bce", {})
        wrong = definition.derivative("y") * sympy.Rational(1001, 1000)

        def truth(a, b):
            return mpmath.diff(forward, (a, b), (1, 0))

        assert _worst(wrong, truth, _points("bce")) > TOLERANCE


def test_every_loss_of_the_catalogue_has_a_forward_here():
    """No stanza goes unproven, and none that is asked for is missing."""
    assert set(FORWARD) == set(losses)


@pytest.mark.parametrize("definition", losses.values(), ids=str)
def test_every_stanza_has_a_source(definition):
    """A stanza says where its formula is documented."""
    assert definition.source


@pytest.mark.parametrize("name", FORWARD)
def test_the_parameters_are_torchs_defaults(name):
    """Each loss's parameters carry torch's names and default values, exactly."""
    expected = {k: sympy.Rational(v) for k, v in FORWARD[name][3].items()}

    assert expected == dict(losses[name].parameters)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("l1", 0), ("huber", 0), ("smooth_l1", 0), ("half_squared", 0), ("mse", 0)],
)
def test_a_perfect_prediction_has_no_gradient(name, expected):
    """At y = t the derivative is 0, for |y − t| too, where torch takes sign(0)."""
    derivative = losses[name].valued(losses[name].derivative())

    assert expected == derivative.subs(y, t)


def test_the_losses_of_a_probability_state_their_domain():
    """Binary cross-entropy is defined for y and t strictly between 0 and 1 only."""
    assert losses["bce"].domain == {"y": (0.0, 1.0), "t": (0.0, 1.0)}


def test_kinks_of_a_loss_lie_at_the_target():
    """|y − t| has its kink at y = t, with derivatives −1 and 1 beside it."""
    (kink,) = losses["l1"].kinks()

    assert (kink.at, kink.left, kink.right, kink.taken) == (t, -1, 1, 0)
