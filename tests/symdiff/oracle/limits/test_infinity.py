"""What a gradient tends to."""

import random

import numpy as np
import pytest
import sympy
from flint import arb, ctx
from sampled import SLOW, sampled

import symdiff
from symdiff.balls import CannotCertify, compile_ball
from symdiff.expression.differentiate import differentiate
from symdiff.expression.formula import formula, real_symbol
from symdiff.functions import (
    STABLE_FUNCTIONS,
    Phi,
    j1,
    maximum,
    minimum,
    phi,
    sech,
    sigmoid,
    sinc,
    softplus,
    tanh,
    unspecified,
)
from symdiff.oracle import enclose
from symdiff.oracle.enclosures.enclosure import Why
from symdiff.oracle.limits.infinity import limits

z = real_symbol("z")
ACTIVATIONS = tuple(symdiff.activations.values())

# Their derivatives oscillate at +∞, or at both ends.
OSCILLATING = {"sinlu", "coslu", "sine", "cosine", "snake", "gcu", "cosid", "minsin"}

NEAR = [10**3 + k for k in (0, 1, 2, 4)]
FAR = [10**1000 + k for k in (0, 1, 2, 4)]


def values(expression, sign, scales):
    """Balls of the expression at ± the scales, those that 6,000 bits leave narrow."""
    found = []
    with ctx.workprec(6000):
        try:
            program = compile_ball(expression, tuple(expression.free_symbols))
        except CannotCertify:
            return []
        for scale in scales:
            try:
                ball = program(*[arb(sign * scale)] * len(program.variables))
            except ArithmeticError:
                continue
            if program.conditions.undecided or program.conditions.unknown:
                continue  # the ball holds every case that is possible, and of one without a value
            if ball.is_finite() and ball.rad() < 1e-30 * (1 + abs(ball.mid())):
                found.append(ball)
    return found


def contradicts(expression, sign, limit):
    """Whether the values far out do not come nearer to the limit than those at a thousand.

    Each value is a ball, so that too few bits leave it out, and never mislead. From 10³ to 10¹⁰⁰⁰
    even 1/log(log z) falls by two thirds. None if too few values are known.
    """
    near, far = values(expression, sign, NEAR), values(expression, sign, FAR)
    if not near or not far:
        return None
    if np.isinf(limit):
        return not all(value * limit > 0 and abs(value) > abs(near[0]) for value in far)
    before, after = ([float(abs(v - limit).upper()) for v in some] for some in (near, far))
    return max(after) > max(0.75 * max(before), 1e-12 * (1 + abs(limit)))


def limit_by_gruntz(expression, sign):
    """SymPy's limit, of the case that holds far out, in textbook functions."""

    def case(piecewise):
        far = sympy.Integer(sign * 10**30)
        return next(e for e, c in piecewise.args if c == True or c.subs(z, far) == True)  # noqa: E712 - SymPy's true

    chosen = expression.replace(lambda e: isinstance(e, sympy.Piecewise), case)
    chosen = chosen.replace(sympy.Abs, lambda a: a * sympy.sign(a.subs(z, sign * 10**30)))
    for function in STABLE_FUNCTIONS:
        chosen = chosen.replace(function, function.definition)
    w = sympy.Symbol("w", positive=True)
    return sympy.limit(chosen.subs(z, sign * w), w, sympy.oo)


@pytest.mark.parametrize("activation", sampled(ACTIVATIONS, 7), ids=str)
def test_each_limit_is_the_one_that_gruntz_finds(activation):
    """f' at −∞ and +∞, by two methods that share nothing."""
    slope = activation.valued(activation.derivative())
    if not slope.free_symbols:
        return  # a constant is its own limit

    found = limits(slope)
    for side, sign in enumerate((-1, 1)):
        expected = limit_by_gruntz(slope, sign)
        if expected.has(sympy.AccumBounds):
            assert np.isinf(found.bound[side])  # it oscillates
        else:
            assert found.high[side] == pytest.approx(float(expected), abs=0)
            assert found.certified[side]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_second_derivatives_and_extreme_parameters_have_theirs_too(activation):
    """f″, and f′ at the parameters' edges: certified unless it oscillates, never contradicted."""
    slopes = [d.settled() for d in activation.edge_cases()]
    slopes = [d.valued(d.derivative()) for d in slopes]
    slopes.append(differentiate(activation.valued(activation.derivative()), z))
    for slope in slopes:
        found = limits(slope)
        if activation.name not in OSCILLATING:
            assert found.certified.all(), slope
        for side, sign in enumerate((-1, 1)):
            if found.certified[side]:
                assert not contradicts(slope, sign, found.high[side]), slope


