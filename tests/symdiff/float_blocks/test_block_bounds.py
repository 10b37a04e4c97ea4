"""Each loop's bound beside flint's truth, of operands anywhere within theirs; seed 71."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from flint import arb, ctx

from symdiff.float_blocks import arithmetic, bounds, conditions, functions
from symdiff.float_blocks.normal_cdf import cdf
from tests.symdiff.ball_operations import ONE, TWO

SEED = 71
COUNT = 60  # entries of a block
BITS = 2_600  # of sums of numbers from 2⁻⁹⁶⁰ to 2⁹⁶⁰ with errors
ERRORS = (0.0, 2.0**-60, 2.0**-53, 2.0**-45, 2.0**-28)

Truth = Callable[..., Any]
# loop: how many operands, the same of flint's balls
NUMBERS: dict[Any, tuple[int, Truth]] = {
    arithmetic.add: (2, lambda a, b: a + b),
    arithmetic.subtract: (2, lambda a, b: a - b),
    arithmetic.multiply: (2, lambda a, b: a * b),
    arithmetic.multiply_add: (3, lambda a, b, c: a * b + c),
    arithmetic.multiply_subtract: (3, lambda a, b, c: a * b - c),
    arithmetic.subtract_product: (3, lambda a, b, c: c - a * b),
    arithmetic.divide: (2, lambda a, b: a / b),
    arithmetic.square_root: (1, arb.sqrt),
    arithmetic.negative: (1, lambda a: -a),
    arithmetic.absolute: (1, abs),
    arithmetic.copy: (1, lambda a: a),
    arithmetic.maximum: (2, TWO["maximum"][1]),
    arithmetic.minimum: (2, TWO["minimum"][1]),
    functions.exp: (1, arb.exp),
    functions.expm1: (1, ONE["expm1"][1]),
    functions.log: (1, arb.log),
    functions.log1p: (1, ONE["log1p"][1]),
    functions.sigmoid: (1, ONE["sigmoid"][1]),
    functions.sigmoids: (1, ONE["sigmoid"][1]),
    functions.tanh: (1, ONE["tanh"][1]),
    functions.sech: (1, ONE["sech"][1]),
    functions.softplus: (1, ONE["softplus"][1]),
    functions.phi: (1, ONE["phi"][1]),
    functions.sine: (1, arb.sin),
    functions.cosine: (1, arb.cos),
    functions.arctangent: (1, arb.atan),
    cdf: (1, ONE["Phi"][1]),
}
DECISIONS: dict[Any, tuple[int, Truth]] = {
    conditions.greater: (2, lambda a, b: arb(a > b)),
    conditions.equal: (2, lambda a, b: arb(a == b)),
    conditions.both_greater: (4, lambda a, b, c, d: arb(a > b and c > d)),
    conditions.greater_chosen: (4, lambda a, b, c, d: c if a > b else d),
    conditions.step: (2, lambda a, b: arb(1) if a > 0 else b),
}
EVERY = {**NUMBERS, **DECISIONS}


def name_of(loop: Any) -> str:
    """What a loop is called."""
    return str(loop.py_func.__name__)


def number(x: float) -> arb:
    """The same in flint's."""
    return arb(float(x))


