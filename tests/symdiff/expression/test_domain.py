"""Where a formula has a value: what SymPy cancels is not forgotten, and nothing is made up."""

from random import Random

import mpmath
import pytest
import sympy
from flint import arb, ctx, fmpq
from written_formulas import Nowhere, value, written

import symdiff
from symdiff.balls.compiled import compile_ball
from symdiff.balls.elementary import Undecided, Undefined
from symdiff.expression.differentiate import differentiate
from symdiff.expression.formula import formula
from symdiff.expression.rewriting import with_values

SEED = 7  # of the random formulas
z, a = sympy.symbols("z a", real=True)
POINTS = [sympy.Rational(p) for p in ("-17/8", "-1", "-5/8", "0", "3/16", "1", "11/8", "29/8")]

GUARDED = {
    "exp(log(z))": "{z if z > 0}",
    "exp(2*log(z))": "{z² if z > 0}",
    "sqrt(z)**2": "{z if z ≥ 0}",
    "z**0.5*z**0.5": "{z if z ≥ 0}",
    "z/z": "{1 if z ≠ 0}",
    "1/(1/z)": "{z if z ≠ 0}",
    "(2*z - 2)**0": "1",
    "log(z) - log(z)": "{0 if z > 0}",
    "0*log(z)": "{0 if z > 0}",
    "sin(asin(z))": "{z if z ≥ −1 and z ≤ 1}",
    "atanh(z) - atanh(z)": "{0 if z > −1 and z < 1}",
    "log1p(z) - log(1 + z)": "{0 if z > −1}",
    "tan(z)/tan(z)": "{1 if cos(z) ≠ 0 and tan(z) ≠ 0}",
    "1 if log(z) == log(z) else 2": "{1 if z > 0}",
    "0*where(z > 0, log(z), z)": "0",
    "0*where(z > 1, log(z - 2), z)": "{0 if z ≤ 1 or z > 2}",
}

KEPT = {
    "sqrt(4*z)": "2 √z",
    "z/z**2": "1/z",
    "sqrt(z**2)": "|z|",
    "log(exp(z))": "z",
    "exp(log(max(z, 1)))": "max(z, 1)",
    "log(z**2)": "log(z²)",
    "where(z > 0, log(z), 0)": "{log(z) if z > 0; 0 otherwise}",
    "log(1 + z)": "log1p(z)",
    "1/(1 + exp(-z))": "σ(z)",
}


@pytest.mark.parametrize(("text", "shown"), (GUARDED | KEPT).items(), ids=GUARDED | KEPT)
def test_a_restriction_is_put_back_where_it_was_lost(text, shown):
    """Only there: a formula that still says where it is defined is left alone."""
    assert shown == symdiff.text(formula(text))


def _point(p):
    return arb(fmpq(int(p.p), int(p.q)))


def _found(program, p):
    """The ball at a point; None if it is undefined there."""
    try:
        ball = program(_point(p))
    except Undefined:
        return None
    return ball if ball.is_finite() else None


def _near(ball, number):
    with mpmath.workdps(60):
        middle = mpmath.mpf(ball.mid().str(80, radius=False))
        return abs(middle - number) <= mpmath.mpf("1e-12") * max(1, abs(number))


def _wanted(text, x):
    try:
        return value(text, x)
    except Nowhere:
        return None


def _slope(text, x, here):
    """The numerical derivative, where there is one: not at kinks, jumps and edges of a domain."""
    h = mpmath.mpf(10) ** -25
    below, above = _wanted(text, x - h), _wanted(text, x + h)
    if below is None or above is None:
        return None
    left, right = (here - below) / h, (above - here) / h
    return (left + right) / 2 if abs(left - right) < mpmath.mpf("1e-10") * (1 + abs(left)) else None


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_random_formulas_have_their_values_domains_and_derivatives(depth):
    """As written, worked out by another way: no value is wrong, lost or made up."""
    seen = {"defined": 0, "undefined": 0, "derivatives": 0}
    random = Random(SEED + depth)  # noqa: S311 - seeded formulas, no secrets
    with ctx.workprec(400), mpmath.workdps(400):
        for _ in range(120):
            text = written(random, depth)
            try:
                expression = formula(text)
                derivative = differentiate(expression, z)
            except ValueError:
                continue
            programs = compile_ball(expression, [z]), compile_ball(derivative, [z])
            for p in POINTS:
                x = mpmath.mpf(p.p) / p.q
                try:
                    here = _wanted(text, x)
                    found = _found(programs[0], p)
                except (OverflowError, Undecided):
                    continue
                assert (here is None) == (found is None), (text, p)
                if here is None:
                    seen["undefined"] += 1
                    continue
                assert _near(found, here), (text, p)
                seen["defined"] += 1
                try:
                    slope = _slope(text, x, here)
                    ball = None if slope is None else _found(programs[1], p)
                except (OverflowError, Undecided):
                    continue
                if p.is_Integer or ball is None:  # a tie's convention; 0/0 of asin at ±1
                    continue
                assert _near(ball, slope), (text, p)
                seen["derivatives"] += 1

    assert min(seen.values()) > 15, seen


def test_a_value_put_in_forgets_nothing_either():
    """a·log(z) at a = 0 is 0 for z > 0 alone."""
    assert "{0 if z > 0}" == symdiff.text(with_values(a * sympy.log(z), {a: sympy.S.Zero}))
    assert "{1 if z ≠ 0}" == symdiff.text(with_values(z**a / z, {a: sympy.S.One}))


def test_a_case_that_does_not_arise_is_not_looked_at():
    """1/a where a > 0 is nothing to refuse at a = 0."""
    cases = sympy.Piecewise((z / a, a > 0), (z, True))

    assert z == with_values(cases, {a: sympy.S.Zero})


@pytest.mark.parametrize("text", ["sqrt(-exp(z))", "log(-1 - z**2)*0", "z**a/z**(a/2)"])
def test_what_cannot_be_said_is_refused(text):
    """A part that is real nowhere, or a domain that depends on an exponent: one sentence."""
    with pytest.raises(ValueError, match=r"^the formula [^\n]*$"):
        formula(text, ("z", "a"))