@pytest.mark.parametrize("power", sampled([-1000, -400, -40, 40, 400, 1000], 3))
def test_rescaling_the_variable_leaves_each_limit(power):
    """f′(10^k z) tends to what f′(z) tends to, whatever float64 makes of 10^k."""
    for activation in ACTIVATIONS:
        slope = activation.valued(activation.derivative())
        scaled = slope.subs(z, sympy.Integer(10) ** power * z)
        expected, found = limits(slope), limits(scaled)

        np.testing.assert_array_equal(expected.high, found.high, err_msg=str(activation))
        assert expected.certified.tolist() == found.certified.tolist(), str(activation)


def test_a_parameter_below_float64_is_no_zero():
    """softplus(bz)/b has the slope σ(bz), which tends to 1, not to σ(0), for b = 1e-400."""
    b = sympy.Integer(10) ** -400
    found = limits(differentiate(softplus(b * z) / b, z))

    assert [0.0, 1.0] == found.high.tolist()
    assert [0.0, 0.0] == found.bound.tolist()
    assert found.certified.all()


@pytest.mark.parametrize(
    "text",
    [
        "sin(z)", "z*cos(z)", "exp(sin(z))", "z*z*z*sin(z)", "1 + cos(z)", "tan(z)", "1/sin(z)",
        "where(sin(z) > 0.999, cos(z), 0)", "sign(sin(z))", "abs(sin(z))", "max(sin(z), 0)",
        "exp(z*sin(z))", "tanh(z*sin(z))", "log(sin(z))", "sin(log(2 + z**2))",
    ],
)  # fmt: skip
def test_what_oscillates_has_no_limit(text):
    """Nothing is claimed: NaN ± ∞, not certified, for want of a limit."""
    found = limits(formula(text, ("z",)))

    assert np.isnan(found.high).all()
    assert np.isinf(found.bound).all()
    assert not found.certified.any()
    assert [Why.NO_LIMIT] * 2 == found.why.tolist()


