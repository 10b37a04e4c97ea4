from __future__ import annotations

import sys
from functools import cache

import numpy as np
import pytest
import sympy
from independent_truth import Truth, stable_truth, structured_points, torch_nn, worst_ratio
from sampled import in_turns, sampled

from symdiff.catalogue.activations import activations
from symdiff.expression.differentiate import differentiate
from symdiff.expression.formula import real_symbol
from symdiff.oracle.enclosures.enclosure import Enclosure
from symdiff.oracle.points.ball import enclose_ball
from symdiff.oracle.tables.table import Table, build

z = real_symbol("z")
NAMES = torch_nn
SMOOTH = ("tanh", "sigmoid", "silu", "softplus", "mish", "gelu", "gelu_tanh", "logsigmoid", "selu")


@cache
def derivative(name, order):
    """The stable derivative of an activation, at its parameters' default values."""
    definition = activations[name]
    first = definition.valued(definition.derivative())
    return first if order == 1 else differentiate(first, z)


@cache
def table(name, order, target="float32"):
    """Its table, built here and not cached on disk."""
    return build(derivative(name, order), target)


@cache
def truth(name, order):
    """Its derivative by another way."""
    definition = activations[name]
    return Truth(definition.valued(definition.formula), z, order)


def has_table(name, order):
    """Whether it depends on z at all."""
    return bool(derivative(name, order).free_symbols)


class TestEnclosures:
    @pytest.mark.parametrize(("name", "order"), in_turns(NAMES, [1, 2]))
    def test_contain_the_independent_derivative_in_every_binade(self, name, order):
        """An mpmath value of the textbook derivative lies in every float32 enclosure."""
        if not has_table(name, order):
            pytest.skip("a constant derivative needs no table")
        rng = np.random.default_rng([1, order])
        points = rng.permutation(structured_points("float32", rng, 1)[:-2])[:60]
        points = np.concatenate([points, rng.normal(size=30).astype(np.float32) * 4.0])
        found = table(name, order).enclose(points)

        truths = [truth(name, order)(x) for x in points[found.certified].tolist()]

        assert found.certified.mean() > 0.99
        assert worst_ratio(truths, found[found.certified]) <= 1

    @pytest.mark.parametrize("name", [pytest.param("gelu", marks=pytest.mark.slow), "selu"])
    def test_contain_it_for_float64_too(self, name):
        """The double-double rows hold 2⁻⁶⁴ against 400 bits, from all binades of float64."""
        rng = np.random.default_rng(2)
        points = rng.permutation(structured_points("float64", rng, 1)[:-2])[:150]
        points = np.concatenate([points, rng.normal(size=100) * 3])
        found = table(name, 1, "float64").enclose(points)

        kept = found[found.certified]
        truths = [truth(name, 1)(x) for x in points[found.certified].tolist()]

        assert found.certified.mean() > 0.95
        assert worst_ratio(truths, kept) <= 1
        assert np.all((kept.bound <= 2.0**-64 * abs(kept.high)) | (kept.bound <= 2.0**-1074))

    @pytest.mark.parametrize("name", sampled(SMOOTH, 3))
    def test_agree_with_the_ball_at_many_points_and_are_not_absurdly_wide(self, name):
        """100,000 random float32: error ≤ bound everywhere, and ≥ bound/20 somewhere."""
        rng = np.random.default_rng(3)
        points = rng.integers(0, 2**32, 50_000, dtype=np.uint64).astype(np.uint32)
        points = points.view(np.float32)
        points = np.concatenate([points[np.isfinite(points)], rng.normal(size=50_000) * 4])
        points = points.astype(np.float32).astype(np.float64)
        points = points[points != 0]
        found = table(name, 1).enclose(points)
        exact = enclose_ball(derivative(name, 1), {"z": points}, relative=2.0**-80)

        error = np.abs((found.high - exact.high) + (found.low - exact.low))
        ratio = error / np.maximum(found.bound, 1e-300)

        assert found.certified.all()
        assert np.all(error <= found.bound + exact.bound)
        assert ratio.max() > 0.05

    def test_a_wrong_coefficient_is_caught(self):
        """The check itself: one coefficient off by 2⁻³⁰ puts the truth outside the enclosure."""
        good = table("silu", 1)
        rows = good.rows.copy()
        rows[:, 1] *= 1 + 2.0**-30
        bad = Table(good.target, good.tree, rows)
        points = np.random.default_rng(4).normal(size=50)

        ratios = [
            worst_ratio([truth("silu", 1)(x) for x in points.tolist()], t.enclose(points))
            for t in (good, bad)
        ]

        assert ratios[0] <= 1 < ratios[1]


