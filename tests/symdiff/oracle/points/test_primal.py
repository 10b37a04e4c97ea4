"""A derivative is certified only where its function has a value, and is what the function says."""

import numpy as np
import pytest
from sampled import SLOW, sampled

import symdiff
from symdiff.expression.formula import real_symbol
from symdiff.functions import maximum
from symdiff.oracle.enclosures.enclosure import Why
from symdiff.oracle.points.primal import is_total


def enclose(text, *points, target="float64", **parameters):
    """The derivative of a formula in z at some points."""
    graph = symdiff.pointwise(symdiff.activation(text, **parameters))
    return symdiff.adjoints(graph).enclose(target=target, z=np.array(points))["z"]


def both_ways(text, *points):
    """The same by the ball, and among 50,000 points by the table; they may not contradict."""
    few = enclose(text, *points, target="float32")
    filling = np.linspace(-5, 5, 60_000).astype(np.float32).astype(np.float64)
    many = enclose(text, *points, *filling, target="float32")[: len(points)]
    both = few.certified & many.certified
    assert np.all(
        np.abs((few.high - many.high) + (few.low - many.low))[both]
        <= (few.bound + many.bound)[both]
    )
    assert np.array_equal(few.certified, many.certified)
    return many


OUTSIDE = [
    ("log(z)", -1.0),
    ("log(z)", 0.0),
    ("sqrt(z)", -2.0),
    ("z**0.3", -2.0),
    ("1/z", 0.0),
    ("z/z", 0.0),
    ("exp(log(z))", -2.0),
    ("sqrt(z)**2", -2.0),
    ("log(z) - log(z)", -2.0),
    ("0*log(z)", -2.0),
    ("sin(asin(z))", 2.0),
    ("exp(2*log(z))", -2.0),
    ("atanh(z)", -1.0),
    ("acos(z)", 1.5),
    ("log1p(z)", -1.0),
    ("log(relu(z))", -1.0),
    ("where(z > 0, z, log(z))", -1.0),
    ("z + 0*sqrt(z - 3)", 1.0),
    ("z**2 + sign(sqrt(sin(z) - 0.5))", 3.5),
]
NOT_TAKEN = [
    ("where(z > 0, log(z), z)", -1.0, 1.0),
    ("relu(log(max(z, 1)))", -2.0, 0.0),
    ("asin(min(max(z, -1), 1))", 2.0, 0.0),
    ("max(sin(z), abs(sin(z)))", 1.0, np.cos(1.0)),
    ("log(relu(z))", 2.0, 0.5),
    ("abs(log1p(z))", -0.5, -2.0),
    ("where(z > 0 and log(z) > 0, z**2, 3*z)", -1.0, 3.0),
    ("where(z < 0 or sqrt(z) > 1, z**2, 3*z)", -1.0, -2.0),
    ("sinc(acos(min(z, 1)))", 2.0, 0.0),
    ("j1(acos(min(z, 1))) + z**2", 2.0, 4.0),
    ("asin(min(max(z, -1), 1)) + min(z, 2*z)**100", -2.0, -200 * 4.0**99),
    ("asin(min(max(z, -1), 1)) + min(z, 2*z)**101", -2.0, 202 * 4.0**100),
]


class TestDomain:
    @pytest.mark.parametrize(("text", "z"), OUTSIDE)
    def test_outside_nothing_is_certified(self, text, z):
        """And it is said why."""
        found = enclose(text, z, target="float32")

        assert not found.certified[0]
        assert Why.UNDEFINED == found.why[0]

    @pytest.mark.parametrize(("text", "z"), sampled(OUTSIDE, 7))
    def test_outside_nothing_is_certified_by_the_table(self, text, z):
        """Nor by the ball."""
        found = both_ways(text, z)

        assert not found.certified[0]
        assert Why.UNDEFINED == found.why[0]

    @pytest.mark.parametrize(("text", "z", "expected"), NOT_TAKEN)
    def test_a_case_that_is_not_taken_has_no_say(self, text, z, expected):
        """log of a negative number, in a case that does not hold there."""
        found = enclose(text, z, target="float32")

        assert found.certified[0]
        assert expected == pytest.approx(found.high[0], rel=1e-12)

    @pytest.mark.parametrize(("text", "z", "expected"), sampled(NOT_TAKEN, 4))
    def test_a_case_that_is_not_taken_has_no_say_in_the_table(self, text, z, expected):
        """As by the ball."""
        found = both_ways(text, z)

        assert found.certified[0]
        assert expected == pytest.approx(found.high[0], rel=1e-12)

    def test_the_derivative_alone_may_have_none(self):
        """√z at 0 has a value and no derivative."""
        assert Why.NO_DERIVATIVE == enclose("sqrt(z)", 0.0).why[0]

    def test_a_root_of_0_times_a_negative_number_has_a_value(self):
        """√(sin(z) max(z, 0)) is 0 at −3, where √sin(z) has none; at 5 it has none either."""
        found = enclose("(sin(z)*relu(z))**0.5", -3.0, 2.0, 5.0)
        assert found.why.tolist() == [Why.UNDECIDED, Why.CERTIFIED, Why.UNDEFINED]
        assert [5120.0, 5120.0] == enclose("(abs(z)*z)**5", -2.0, 2.0).high.tolist()
        assert [5120.0, 5120.0] == enclose("(abs(z)*z)**a", -2.0, 2.0, a=5).high.tolist()

    def test_a_slope_that_is_not_decided_is_not_called_none(self):
        """acos(min(cosh(erf z), 1)) is 0; its border's second coefficient is 2/π, a ball."""
        assert Why.UNDECIDED == enclose("acos(min(cosh(erf(z)), 1))", 0.0).why[0]

    def test_a_line_of_a_graph_counts(self):
        """exp(log x) over two lines is undefined where log x is."""
        (x,) = symdiff.scalars("x")
        import sympy

        h = symdiff.elementwise(sympy.log, x)
        graph = symdiff.Graph("g", (x,), {"h": h, "y": symdiff.elementwise(sympy.exp, h)})
        found = symdiff.adjoints(graph).enclose(x=np.array([-1.0, 2.0]))

        assert {name: [False, True] for name in found} == {
            name: list(e.certified) for name, e in found.items()
        }

    @pytest.mark.parametrize("text", ["z*sigmoid(z)", "max(z, sin(z))", "abs(z)**3", "1.5*z"])
    def test_a_function_that_is_defined_everywhere_costs_nothing(self, text):
        """It is seen from its form, and nothing is evaluated for it."""
        assert is_total(symdiff.activation(text).formula)