def blocks(rng: np.random.Generator, operands: int) -> list[list[np.ndarray]]:
    """Operands of usual size, of every size, cancelling and equal, small, with 0 and NaN."""

    def signs() -> np.ndarray:
        return rng.choice([-1.0, 1.0], COUNT)

    def usual() -> np.ndarray:
        return rng.normal(scale=3, size=COUNT)

    def every() -> np.ndarray:
        return signs() * np.exp2(rng.uniform(-960, 960, COUNT))

    near = usual()
    close = [near * (1 + s * 2.0**-e) for e in (8, 20, 44) for s in (-1, 1)]
    equal = [near, near * signs(), near, near][:operands]
    holes = [np.where(rng.random(COUNT) < 0.3, 0.0, usual()) for _ in range(operands)]
    nothing = [np.where(rng.random(COUNT) < 0.3, np.nan, usual()) for _ in range(operands)]
    wide = [signs() * np.exp2(rng.uniform(-12, 10, COUNT)) for _ in range(operands)]
    ones = [1 + rng.choice([0, 1, -1, 7], COUNT) * 2.0**-40 for _ in range(operands)]
    found = [[usual() for _ in range(operands)], [every() for _ in range(operands)]]
    found += [[near, c, near, c][:operands] for c in close]
    found += [equal, holes, nothing, wide, ones, [rng.uniform(0.1, 9, COUNT)] * operands]
    found += [
        [s * np.exp2(rng.uniform(-960, -900, COUNT)) for _ in range(operands)] for s in (1, -1)
    ]
    # a product that is a third operand, and one that underflows
    if operands > 2:
        a, b = usual(), usual()
        found.append([a, b, a * b, a])
        found.append([every() * 2.0**-100, every(), np.zeros(COUNT), np.ones(COUNT)])
        found = [block[:operands] for block in found]
    return [[np.where(np.abs(x) < 2.0**-960, 0.0, x) for x in block] for block in found]


def run(loop: Any, operands: list[np.ndarray], errors: list[float]) -> tuple[Any, Any, float]:
    """What a loop makes, in both registers, and its bound."""
    v, w = np.empty(COUNT), np.empty(COUNT)
    registers = [*operands, *[np.ones(COUNT)] * (4 - len(operands))]
    k = loop(v, w, *registers, *errors, *[0.0] * (4 - len(errors)))
    return v, w, k


def truths(rng: np.random.Generator, x: np.ndarray, error: float) -> list[arb]:
    """A number within a bound of each entry, its ends not seldom."""
    shares = np.clip(rng.uniform(-1.6, 1.6, len(x)), -1, 1)
    return [number(v) * (1 + number(error) * number(s)) for v, s in zip(x, shares, strict=True)]


def check(loop: Any, of: Any, seed: int = SEED) -> float:
    """No truth is off by more than the bound; the share of entries of which something is known.

    Args: loop, what is run, as if it was `of`.
    """
    operands, truth = EVERY[of]
    rng = np.random.default_rng([seed, *map(ord, name_of(of))])
    known, asked = 0, 0
    for block in blocks(rng, operands):
        for error in ERRORS:
            errors = [float(e) for e in rng.permutation([error, error, 0.0, 2.0**-53])[:operands]]
            if operands == 1:
                errors = [error]
            v, w, k = run(loop, block, errors)
            assert k == 0 or k >= 2.0**-60
            asked += COUNT
            if k == np.inf:
                continue
            made = [(v, truth)]
            if of is functions.sigmoids:
                made.append((w, lambda x: truth(-x)))
            points = [truths(rng, x, e) for x, e in zip(block, errors, strict=True)]
            for values, true in made:
                for i in np.flatnonzero(~np.isnan(values)).tolist():
                    known += 1
                    operand = [p[i] for p in points]
                    told = true(*operand)
                    assert told.is_finite(), (name_of(of), operand)
                    value = number(values[i])
                    assert value == 0 or 2.0**-961 <= abs(values[i]) <= 2.0**961
                    off = abs(told - value)
                    assert off <= number(k) * abs(value), (name_of(of), operand, value, k)
    return known / asked


@pytest.mark.parametrize("loop", EVERY, ids=name_of)
def test_no_truth_is_off_by_more_than_the_bound(loop: Any) -> None:
    """And of a quarter of the entries at least something is known."""
    with ctx.workprec(BITS):
        assert check(loop, loop) > (0.1 if loop is conditions.equal else 0.25)


@pytest.mark.parametrize(
    "loop", [n for n in NUMBERS if n not in (arithmetic.maximum, arithmetic.minimum)], ids=name_of
)
def test_a_kernel_that_is_off_is_told(loop: Any) -> None:
    """By 2⁻³⁰ of its values."""

    def falsified(v: Any, *rest: Any) -> float:
        k = loop(v, *rest)
        v *= 1 + 2.0**-30
        return float(k)

    with ctx.workprec(BITS), pytest.raises(AssertionError):
        check(falsified, loop)