def test_what_oscillates_now_and_then_has_none_either():
    """z + relu(sin z − 0.999) grows beyond all bounds; its slope has no limit."""
    f = formula("z + relu(sin(z) - 0.999)", ("z",))

    assert [-np.inf, np.inf] == limits(f).high.tolist()
    assert not limits(differentiate(f, z)).certified.any()


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("z", -np.inf, np.inf),
        ("z**2", np.inf, np.inf),
        ("exp(z)", 0.0, np.inf),
        ("-exp(-z)", -np.inf, 0.0),
        ("atan(z)", -np.pi / 2, np.pi / 2),
        ("z/sqrt(1 + z**2)", -1.0, 1.0),
        ("1/(1 + z**2)", 0.0, 0.0),
        ("z*exp(-z**2)", 0.0, 0.0),
        ("1/log(2 + z**2)", 0.0, 0.0),
        ("log(log(2 + z**2))", np.inf, np.inf),
        ("sin(z)/z", 0.0, 0.0),
        ("sin(z)/log(log(3 + abs(z)))", 0.0, 0.0),
        ("z + sin(z)", -np.inf, np.inf),
        ("z + z*sin(z)/2", -np.inf, np.inf),
        ("(1 + 1/z)**z", np.e, np.e),
        ("z - sqrt(z**2 + 1)", -np.inf, 0.0),
        ("z*(pi/2 - atan(z))", -np.inf, 1.0),
        ("2*pi*z*erfc(z)*exp(z**2)/sqrt(pi)", -np.inf, 2.0),
        ("sqrt(2)*z/sqrt(2*z**2 + 1)", -1.0, 1.0),
        ("exp(exp(z))*exp(-exp(z + exp(-z*z)))", 1.0, 1.0),
        ("z*tanh(z) - z", np.inf, 0.0),
        ("asinh(z)/log(abs(z))", -1.0, 1.0),
        ("j1(1/z)*z", 1 / 3, 1 / 3),
        ("atan(tanh(z)*z)*cos(1/z)", np.pi / 2, np.pi / 2),
        ("min(max(z, -2), abs(sin(z)) + 3)", -2.0, None),
        ("abs(z)**(1/z)", 1.0, 1.0),
        ("Phi(z)*z/phi(z)", -1.0, np.inf),
        ("cosh(z)/exp(abs(z))", 0.5, 0.5),
        ("exp(-z*z*(2 + sin(z)))*z", 0.0, 0.0),
        ("1/tanh(1/z)/z", 1.0, 1.0),
    ],
)
def test_limits_known_by_heart(text, low, high):
    """Divergent, convergent and vanishing, to the last bit."""
    found = enclose(formula(text, ("z",)), {"z": np.array([-np.inf, np.inf])})

    for expected, one in zip((low, high), (found[:1], found[1:]), strict=True):
        assert (expected is not None) == one.certified.item()
        if expected is not None:
            assert expected == one.high.item()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [(sympy.Rational(1, 3), 1 / 3), (sympy.pi, np.pi), (Phi(sympy.Rational(1, 2)), None)],
)
def test_a_constant_is_its_own_limit_to_a_double_double(expression, expected):
    """1/3, π and Φ(1/2), to 2⁻⁹⁵, with nothing more said than is known."""
    found = limits(expression + 1 / z)
    with ctx.workprec(400):
        truth = compile_ball(expression, ())()
        for high, low, bound in zip(found.high, found.low, found.bound, strict=True):
            assert abs(truth - float(high) - float(low)) < float(bound)
    if expected is not None:
        assert [expected] * 2 == found.high.tolist()
    assert (found.bound <= 2.0**-95 * np.abs(found.high)).all()
    assert found.certified.all()


@pytest.mark.parametrize(
    "text", ["log(z)", "sqrt(z)", "z**(1/3)*log(z)", "where(z > 0, z, log(z))", "asin(1 - 1/z)"]
)
def test_outside_its_domain_a_function_has_none(text):
    """At −∞ there is proven to be no real value; at +∞ even log is known to diverge."""
    found = limits(formula(text, ("z",)))

    assert not found.certified[0]
    assert Why.UNDEFINED == found.why[0]
    assert np.isinf(found.bound[0])
    if text != "asin(1 - 1/z)":
        assert np.inf == found.high[1]
        assert found.certified[1]


def test_a_case_that_is_not_taken_has_no_say():
    """log z where z > 2, else 1/(1 − z): nothing is asked of log at −∞."""
    found = limits(formula("where(z > 2, 1/log(z), 1/(1 - z))", ("z",)))

    assert [0.0, 0.0] == found.high.tolist()
    assert found.certified.all()


def test_a_case_that_may_be_taken_must_be_defined():
    """log(−z) now and then: no real value there, and no limit, nor is it undefined throughout."""
    found = limits(formula("where(sin(z) > 0.5, log(-z)/z, 0)", ("z",)))

    assert [True, False] == found.certified.tolist()
    assert Why.NO_LIMIT == found.why[1]


def test_a_function_without_ball_arithmetic_is_refused():
    """f of nothing known has no limit that could be proven; the message names it."""
    with pytest.raises(CannotCertify, match="'f'"):
        limits(unspecified("f")(z))


def test_two_variables_have_no_limit():
    """One would have to say how they go to infinity together."""
    with pytest.raises(ValueError, match="one variable, not in y, z"):
        limits(z + real_symbol("y"))