class TestBreakpoints:
    @pytest.mark.parametrize("name", ["relu6", "softshrink", "hardswish", "softplus", "threshold"])
    def test_cost_two_floats_each(self, name):
        """Of the float32 numbers around a breakpoint only it and the one below may be left.

        A cell's ball reaches a little beyond the cell, and no proof is had where it holds a border.
        """
        expression = derivative(name, 1)
        for kink in activations[name].kinks():
            centre = np.float32(float(kink.at))
            around = centre.view(np.uint32) + np.arange(-40, 41).astype(np.uint32)
            values = around.view(np.float32) if centre else np.float32([1e-45, -1e-45])
            values = values.astype(np.float64)
            found = table(name, 1).enclose(values)
            exact = enclose_ball(expression, {"z": values})

            left = values[~found.certified]

            assert len(left) <= 2
            assert set(left) <= set(values[39:42])
            kept = found.certified
            error = np.abs(found.high - exact.high)[kept]
            assert np.all(error <= (found.bound + exact.bound)[kept])

    def test_a_breakpoint_between_two_floats_separates_them(self):
        """|z| ≤ 1/10 changes its case between neighbouring float64."""
        expression = sympy.Piecewise((z, z <= sympy.Rational(1, 10)), (5 * z, True))
        near = np.float64(0.1)  # above 1/10
        values = np.array([np.nextafter(near, 0), near])

        found = build(expression, "float64").enclose(np.array([0.0999, 0.1001]))
        exact = enclose_ball(expression, {"z": values})

        assert found.certified.all()
        assert list(np.round(found.high, 6)) == [0.0999, 0.5005]
        assert list(np.round(exact.high, 6)) == [0.1, 0.5]

    def test_maxima_and_steps_are_breakpoints(self):
        """max(z, 0)·z and Heaviside(z − 1) change where their arguments cross."""
        expression = sympy.Max(z, 0) * z + sympy.Heaviside(z - 1)

        found = build(expression, "float32").enclose(np.array([-2.0, 0.5, 3.0]))

        assert found.certified.all()
        assert list(found.high) == [0.0, 0.25, 10.0]


class TestRoots:
    @pytest.mark.parametrize(("name", "root"), [("gelu", -0.7517915), ("silu", -1.2784645)])
    def test_of_the_derivative_leave_at_most_one_float32_to_the_ball(self, name, root):
        """Around a root of f' the bound is absolute, and small enough for all but its nearest."""
        centre = np.float32(root)
        bits = centre.view(np.uint32) + np.arange(-100_000, 100_001).astype(np.uint32)
        values = bits.view(np.float32).astype(np.float64)

        found = table(name, 1).enclose(values)

        assert (found.high < 0).any()
        assert (found.high > 0).any()
        assert (~found.certified).sum() <= 1
        assert np.isfinite(found.bound).all()


class TestRange:
    def test_what_has_no_row_is_left_open(self):
        """Zeros, infinities, NaN and points beyond the target's range are not certified."""
        points = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-50, 1e300])

        found = table("tanh", 1).enclose(points)

        assert not found.certified.any()
        assert np.isinf(found.bound).all()

    @pytest.mark.parametrize("x", [2.0**-149, -(2.0**-149), 3.4028234663852886e38, 2.0**-126])
    def test_the_ends_of_float32_have_rows(self, x):
        """The smallest subnormal, the smallest normal and the largest finite float32."""
        found = table("tanh", 1).enclose(np.array([x]))

        assert found.certified.all()
        assert found.contains(np.array([1.0 if abs(x) < 1 else 0.0])).all()

    def test_sin_far_out_is_left_to_the_ball_in_reasonable_time(self):
        """A function that oscillates within every float's neighbourhood keeps an open leaf."""
        found = build(sympy.sin(z), "float32").enclose(np.array([1.0, 1e30]))

        assert list(found.certified) == [True, False]

    def test_a_pole_has_no_row(self):
        """1/(z − 1) is certified on both sides of 1 and open at 1."""
        found = build(1 / (z - 1), "float32").enclose(np.array([0.5, 1.0, 1.5]))

        assert list(found.certified) == [True, False, True]


