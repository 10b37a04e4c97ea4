"""The points that float64 does not settle, in balls."""

import numpy as np
import pytest
import sympy

from symdiff.bridge.rescue import Rescue, rescued_arrays
from symdiff.graph import array, constant, contraction, elementwise, scalars
from symdiff.programs.program import program

(z,) = scalars("z")


def rescue(function, points, constants=(), guards=()):
    """The values of a function of z at some points."""
    steps = program({"y": elementwise(function, z)}, shared=False)
    return Rescue(steps, dict(constants), guards)({"z": np.array(points, dtype=float)})["y"]


@pytest.mark.parametrize(
    ("function", "point", "expected"),
    [
        (lambda x: sympy.exp(x) / (1 + sympy.exp(2 * x)), 400.0, 1.9151695967140057e-174),
        (lambda x: sympy.sin(sympy.pi * x), 1e15 + 0.5, 1.0),
        (lambda x: sympy.sin(sympy.pi * x), 3.0, 0.0),
        (sympy.exp, 1e300, np.inf),
        (sympy.exp, -1e300, 0.0),
        (sympy.log, -1.0, np.nan),
        (lambda x: sympy.sin(sympy.exp(x)), 1e8, np.nan),
        (lambda x: (1 + x) - 1, 1e-200, 1e-200),
    ],
)
def test_values(function, point, expected):
    """The nearest float64, infinite beyond it, NaN where there is none or 4096 bits find none."""
    np.testing.assert_array_equal([expected], rescue(function, [point]))


def test_points_that_repeat():
    """Each distinct point is computed once, and put wherever it stands."""
    np.testing.assert_array_equal([4, 9, 4, 1], rescue(lambda x: x**2, [2, 3, -2, 1]))


def test_a_guard_is_asked_for_a_value_only():
    """A guard that exists is 0, one that does not is NaN."""
    found = rescue(sympy.log, [2.0, -2.0], guards=["y"])

    np.testing.assert_array_equal([0.0, np.nan], found)


def test_a_parameter_stands_in_the_program_as_a_number():
    """z^a/z at 0 is 0 for a = 2; a large exponent is a ball, and ends."""
    power = sympy.Symbol("a", real=True)
    f = lambda x: x**power / x  # noqa: E731 - one line of mathematics

    assert rescue(f, [0.0], {"a": sympy.Integer(2)}) == 0
    assert rescue(f, [2.0], {"a": sympy.Integer(10) ** 9}) == np.inf


def test_arrays():
    """A mean of what overflows on its way is right to the last bit, NaN where it is undefined."""
    x = array("x", "n")
    steps = program({"y": contraction((elementwise(lambda v: v**3 / (1 + v**2), x),), ())})
    logarithm = program({"y": elementwise(sympy.log, x), "one": constant(1)})

    assert rescued_arrays(steps, {"x": np.array([1e200, 1.0])})["y"] == 1e200
    np.testing.assert_array_equal(
        [0.0, np.nan], rescued_arrays(logarithm, {"x": np.array([1.0, -1.0])})["y"]
    )