@pytest.mark.parametrize("loop", [n for n in EVERY if n is not conditions.equal], ids=name_of)
def test_a_bound_that_forgets_the_operands_is_told(loop: Any) -> None:
    """As if all that a loop takes were exact."""

    def falsified(*rest: Any) -> float:
        return float(loop(*rest[:6], 0.0, 0.0, 0.0, 0.0))

    with ctx.workprec(BITS), pytest.raises(AssertionError):
        check(falsified, loop)


@pytest.mark.parametrize(
    "loop",
    [arithmetic.add, arithmetic.multiply_subtract, functions.log, functions.sine],
    ids=name_of,
)
def test_a_bound_that_forgets_what_cancels_is_told(loop: Any) -> None:
    """As if errors were added up, whatever the result."""

    def falsified(*rest: Any) -> float:
        k = loop(*rest)
        return float(min(k, (sum(rest[6:]) + 8 * 2.0**-53) * 2))

    with ctx.workprec(BITS), pytest.raises(AssertionError):
        check(falsified, loop)


@pytest.mark.parametrize("loop", EVERY, ids=name_of)
def test_of_operands_that_are_not_known_nothing_is(loop: Any) -> None:
    """Whatever a register holds whose bound is infinite, also where it holds 0 alone."""
    operands, _ = EVERY[loop]
    rng = np.random.default_rng(SEED)
    for unknown in range(operands):
        for held in (0.0, 1.0, -3.0, np.inf, np.nan):
            block = [rng.normal(size=COUNT) for _ in range(operands)]
            block[unknown] = np.full(COUNT, held)
            errors = [np.inf if i == unknown else 0.0 for i in range(operands)]
            v, _, k = run(loop, block, errors)
            assert k == np.inf or np.isnan(v).all() or loop is conditions.both_greater, held
            if loop is conditions.both_greater:  # the relation that is known may fail
                assert set(v[~np.isnan(v)]) <= {0.0}


@pytest.mark.parametrize("loop", NUMBERS, ids=name_of)
def test_of_usual_numbers_the_bound_is_some_units(loop: Any) -> None:
    """At most 2⁻⁴⁴ for exact operands."""
    rng = np.random.default_rng(SEED)
    operands = [rng.uniform(0.1, 20, COUNT) for _ in range(NUMBERS[loop][0])]
    v, _, k = run(loop, operands, [0.0] * len(operands))

    assert k <= 2.0**-44
    assert np.isfinite(v).all()


class TestConditions:
    """What is not certain is NaN, and a case that is not taken has no say."""

    TRUTHS = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, np.nan, np.nan, np.nan])
    OTHERS = np.array([0.0, 1.0, np.nan] * 3)

    def test_both(self) -> None:
        """One that fails decides it, whatever the other."""
        v = np.empty(9)
        conditions.both(
            v, v.copy(), self.TRUTHS, self.OTHERS, v.copy(), v.copy(), 0.0, 0.0, 0.0, 0.0
        )

        np.testing.assert_array_equal(v, [0, 0, 0, 0, 1, np.nan, 0, np.nan, np.nan])

    def test_contrary_and_chosen(self) -> None:
        """1 − a; and NaN of an open one, or of the case that is taken alone."""
        v = np.empty(9)
        conditions.contrary(v, v.copy(), self.TRUTHS, *[v.copy()] * 3, 0.0, 0.0, 0.0, 0.0)
        np.testing.assert_array_equal(v, 1 - self.TRUTHS)
        sevens = np.full(9, 7.0)
        k = conditions.chosen(
            v, v.copy(), self.TRUTHS, sevens, self.OTHERS, v.copy(), 0.0, 2.0**-50, 2.0**-40, 0.0
        )

        assert k == 2.0**-40
        np.testing.assert_array_equal(v, [0, 1, np.nan, 7, 7, 7, np.nan, np.nan, np.nan])

    def test_ties(self) -> None:
        """Equal numbers are neither more nor less, nor is what is nearer than its error."""
        a = np.array([1.0, 1.0, 1.0, np.nan])
        b = np.array([1.0, 1 - 2.0**-30, 1 + 2.0**-30, 1.0])
        v = np.empty(4)
        for error, told in ((0.0, [np.nan, 1, 0, np.nan]), (2.0**-28, [np.nan] * 4)):
            conditions.greater(v, v.copy(), a, b, a, b, error, 0.0, 0.0, 0.0)
            np.testing.assert_array_equal(v, told)
        conditions.step(v, v.copy(), np.array([-3.0, 0.0, 2.0, np.nan]), a * 0, a, b, *[0.0] * 4)
        np.testing.assert_array_equal(v, [0, np.nan, 1, np.nan])


