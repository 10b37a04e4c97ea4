"""Running error bounds: exact arithmetic of rationals never leaves them; seed 43."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdiff.bridge.running_error import (
    UNIT,
    Condition,
    Number,
    add,
    chosen,
    compare,
    conjunction,
    disjunction,
    divide,
    larger,
    multiply,
    negation,
    power,
    smaller,
    square_root,
    step,
    watched,
)

values = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, 5e-324, -1e-310, 1e-200, 1e200, 1.0, -1.0, 1.7e308]),
)
errors = st.sampled_from([0.0, 1e-16, 1e-9, 1e-3, 2.0])
sides = st.floats(-1, 1)


def known(value, relative):
    """A number that may be off by a relative error, as an absolute part."""
    e = min(abs(value) * relative, 1e308)
    return Number(np.array([value]), 0.0, np.array([e]))


def somewhere(number, side):
    """A truth that the number allows."""
    return Fraction(float(number.value[0])) + Fraction(float(number.e[0])) * Fraction(side)


def holds(number, truth):
    """Whether the bound holds for the truth; one that is infinite or NaN says nothing."""
    value, error = float(number.value[0]), float(np.ravel(number.error())[0])
    if not error < np.inf:
        return True
    return abs(truth - Fraction(value)) <= Fraction(error) * Fraction(1 + 1e-9)


@given(values, values, errors, errors, sides, sides, st.booleans())
def test_arithmetic(x, y, error_x, error_y, side_x, side_y, fine):
    """Sums, products, quotients, powers and extremes of any truths are within their bounds."""
    a, b = known(x, error_x), known(y, error_y)
    p, q = somewhere(a, side_x), somewhere(b, side_y)
    with watched(fine=fine):
        assert holds(add([a, b]), p + q)
        assert holds(add([a, b, a]), p + q + p)
        assert holds(multiply(a, b), p * q)
        assert holds(power(a, 3), p**3)
        assert holds(power(a, 7), p**7)
        assert holds(larger(a, b), max(p, q))
        assert holds(smaller(a, b), min(p, q))
        assert holds(step(a, -1.0, 0.0), Fraction((p > 0) - (p < 0)))
        if q:
            assert holds(divide(a, b), p / q)


@given(values, errors, sides)
def test_a_root(x, error, side):
    """The square of the bound's ends holds the number itself."""
    a = known(abs(x), error)
    truth = somewhere(a, side)
    with watched():
        root = square_root(a)
    value, off = Fraction(float(root.value[0])), float(np.ravel(root.error())[0])
    if off < np.inf and truth >= 0:
        high = value + Fraction(off) * Fraction(1 + 1e-9)

        assert high**2 >= truth
        assert max(high - 2 * Fraction(off) * Fraction(1 + 1e-9), 0) ** 2 <= truth


@given(values, values, values, values, errors, sides, sides)
def test_cases(x, y, then, otherwise, error, side_x, side_y):
    """Of two cases the bound holds the one that is true, or both where that is open."""
    a, b = known(x, error), known(y, error)
    p, q = somewhere(a, side_x), somewhere(b, side_y)
    with watched():
        found = chosen(
            compare(np.greater, a, b),
            Number(np.array([then])),
            Number(np.array([otherwise])),
        )

        assert holds(found, Fraction(then if p > q else otherwise))


def test_a_bound_that_is_too_small_is_found():
    """The check can fail: no error at all is not enough for 1/3."""
    third = Number(np.array([1.0]) / 3)

    assert not holds(third, Fraction(1, 3))


def test_exact_numbers_keep_cheap_bounds():
    """Products and sums without cancellation carry a number of units and no array."""
    x = Number(np.linspace(1, 2, 50))
    with watched():
        found = add([multiply(x, x), multiply(x, multiply(x, x))])

    assert found.e is None
    assert 0 < found.c < 10


@pytest.mark.parametrize(
    ("a", "b", "and_", "or_"),
    [
        *[("T", "T", "T", "T"), ("T", "F", "F", "T"), ("F", "F", "F", "F")],
        *[("T", "?", "?", "T"), ("F", "?", "F", "?"), ("?", "?", "?", "?")],
    ],
)
def test_three_valued_conditions(a, b, and_, or_):
    """What is decided by one side alone is decided."""

    def condition(text):
        return Condition(np.array([text == "T"]), np.array([text == "?"]))

    def read(found):
        is_open = found.open is not None and found.open[0]
        return "?" if is_open else "T" if found.holds[0] else "F"

    assert and_ == read(conjunction(condition(a), condition(b)))
    assert or_ == read(disjunction(condition(a), condition(b)))
    assert or_ == read(negation(conjunction(negation(condition(a)), negation(condition(b)))))


def test_an_undefined_side_of_a_comparison():
    """NaN in a condition leaves nothing known, though both cases agree."""
    one = Number(np.array([1.0]))
    with watched():
        found = chosen(compare(np.greater, Number(np.array([np.nan])), one), one, one)

    assert np.isinf(found.e[0])


def test_underflow_on_the_way():
    """An e^400·0 is not taken for 0."""
    with watched():
        tiny = multiply(Number(np.array([1e-200])), Number(np.array([1e-200])))
        found = multiply(Number(np.array([1e173])), tiny)

    assert found.value[0] == 0
    assert not found.within(1e-9, 1e-322)[0]


def test_the_unit():
    """A rounding costs at most half the distance of two numbers."""
    assert np.finfo(float).eps / 2 == UNIT