class TestFarOut:
    """Where a function runs through more binades than a ball holds, an interval with ends does."""

    @pytest.mark.parametrize(
        ("form", "value"),
        [
            (sympy.exp(z), np.inf),
            (-z * sympy.exp(z / 2), -np.inf),
            (sympy.exp(z - sympy.exp(z)), 0.0),
            (sympy.tanh(sympy.exp(z)), 1.0),
        ],
        ids=str,
    )
    def test_a_row_says_what_the_ball_says(self, form, value):
        """Beyond float64, below its smallest number, or at a limit; at inputs from 5,000 on."""
        points = np.array([5e3, 1e4, 1e10, 3.4e38])
        found, by_ball = build(form, "float32").enclose(points), enclose_ball(form, {"z": points})

        assert found.certified.all()
        assert (found.high == value).all()
        assert (by_ball.high == value).all()
        assert (found.bound <= 2.0**-40).all()
        assert (found.bound[np.isinf(found.high)] == 0).all()

    def test_up_to_where_it_overflows_there_are_rows_too(self):
        """e^z is certified at all but a few of the numbers from 512 to 1024."""
        points = np.linspace(512, 1023, 5000, dtype=np.float32).astype(float)
        found = build(sympy.exp(z), "float32").enclose(points)
        finite = points < 709.7

        assert found.certified.mean() > 0.99
        assert np.isfinite(found.high[finite & found.certified]).all()
        assert (found.high[~finite & found.certified] == np.inf).all()

    @pytest.mark.parametrize(
        "form",
        [
            sympy.sign(z - sympy.Rational(3, 2)) * sympy.exp(-sympy.exp(1000 * z)),
            sympy.Piecewise((sympy.exp(-sympy.exp(1000 * z)), z > sympy.Rational(3, 2)), (0, True)),
            sympy.exp(-sympy.exp(1000 * z)) / (z - sympy.Rational(3, 2)),
        ],
        ids=["a step", "two cases", "a pole"],
    )
    def test_none_where_something_else_is_in_the_cell(self, form):
        """However small it is on both sides of 1.5."""
        found = build(form, "float32").enclose(np.array([1.5]))

        assert not found.certified.any()


def test_a_table_is_for_one_variable():
    """Two variables are refused with a sentence that says what to do."""
    with pytest.raises(ValueError, match=r"one variable.*by the ball"):
        build(z * real_symbol("t"))


@pytest.mark.slow
def test_a_million_random_cases_are_enclosed():
    """(activation, order, point) from all binades, against mpmath at 400 bits: none outside."""
    rng = np.random.default_rng(5)
    cases = [(n, k, t) for n in NAMES for k in (1, 2) for t in ("float32", "float64")]
    cases = [case for case in cases if has_table(*case[:2])]
    each = 1_000_000 // len(cases) + 1
    total, worst = 0, {}
    for name, order, target in cases:
        expression = derivative(name, order)
        points = structured_points(target, rng, 3)
        points = np.concatenate([rng.permutation(points), rng.normal(size=each) * 4])[:each]
        found = table(name, order, target).enclose(points)
        rest = ~found.certified
        part = enclose_ball(expression, {"z": points[rest]})
        found.put(rest, part)
        assert found.certified.all()
        truth_at = stable_truth(expression, z)
        truths = np.array([truth_at(x) for x in points.tolist()], dtype=object)
        ratio = worst_ratio(truths[~rest].tolist(), found[~rest])
        ball = worst_ratio(truths[rest].tolist(), found[rest])
        worst[name, order, target] = (ratio, ball)
        total += len(points)
        sys.stdout.write(
            f"{name} order {order} {target}: {len(points):,} points, {rest.sum()} by ball; "
            f"worst error/bound {ratio:.3f} table, {ball:.3f} ball\n"
        )
    worst_of_all = max(max(pair) for pair in worst.values())
    sys.stdout.write(f"{total:,} cases; worst error/bound {worst_of_all:.4f}\n")

    assert total >= 1_000_000
    assert worst_of_all <= 1


def test_enclosures_of_a_table_keep_the_points_shape():
    """Points of shape (2, 3) give enclosures of shape (2, 3)."""
    found = table("tanh", 1).enclose(np.ones((2, 3)))

    assert isinstance(found, Enclosure)
    assert found.shape == (2, 3)
