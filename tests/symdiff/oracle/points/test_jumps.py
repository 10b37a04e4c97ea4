"""Where a function jumps it has no derivative, whatever its slopes beside the point are."""

import numpy as np
import pytest
import sympy

import symdiff
from symdiff.functions import ceil, floor, rint, trunc
from symdiff.graph.kinds.stop import stop
from symdiff.oracle.enclosures.enclosure import Why

_TINY = "*".join(["2**-1000"] * 5)


def enclose(text, *points, **parameters):
    """The derivative of a formula in z at some points."""
    graph = symdiff.pointwise(symdiff.activation(text, **parameters))
    return symdiff.adjoints(graph).enclose(z=np.array(points))["z"]


JUMPING = [
    ("where(z > 0, z + 1, z)", 0.0),
    ("where(z >= 0, z + 1, z)", 0.0),
    ("z - where(z >= 10, 1e20, Phi(z))", 10.0),
    ("where(z > 0, z + 2**-70, z)", 0.0),
    ("where(z > 1, z + 2**-70, z)", 1.0),
    ("where(z > 1, z + 2**-900, z)", 1.0),
    ("where(z == 1, 5, z)", 1.0),
    ("sign(z)", 0.0),
    ("z + sign(z**3)", 0.0),
    ("where(sinh(asinh(z)) > 1, z + 1, z)", 1.0),
    ("where(z > 1, exp(z), e*z + 2**-500)", 1.0),
    ("where(z > 0, 1, 0) + where(z < 0, 1, 0) + z", 0.0),
]


@pytest.mark.parametrize(("text", "z"), JUMPING)
def test_at_a_jump_there_is_no_derivative(text, z):
    """Though the formula's slopes are one on both sides; a float beside there is one."""
    found = enclose(text, z, np.nextafter(z, 9), np.nextafter(z, -9))

    assert found.why.tolist() == [Why.NO_DERIVATIVE, Why.CERTIFIED, Why.CERTIFIED]


@pytest.mark.parametrize(("text", "z"), JUMPING)
def test_nor_is_there_among_many_points(text, z):
    """As many as a table is made for."""
    filling = np.linspace(-5, 5, 60_000).astype(np.float32).astype(np.float64)
    graph = symdiff.pointwise(symdiff.activation(text))
    found = symdiff.adjoints(graph).enclose(z=np.array([z, *filling]), target="float32")["z"]

    assert Why.NO_DERIVATIVE == found.why[0]
    assert found.certified[1:][filling != z].all()


@pytest.mark.parametrize(
    ("text", "z"),
    [
        ("where(softplus(z) > log(2), z + 1, z)", 0.0),
        (f"where(z > 0, softplus(z), log(2) + z/2 + {_TINY})", 0.0),
        (f"where(z > 1, exp(z), e*z + {_TINY})", 1.0),
    ],
)
def test_what_no_ball_tells_apart_is_not_taken_for_equal(text, z):
    """A border that is 0 in truth and never exactly; a jump of 2⁻⁵⁰⁰⁰."""
    found = enclose(text, z, z + 2.0**-20)

    assert found.certified.tolist() == [False, True]


CONTINUOUS = [
    ("where(z > 0, z, 0)", 0.0, 0.0),
    ("where(abs(z) < 1, z**2/2, abs(z) - 1/2)", 1.0, 1.0),
    ("where(abs(z) < 1, z**2/2, abs(z) - 1/2)/3 + exp(z)", -1.0, np.exp(-1.0) - 1 / 3),
    ("where(z > 0, z + log1p(exp(-z)), log1p(exp(z)))", 0.0, 0.5),
    ("where(z >= 0, 1/(1 + exp(-z)), exp(z)/(1 + exp(z)))", 0.0, 0.25),
    ("where(z > 1, exp(z), e*z)", 1.0, np.e),
    ("where(-1 - z == 0, z*sigmoid(z), z*sigmoid(z) + (-1 - z)**2)", -1.0, 0.07232948812851328),
    ("where(z > 1, exp(z), 0) + where(z <= 1, exp(z), 0)", 1.0, np.e),
    ("where(z > 0, 1, 0) + where(z <= 0, 1, 0) + z", 0.0, 1.0),
    ("exp(where(z == 0, 1, sin(z)/z)/3) + z", 0.0, 1.0),
    ("where(z == 1, 1, log(z)/(z - 1))/3", 1.0, -1 / 6),
    ("sign(z)*abs(z)", 0.0, 1.0),
    ("sign(z/3 - 1/3)*(z - 1)**2", 1.0, 0.0),
    ("where(z > 0, exp(-1/z), 0)", 0.0, 0.0),
]


@pytest.mark.parametrize(("text", "z", "expected"), CONTINUOUS)
def test_where_the_values_of_the_cases_are_one_it_is_certified(text, z, expected):
    """By numbers that are equal: exactly, as rational ones, or as SymPy writes them."""
    found = enclose(text, z)

    assert found.certified[0]
    assert expected == pytest.approx(found.high[0], rel=1e-14)


@pytest.mark.parametrize(
    ("function", "steps", "between"),
    [
        (floor, [0.0, 2.0, -3.0], [0.5, 2.5]),
        (ceil, [0.0, 2.0, -3.0], [0.5, 2.5]),
        (trunc, [2.0, -3.0], [0.0, 0.5, -0.5]),
        (rint, [0.5, -2.5], [0.0, 1.0, 3.25]),
    ],
)
def test_a_rounding_has_no_derivative_at_its_steps(function, steps, between):
    """Elsewhere it is 0."""
    (x,) = symdiff.scalars("x")
    graph = symdiff.Graph("f", (x,), {"y": symdiff.elementwise(lambda x: function(x) + 3 * x, x)})
    found = symdiff.adjoints(graph).enclose(x=np.array([*steps, *between]))["x"]

    assert not found.certified[: len(steps)].any()
    assert found.certified[len(steps) :].all()
    assert (found.high[len(steps) :] == 3).all()


