"""Values in float64 whose error is bounded as they are computed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy

import symdiff
from symdiff.functions import floor, maximum, minimum
from symdiff.graph import array, elementwise
from symdiff.oracle.enclosures import running_bounds
from symdiff.oracle.enclosures.running_bounds import Bounded, bounded, nonzero
from symdiff.oracle.points.primal import PrimalAt
from symdiff.programs.program import program

X, Y = sympy.symbols("x y", real=True)
_NUMBERS = [0.0, 1.0, -1.0, 1 / 3, 5e-324, -1e-310, 2.0**-540, 1e-162, 3e153, -1e300, 1 + 2.0**-52]
_THIRD = sympy.Rational(1, 3)
BORDERS = [
    X - Y,
    X + Y - 1,
    X - _THIRD,
    X * Y - _THIRD,
    (X - Y) ** 2 - X**2 + 2 * X * Y,
    (X + Y) ** 3 - X * Y,
    abs(X - Y) - 1,
    maximum(X, Y) - minimum(X * Y, _THIRD),
    3 * X - Y / 7 + sympy.Rational(1, 10**30),
    X * X * Y - X * Y * Y,
]


def _exact(e, at):
    """The value of an expression in rational numbers."""
    if isinstance(e, sympy.Symbol):
        return at[e]
    if e.is_Rational:
        return Fraction(int(e.p), int(e.q))
    if isinstance(e, sympy.Pow):
        return _exact(e.base, at) ** int(e.exp)
    parts = [_exact(a, at) for a in e.args]
    if isinstance(e, sympy.Add):
        return sum(parts)
    if isinstance(e, sympy.Mul):
        return parts[0] if len(parts) == 1 else parts[0] * _exact(e.func(*e.args[1:]), at)
    return {sympy.Abs: abs, maximum: max, minimum: min}[e.func](*parts)


def _points():
    """Numbers of all sizes, and many that cancel."""
    near = np.random.default_rng(7).normal(size=40)
    x, y = np.meshgrid([*_NUMBERS, *near[:20]], [*_NUMBERS, *near[10:]])
    x, y = x.ravel(), y.ravel()
    return np.concatenate([x, y, x]), np.concatenate([y, np.nextafter(y, 9.0), 1 - x])


@pytest.mark.parametrize("border", BORDERS, ids=str)
def test_the_true_value_is_within_the_bound(border):
    """By rational arithmetic, wherever float64 gives a number."""
    x, y = _points()
    with np.errstate(all="ignore"):
        known = {s: Bounded(v, np.zeros_like(v)) for s, v in ((X, x), (Y, y))}
        found = bounded(border, known)
    told = nonzero([border], [X, Y], [x, y])
    for i, (value, radius) in enumerate(zip(found.value, found.radius, strict=True)):
        true = _exact(border, {X: Fraction(x[i]), Y: Fraction(y[i])})
        if np.isfinite(value) and np.isfinite(radius):
            assert abs(true - Fraction(value)) <= Fraction(radius)
        assert true != 0 or not told[i]

    assert told.mean() > 0.5


@pytest.mark.parametrize(
    "border", [sympy.exp(X) - 1, 1 / X, sympy.sqrt(X), floor(X), X**9, X - sympy.pi]
)
def test_of_what_is_no_sum_or_product_nothing_is_told(border):
    """No function of a libm is trusted."""
    assert nonzero([X, border], [X], [np.array([1.5])]) is None


def test_of_what_is_not_finite_nothing_is_told():
    """Nor where a product overflows."""
    numbers = np.array([np.inf, -np.inf, np.nan, 1e200, 2.0])

    assert nonzero([X**2 - 1], [X], [numbers]).tolist() == [False] * 4 + [True]


def _border():
    """|x − w| − 1, each x with each w."""
    x, w = array("x", "n"), array("w", "m")
    return program({"y": elementwise(lambda x, w: abs(x - w) - 1, x, w)})


@pytest.mark.parametrize(
    ("x", "told"), [(2.5, True), (3.0, False), (3.0 - 2.0**-48, True), (np.inf, False)]
)
def test_a_program_is_told_to_have_no_zero(x, told):
    """Each entry counts."""
    given = {"x": np.array([0.25, x]), "w": np.array([2.0, 7.5, -4.0])}

    assert running_bounds.none_is_zero(_border(), given) is told


def test_of_another_arithmetic_nothing_is_told(monkeypatch):
    """Where numbers are not rounded as the bounds assume."""
    monkeypatch.setattr(running_bounds, "is_ieee", lambda: False)

    assert nonzero([X], [X], [np.array([1.5])]) is None
    assert not running_bounds.none_is_zero(_border(), {"x": np.array([5.5]), "w": np.array([0.0])})


def test_only_near_a_border_a_jump_is_looked_for(monkeypatch):
    """It cost as much as the derivative itself, at each point."""
    asked = []
    told = PrimalAt.may_jump
    monkeypatch.setattr(PrimalAt, "may_jump", lambda at, x: asked.append(x) or told(at, x))
    function = symdiff.activation("where(abs(z) <= 1, z**2/2, where(z < 5, abs(z), z) - 1/2)")
    points = np.linspace(-8, 8, 1025)
    found = symdiff.adjoints(symdiff.pointwise(function)).enclose(z=points)["z"]

    assert found.certified.all()
    assert {float(x) for (x,) in asked} <= {-1.0, 1.0, 5.0}