class TestTies:
    @pytest.mark.parametrize(
        ("text", "z", "expected"),
        [
            ("min(z, abs(z))", 0.0, 1.0),
            ("max(z, z**3 + z)", 0.0, 1.0),
            ("where(z > 1, z**2, 2*z - 1)", 1.0, 2.0),
            ("max(sin(z), abs(sin(z)))", 1.0, np.cos(1.0)),
            ("abs(z)*z", 0.0, 0.0),
            ("where(z > 0, exp(z), 1 + z)", 0.0, 1.0),
            ("max(z/3, 1/3) + max(-z/3, -1/3)", 1.0, 0.0),
            pytest.param("z*where(z < 0, -atan(1/z), atan(z) + pi/2)", 0.0, np.pi / 2, marks=SLOW),
            ("where(z == 0, 0, z**3*sigmoid(1/z))", 0.0, 0.0),
        ],
    )
    def test_a_function_that_is_smooth_there_has_its_derivative(self, text, z, expected):
        """Whatever the convention of the formula says."""
        found = both_ways(text, z)

        assert found.certified[0]
        assert expected == pytest.approx(found.high[0], rel=1e-12)

    @pytest.mark.parametrize(
        ("text", "z", "expected"),
        [("relu(z)", 0.0, 0.0), ("abs(z)", 0.0, 0.0), ("max(z, sigmoid(0))", 0.5, 0.0)],
    )
    def test_at_a_kink_the_convention_stands(self, text, z, expected):
        """There is no derivative; relu has 0 at 0."""
        assert expected == both_ways(text, z).high[0]

    def test_in_a_neuron_too(self):
        """Along each line: of w nothing depends where x is 0, min(z, |z|) is z."""
        adjoints = symdiff.adjoints(symdiff.neuron("min(z, abs(z))"))
        found = adjoints.enclose(w=1.0, x=0.0, b=0.0, t=1.0)

        assert {"z": -1.0, "w": 0.0, "b": -1.0, "x": -1.0} == {
            name: found[name].high.item() for name in ("z", "w", "b", "x")
        }
        assert all(e.certified for e in found.values())

    def test_one_sided_series_know_polynomials_that_vanish(self):
        """z·0 > 0 never holds, on either side, and a border of higher order is left open."""
        (x, y) = symdiff.scalars("x y")
        rectified = symdiff.elementwise(lambda a, b: maximum(a * b, 0), x, y)
        graph = symdiff.Graph("g", (x, y), {"L": rectified})
        found = symdiff.adjoints(graph).enclose(x=3.0, y=0.0)

        assert (0.0, True) == (found["x"].high.item(), bool(found["x"].certified))