def test_a_constant_that_jumps_does_not_move():
    """x + detach(x > 0) has the slope 1, x detach(x > 0) what the mask is; y does not move in x."""
    x, y = symdiff.scalars("x y")

    def at_zero(function, *inputs):
        mask = stop(symdiff.elementwise(lambda x: sympy.Piecewise((1, x > 0), (0, True)), x), "")
        graph = symdiff.Graph("f", inputs, {"y": symdiff.elementwise(function, mask, *inputs)})
        found = symdiff.adjoints(graph).enclose(**{n.name: 0.0 for n in inputs})["x"]
        assert found.certified.all()
        return found.high.item()

    assert at_zero(lambda m, x: x + m, x) == 1
    assert at_zero(lambda m, x: x * m, x) == 0
    steps = symdiff.elementwise(lambda x, y: x + sympy.sign(y) + sympy.sign(x) * x, x, y)
    found = symdiff.adjoints(symdiff.Graph("f", (x, y), {"z": steps})).enclose(x=1.0, y=0.0)
    assert found["x"].certified.all()
    assert found["y"].why == Why.NO_DERIVATIVE


@pytest.mark.parametrize(
    ("text", "z", "why"),
    [
        ("where(z**2 - z/2 >= 1.5, cos((z - pi)**1000), cos(z - z))", -1.0, Why.NO_DERIVATIVE),
        ("where(z >= 1, sin((z + sqrt(2)*pi + e)**30), z)", 1.0, Why.NO_DERIVATIVE),
        ("sigmoid(where((z - 1e9)**3 <= 0, z**3/7, z**3/7 + 2**-70))", 1e9, Why.UNDECIDED),
    ],
)
def test_powers_of_sums_are_not_multiplied_out_nor_those_of_e(text, z, why):
    """SymPy would not be done with 1,001 terms in time, nor with a degree of 10²⁷ at all."""
    found = enclose(text, z)

    assert found.why[0] == why


@pytest.mark.parametrize(
    ("text", "z", "why"),
    [
        ("sqrt(z)", 0.0, Why.NO_DERIVATIVE),
        ("sqrt(abs(z))", 0.0, Why.NO_DERIVATIVE),
        ("sqrt(1 - cos(z))", 0.0, Why.NO_DERIVATIVE),
        ("acos(min(z, 1))", 1.0, Why.UNDECIDED),
    ],
)
def test_none_is_said_only_where_it_is_proven(text, z, why):
    """By slopes that differ, or that grow beyond all bounds."""
    assert why == enclose(text, z).why[0]


def test_a_deep_chain_of_scalars_goes_line_by_line():
    """So deep that no closed form is written: at its end a jump, and a tie, which is left open."""
    (x,) = symdiff.scalars("x")
    deep = x
    for _ in range(400):
        deep = symdiff.elementwise(lambda a, b: sympy.sin(a) * b + a, deep, deep)
    jumping = symdiff.elementwise(lambda a: sympy.Piecewise((a + 1, a > 0), (a, True)), deep)
    steady = symdiff.elementwise(lambda a: sympy.Piecewise((a, a > 0), (a + a**2, True)), deep)
    for end in (jumping, steady):
        found = symdiff.adjoints(symdiff.Graph("deep", (x,), {"y": end}))
        assert found.enclose(x=np.array([0.0, 1e-200]))["x"].certified.tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "z"),
    [("log(3 - z)", 5.0), ("where(z > 0, z**2 + 1, z**2)", 0.0), ("z**2 + sqrt(z)**2", -1.0)],
)
def test_where_there_is_no_function_or_it_jumps_there_is_no_second_derivative(text, z):
    """Though the formula of the first has a value and a slope."""
    graph = symdiff.pointwise(symdiff.activation(text))
    lines = {"d": symdiff.adjoints(graph).nodes["z"]}
    twice = symdiff.adjoints(symdiff.Graph("twice", graph.inputs, lines, derived_from=graph))
    assert twice.enclose(z=np.array([z, 2.5]))["z"].certified.tolist() == [False, True]


def test_second_derivatives_of_formulas_with_conditions_on_infinities_are_enclosed():
    """SymPy refuses to compare 1/0 with 0: of what is put in nothing is known then."""
    log = "log1p(relu(z))"
    inner = f"where({log} < 0, cosh(z), cosh(z) + ({log})**2*(sin(z)))"
    text = f"(where({log} < 0, cosh(z), {inner})) * max(z**3/7, z**3/7 + (cos(z) - 1)*exp(z)/3)"
    graph = symdiff.pointwise(symdiff.activation(text))
    lines = {"d": symdiff.adjoints(graph).nodes["z"]}
    twice = symdiff.adjoints(symdiff.Graph("twice", graph.inputs, lines, derived_from=graph))
    at = np.array([0.0, -0.0, 5e-324, -5e-324, 1e-30, -1e-310, -1.0, 1e10, -1e5, 300.0, 1.0])
    found = twice.enclose(z=at)["z"]

    assert found.certified[0]
    assert found.high[0] == 0