def test_no_expression_is_too_deep():
    """A chain of 300 layers, which exhausts Python's stack where a walk recurses."""
    deep = z
    for _ in range(300):
        deep = sympy.Abs(deep, evaluate=False) + 1

    assert [np.inf, np.inf] == limits(deep).high.tolist()


def test_shared_parts_are_visited_once():
    """Forty doublings of one part would be 10¹² parts."""
    shared = z
    for _ in range(40):
        parts = (sympy.atan(shared, evaluate=False), sympy.erf(shared, evaluate=False))
        shared = sympy.Add(*parts, evaluate=False)

    assert limits(shared).certified.all()


def test_work_beyond_what_is_allowed_is_given_up(monkeypatch):
    """Then it says so; the catalogue needs a hundredth of what is allowed."""
    monkeypatch.setattr("symdiff.oracle.limits.infinity._COMPARISONS", 3_000)
    layers = z
    for _ in range(7):
        layers = layers * sigmoid(layers)
    found = limits(differentiate(layers, z))

    assert [Why.OUT_OF_BUDGET] * 2 == found.why.tolist()
    assert not found.certified.any()
    limits.cache_clear()
    for activation in ACTIVATIONS:
        slope = activation.valued(activation.derivative())
        assert Why.OUT_OF_BUDGET not in limits(slope).why, activation


UNARY = (
    sympy.exp, sympy.log, sympy.sqrt, sympy.sin, sympy.cos, sympy.atan, sympy.asinh, sympy.erf,
    sympy.erfc, sympy.Abs, sympy.sign, sigmoid, softplus, tanh, sech, Phi, phi, sinc, j1,
)  # fmt: skip


def random_expression(rng, depth):
    """A formula of the parser's grammar, its constants small beside 10¹⁰⁰⁰."""
    if depth == 0 or rng.random() < 0.1:
        constant = sympy.Rational(rng.randint(-6, 6), rng.randint(1, 4))
        return rng.choice([z, z, z, constant, sympy.pi])
    a, b = (random_expression(rng, depth - 1) for _ in range(2))
    kind = rng.randrange(9)
    if kind < 4:
        return rng.choice(UNARY)(a)
    if kind == 4:
        return sympy.Piecewise((a, a > b), (b, True))
    if kind == 5 and (a.free_symbols or b.free_symbols):
        return rng.choice((maximum, minimum))(a, b)
    if kind == 6:
        return a ** rng.choice([2, 3, -1, -2, sympy.Rational(3, 2)])
    return a + b if kind == 7 else a * b


@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=SLOW) for s in range(1, 16))])
def test_no_certified_limit_is_contradicted_far_out(seed):
    """Of 75 random formulas a seed and their slopes: balls at 10³ to 10¹⁰⁰⁰ come nearer."""
    rng = random.Random(seed)  # noqa: S311 - a fixed sequence is wanted
    certified = checked = 0
    for _ in range(75):
        try:
            f = random_expression(rng, 4)
            pair = (f, differentiate(f, z))
        except (TypeError, ValueError):  # SymPy will not compare √−1 with 0
            continue
        for e in pair if z in f.free_symbols else ():
            try:
                found = limits(e)
            except CannotCertify:
                continue
            for side, sign in enumerate((-1, 1)):
                if found.certified[side]:
                    certified += 1
                    verdict = contradicts(e, sign, found.high[side])
                    checked += verdict is not None
                    assert not verdict, (e, sign, found)
                elif found.why[side] == Why.UNDEFINED and not e.has(
                    sinc, j1
                ):  # flint: sinc NaN = 0 ± 1
                    assert not values(e, sign, FAR), e

    assert certified > 40
    assert checked > 25


@pytest.mark.parametrize(
    ("text", "limit"), [("tanh(z)", 0.5), ("z", -np.inf), ("1/z", 1e-3), ("sin(z)", 0.0)]
)
def test_a_wrong_limit_would_be_seen(text, limit):
    """The check that the test above makes rejects what is wrong."""
    assert contradicts(formula(text, ("z",)), 1, limit)
