"""Borders of formulas of several variables: known ones are met in the type, and beside them."""

import numpy as np
import pytest

import symdiff
from comparisons.dtypes import FLOAT_TYPES, float_type
from comparisons.inputs.borders import borders
from comparisons.inputs.several import several
from symdiff.definition import user_definition

types = pytest.mark.parametrize("dtype", FLOAT_TYPES.values(), ids=str)
DOUBLE = float_type("float64")


@types
@pytest.mark.parametrize(
    ("loss", "distance"),
    [
        ("l1", lambda y, t: y - t),
        ("huber", lambda y, t: abs(y - t) - 1),
        ("smooth_l1", lambda y, t: abs(y - t) - 1),
        ("max(0, 1 - y*t)", lambda y, t: y * t - 1),
        ("max(0, 1 - y*t)**2", lambda y, t: y * t - 1),
    ],
)
def test_a_border_is_met_exactly_and_left_by_a_unit_on_either_side(loss, distance, dtype):
    """Values of the type on the tie or the margin, and the ones next to it."""
    points = borders(symdiff.loss(loss), dtype)
    with np.errstate(all="ignore"):
        far = distance(points["y"], points["t"])

    assert np.count_nonzero(far == 0) >= 20
    near = far[np.abs(far) < 2.0 ** (4 - dtype.precision)]
    assert (near > 0).any()
    assert (near < 0).any()


@pytest.mark.parametrize(
    ("formula", "variable", "where"),
    [
        ("exp(y) - t*y", "y", 709.782712893384),  # e^y leaves the type
        ("softplus(y) - t*y", "y", -708.396418532264),  # ∂/∂y is subnormal from here on, at t = 0
        ("y/(1 + t**2)", "t", 2.0**26.5),  # 1 + t² is t²
        ("(y - t)**2", "y", 1.34078079299426e154),  # its square leaves the type
        ("y*log(t + 1e-8)", "t", 2.0**-53 * 1e-8),  # t is lost beside 10⁻⁸
        ("y**2*(t - 3)*(t + 5)", "t", 3.0),  # roots
    ],
)
def test_where_a_part_leaves_the_type_or_is_lost_is_found(formula, variable, where):
    """To nine digits."""
    found = borders(symdiff.loss(formula), DOUBLE)[variable]

    assert min(abs(found - where)) < 1e-9 * abs(where)


def test_three_variables_have_borders_too():
    """|x − t| = s is met for each of the three."""
    definition = user_definition("max(abs(x - t) - s, 0)", ("x", "t", "s"), {})
    points = borders(definition, DOUBLE)
    met = abs(points["x"] - points["t"]) == points["s"]

    assert all(np.unique(points[v][met]).size > 10 for v in "xts")


@types
@pytest.mark.parametrize("name", symdiff.losses)
def test_losses_are_asked_in_every_part_of_the_range_and_not_too_often(name, dtype):
    """Beyond ±100, near 0, at ties, at ends of an interval; at most 20,000 points."""
    definition = symdiff.loss(name)
    points = several(definition, dtype)
    y, t = points["y"], points["t"]

    assert y.size <= 20_000
    assert np.count_nonzero(y == t) > 100
    small = 2.0 ** (dtype.e_min / 2)
    for variable, values in points.items():
        size = np.abs(values)
        assert np.count_nonzero((size > 0) & (size < small)) > 100
        if variable not in definition.domain:
            assert np.count_nonzero(size > 100) > 500
            assert np.count_nonzero(size > np.sqrt(dtype.largest)) > 100


def test_an_end_of_the_domain_is_asked_only_where_the_function_has_a_value():
    """bce has one at t = 0 and 1, and none at y = 0 and 1, which are approached."""
    points = several(symdiff.loss("bce"), DOUBLE)

    assert {0.0, 1.0} <= set(points["t"])
    assert not {0.0, 1.0} & set(points["y"])
    assert points["y"].min() < 1e-300
    assert points["y"].max() == 1 - 2.0**-53


def test_a_parameter_without_an_end_is_no_obstacle():
    """Huber with δ = ∞ is ½ (y − t)²."""
    assert borders(symdiff.loss("huber", delta="inf"), DOUBLE)["y"].size > 0
