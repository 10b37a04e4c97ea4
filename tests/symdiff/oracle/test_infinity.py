"""What a gradient tends to."""

import numpy as np
import pytest
import sympy

import symdiff
from symdiff.expression.formula import formula, real_symbol
from symdiff.functions import STABLE_FUNCTIONS
from symdiff.oracle import enclose
from symdiff.oracle.infinity import limits

z = real_symbol("z")


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


@pytest.mark.parametrize("activation", symdiff.activations.values(), ids=str)
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


@pytest.mark.parametrize(
    "text",
    ["sin(z)", "z*cos(z)", "1/log(2 + z**2)", "exp(sin(z))", "z + z*sin(z)"],
)
def test_what_oscillates_or_has_not_settled_has_no_limit(text):
    """Nothing is claimed: unknown, not certified."""
    found = limits(formula(text, ("z",)))

    assert np.isnan(found.high).all()
    assert np.isinf(found.bound).all()
    assert not found.certified.any()


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
    ],
)
def test_limits_known_by_heart(text, low, high):
    """Divergent, convergent and vanishing, to the last bit."""
    found = enclose(formula(text, ("z",)), {"z": np.array([-np.inf, np.inf])})

    assert [low, high] == found.high.tolist()
    assert found.certified.all()


def test_outside_its_domain_a_function_has_none():
    """log at −∞; at +∞ it grows too slowly to be called divergent."""
    assert np.isinf(limits(formula("log(z)", ("z",))).bound).all()