class TestRange:
    """Where K would not hold there is none."""

    @pytest.mark.parametrize("x", [2.0**-961, -(2.0**-1074), 2.0**961, np.inf, np.nan])
    def test_what_lies_outside_is_told(self, x: float) -> None:
        """Subnormal, large, infinite, NaN; 0 is in it."""
        a = np.array([0.0, 2.0**-960, -(2.0**960), -0.0, x])
        assert not bounds.is_plain(a)
        assert bounds.is_plain(a[:-1])
        bounds.tamed(a)
        np.testing.assert_array_equal(np.isnan(a), [False] * 4 + [True])
        assert not bounds.is_finite(a)
        assert bounds.is_finite(a[:-1])

    def test_a_product_that_underflows_is_not_zero(self) -> None:
        """Nor is a quotient, nor a product with 0 to add."""
        tiny, zero = np.array([2.0**-600, 0.0]), np.zeros(2)
        for loop, operands in (
            (arithmetic.multiply, [tiny, np.array([2.0**-600] * 2)]),
            (arithmetic.divide, [tiny, np.array([2.0**600] * 2)]),
            (arithmetic.multiply_add, [tiny, np.array([2.0**-600] * 2), zero]),
        ):
            v = np.empty(2)
            registers = [*operands, *[zero] * (4 - len(operands))]
            loop(v, v.copy(), *registers, 0.0, 0.0, 0.0, 0.0)
            np.testing.assert_array_equal(v, [np.nan, 0.0])


@pytest.mark.parametrize(
    ("loop", "operands"),
    [
        (arithmetic.subtract, [np.array([3.0, 1.0, -2.0]), np.array([1.0, 1 + 2.0**-51, 5.0])]),
        (functions.log, [np.array([3.0, 1 + 2.0**-51, 0.2])]),
        (functions.sine, [np.array([3.0, 3.141592653589793, 0.2])]),
    ],
    ids=["subtract", "log", "sine"],
)
def test_one_that_cancels_is_left_alone(loop: Any, operands: list[np.ndarray]) -> None:
    """It is NaN, and the others have the bound that they had without it."""
    v = np.empty(3)
    registers = [*operands, *[np.ones(3)] * (4 - len(operands))]
    k = loop(v, v.copy(), *registers, *[2.0**-52] * len(operands), *[0.0] * (4 - len(operands)))

    assert np.isnan(v).tolist() == [False, True, False]
    assert k <= 2.0**-30


QUICK = {arithmetic.add, arithmetic.multiply, conditions.greater_chosen, functions.exp, cdf}


@pytest.mark.parametrize(
    "loop",
    [
        pytest.param(loop, marks=() if loop in QUICK else pytest.mark.slow, id=name_of(loop))
        for loop in (*EVERY, conditions.both, conditions.contrary, conditions.chosen)
    ],
)
def test_a_block_loop_is_made_of_vectors(loop: Any) -> None:
    """Else it takes three to six times as long."""
    anew = numba.njit(nogil=True, boundscheck=False, error_model="numpy")(loop.py_func)
    anew(*(np.full(8, 0.5) for _ in range(6)), 0.0, 0.0, 0.0, 0.0)

    (made,) = anew.inspect_llvm().values()
    assert "vector.body" in str(made)