class TestNested:
    @pytest.mark.parametrize(
        "text",
        [
            "sign(acos(max(z, pi/(2 + exp(z)))))",  # e^(1e200) is beyond flint
            "where(acos(max(z, 1/(2 + exp(z)))) > 0, 1, 2)",
            "where(log(0 - z) > 0 or z < 9, 1, 2)",
        ],
    )
    def test_a_condition_without_a_value_leaves_the_function_without_one(self, text):
        """A step is flat wherever it has a value; where its argument has none, it has none."""
        assert not enclose(text, 1e200).certified.any()

    def test_a_bounded_function_does_not_hide_a_pole(self):
        """tan has a pole at π/2, and sin of the whole line is bounded."""
        found = enclose("sign(sin(tan(acos(z))) + 5)", 0.0, 0.5)
        assert found.certified.tolist() == [False, True]

    @pytest.mark.parametrize(
        ("text", "taken"),
        [
            ("max(z, max(z, min(6*z, z)) - z)", 5),
            ("min(max(z, 0), 3, 1e10*z)", 0),
        ],
    )
    def test_a_convention_outside_of_both_sides_is_no_derivative(self, text, taken):
        """Where cases are nested, the closed form's convention need not lie between the sides."""
        graph = symdiff.pointwise(symdiff.activation(text))
        form = symdiff.adjoints(graph)["z"]
        assert form.subs(real_symbol("z"), 0) == taken
        found = enclose(text, 0.0)
        assert not found.certified.any()
        assert found.why[0] == Why.NO_DERIVATIVE

    @pytest.mark.parametrize(
        "text", ["abs(relu(z - 1))**(1/3)", "relu(z - 1)**(2/7)", "relu(z - 1)**pi"]
    )
    @pytest.mark.parametrize("way", [enclose, pytest.param(both_ways, marks=SLOW)])
    def test_a_root_of_what_stays_zero_stays_zero(self, text, way):
        """Its closed form divides by 0 there, and the function is 0 all around."""
        found = way(text, 0.5, -3.0)
        assert found.certified.all()
        assert not found.high.any()

    @pytest.mark.parametrize(
        ("text", "slope"), [("relu(z)**(4/3)", 0), ("abs(z)**(3/2)", 0), ("(z**6)**(1/3)/z", 1)]
    )
    def test_a_root_of_what_vanishes_has_the_derivative_that_its_sides_have(self, text, slope):
        """|z|^(kr) with kr > 1 is flat at 0."""
        found = enclose(text, 0.0)
        assert not found.certified.any() or found.high[0] == slope

    @pytest.mark.parametrize(
        "text", ["abs(z)**pi", "relu(z)**pi", "abs(sin(z))**sqrt(2)", "abs(z)**e*sign(z)"]
    )
    def test_an_irrational_power_above_one_is_flat_where_it_vanishes(self, text):
        """There the closed form divides by 0."""
        found = enclose(text, 0.0)
        assert found.certified.all()
        assert found.high[0] == 0

    @pytest.mark.parametrize(
        "text", ["abs(z)**(log(4)/log(2))", "abs(z)**(log(2)/log(4))", "abs(z)**(1/pi)"]
    )
    def test_a_power_that_is_whole_in_disguise_is_not_taken_for_irrational(self, text):
        """z² has no derivative 0 beyond 0, and |z|, √|z| none at 0."""
        found = enclose(text, 0.0, 1e-9)
        assert found.high[0] == 0 if "log(4)/" in text else not found.certified[0]
        assert found.certified[1]
        assert found.high[1] > 0


class TestEdges:
    @pytest.mark.parametrize(
        ("text", "z"),
        [
            ("acos(where(z == 1, z, 3.493))", 1.0),
            ("where(z <= 0, z**1.5, (-z)**1.5)", 0.0),
            ("sign(sqrt(where(z == 2, 1, sin(z) - 2)))", 2.0),
            ("asin(cosh(z - 1.5))", 1.5),
        ],
    )
    def test_a_function_of_one_point_has_no_derivative_there(self, text, z):
        """Beside the point it has no value, on either side; its formula has one, or its limit."""
        found = both_ways(text, z)
        assert not found.certified[0]
        assert Why.NO_DERIVATIVE == found.why[0]

    @pytest.mark.parametrize(
        ("text", "z", "expected"),
        [("z**1.5", 0.0, 0), ("2*z + (1 - z)**1.5", 1.0, 2)],
    )
    def test_a_side_is_enough(self, text, z, expected):
        """At the end of the domain the derivative is that of the side on which there is one."""
        found = both_ways(text, z)
        assert found.certified[0]
        assert expected == found.high[0]

    @pytest.mark.parametrize(
        ("text", "z"), [("z + sign(sqrt(z))", 0.0), ("2*z + sign(sqrt(1 - z))", 1.0)]
    )
    def test_at_the_end_of_the_domain_too_a_jump_has_no_derivative(self, text, z):
        """(h + 1)/h grows beyond all bounds."""
        found = both_ways(text, z)
        assert not found.certified[0]
        assert Why.NO_DERIVATIVE == found.why[0]

    @pytest.mark.parametrize(
        ("text", "certified"),
        [
            ("abs(sign(z**pi))", [False, True]),
            ("z + abs(sign(sqrt(sin(z))))", [False, False]),
            ("z + abs(sign(sqrt(2 + sin(z))))", [True, True]),
            ("z + sign(log(-z))", [True, False]),
        ],
    )
    def test_a_limit_is_of_a_function_that_is_proven_to_have_values_far_out(self, text, certified):
        """Its derivative's formula alone, here a constant, does not say so."""
        assert certified == enclose(text, -np.inf, np.inf).certified.tolist()
