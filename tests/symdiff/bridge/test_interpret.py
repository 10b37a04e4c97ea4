"""Running a program number by number, in mpmath."""

import time
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy

import symdiff
from symdiff.bridge.interpret import compile_mpmath, interpret, run_mpmath
from symdiff.functions import maximum, minimum, sigmoid, sinc
from symdiff.graph import array, contraction, elementwise, scalars
from symdiff.programs.program import program

z = sympy.Symbol("z", real=True)


def test_the_precision_is_that_of_the_call():
    """A compiled expression computes at the precision in force when it is called."""
    third = compile_mpmath([z], z / 3)
    with mpmath.workdps(100):
        assert mpmath.almosteq(third(mpmath.mpf(1)), mpmath.mpf(1) / 3, mpmath.mpf("1e-99"))


@pytest.mark.parametrize(
    ("expression", "at"),
    [(sympy.log(z), -1), (sympy.sqrt(z), -1), (1 / z, 0), (sympy.asin(z), 2), (sigmoid(z), "nan")],
    ids=str,
)
def test_no_real_value_is_nan(expression, at):
    """Where there is no real value the result is NaN, neither complex nor an error."""
    assert mpmath.isnan(compile_mpmath([z], expression)(mpmath.mpf(at)))


def test_of_nan_a_case_is_nan_too():
    """relu's cases do not hold NaN: its value is NaN, not 0."""
    relu = compile_mpmath([z], sympy.Piecewise((z, z > 0), (0, True)))

    assert mpmath.isnan(relu(mpmath.nan))


def test_constants_and_arrays():
    """Shapes are kept, and a program without inputs gives its constant."""
    (a,) = scalars("a")
    steps = program({"y": elementwise(lambda p: p + 1, a)})

    assert run_mpmath(steps, {"a": np.zeros((2, 3))})["y"].shape == (2, 3)


@pytest.mark.parametrize("value", [0.1, np.float64(0.1)], ids=["float", "float64"])
def test_floats_are_exact(value):
    """A float is taken for the number that it is."""
    (a,) = scalars("a")
    with mpmath.workdps(60):
        got = run_mpmath(program({"y": a}), {"a": value})["y"]

        assert got == mpmath.mpf(Fraction(0.1).numerator) / Fraction(0.1).denominator


def test_rationals_have_all_their_digits():
    """1/3 is divided at the working precision."""
    (a,) = scalars("a")
    with mpmath.workdps(60):
        got = run_mpmath(program({"y": a}), {"a": sympy.Rational(1, 3)})["y"]

        assert abs(3 * got - 1) < mpmath.mpf("1e-59")


def test_a_sum_over_all_axes_is_a_number():
    """The sum over everything is one number in an array without axes."""
    x = array("x", "n")
    got = run_mpmath(program({"y": contraction((x,), ())}), {"x": np.array([1.0, 2.0])})["y"]

    assert got.shape == ()
    assert got[()] == 3


def test_another_arithmetic_can_be_given():
    """`interpret` runs whatever compiles scalar expressions: here Python's fractions."""
    a, b = scalars("a b")
    steps = program({"y": elementwise(lambda p, q: p * q + p, a, b)})
    arguments = {"a": np.asarray(Fraction(1, 3)), "b": np.asarray(Fraction(1, 2))}
    got = interpret(steps, arguments, lambda s, e: sympy.lambdify(s, e, modules=[{}]))

    assert got["y"][()] == Fraction(1, 2)


def test_the_layer_in_mpmath_is_the_layer_in_numpy():
    """Both arithmetics run the same program."""
    random = np.random.default_rng(23)
    given = {"w": random.standard_normal((4, 2)), "x": random.standard_normal(4)}
    given |= {"b": random.standard_normal(2), "y": random.uniform(0, 1, 2)}
    found = symdiff.adjoints(symdiff.linear_layer())
    fast, slow = found.lambdify()(**given), found.lambdify("mpmath")(**given)
    for name in found:
        np.testing.assert_allclose(fast[name], np.asarray(slow[name], float), rtol=1e-13)


@pytest.mark.parametrize("at", [1e3, 1e8, 1e300, -1e300])
@pytest.mark.parametrize(
    "expression",
    [
        sympy.sin(sympy.exp(sympy.exp(z))),
        sinc(sympy.exp(sympy.exp(z))),
        sympy.exp(sympy.exp(sympy.exp(z))),
        sigmoid(sympy.exp(sympy.exp(z))),
        sympy.exp(sympy.exp(z)) ** sympy.exp(z),
        sympy.erfc(sympy.exp(z)),
        z ** sympy.exp(z),
    ],
    ids=str,
)
def test_towers_end_at_once(expression, at):
    """A tower of exponentials has a limit or NaN for a value, and takes neither time nor memory."""
    began = time.process_time()
    compile_mpmath([z], expression)(mpmath.mpf(at))

    assert time.process_time() - began < 2


def test_limits_of_what_is_too_large():
    """e^(e^z) at 10⁹ is infinite, e^(−e^(e^z)) is 0, and the sine of it is not known."""
    tower = sympy.exp(sympy.exp(z))

    assert compile_mpmath([z], tower)(mpmath.mpf(1e9)) == mpmath.inf
    assert compile_mpmath([z], sympy.exp(-tower))(mpmath.mpf(1e9)) == 0
    assert mpmath.isnan(compile_mpmath([z], sympy.sin(tower))(mpmath.mpf(1e9)))


@pytest.mark.parametrize(("function", "expected"), [(maximum, 3), (minimum, 2)])
def test_extremes(function, expected):
    """The larger and the smaller of two numbers, in mpmath too."""
    assert compile_mpmath([z], function(z, 3))(mpmath.mpf(2)) == expected


def test_an_operation_may_have_more_operands_than_numpy_allows():
    """The sum of 80 numbers and arrays, entry by entry."""
    names = [f"x{i}" for i in range(80)]
    inputs = scalars(" ".join(names))
    total = elementwise(lambda *values: sum(values), *inputs)
    given = {name: np.full((2, 1), i) if i % 2 else np.arange(3) for i, name in enumerate(names)}
    found = run_mpmath(program({"y": total}), given)["y"]

    expected = sum(range(1, 80, 2)) + 40 * np.arange(3)
    assert (2, 3) == found.shape
    assert [expected.tolist()] * 2 == found.tolist()
