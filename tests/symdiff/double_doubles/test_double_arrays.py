"""Sums, products and what moves data in balls of two float64, beside exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from symdiff.double_doubles.array import (
    DoubleDoubles,
    exactly,
    flags_of_largest,
    matrix_product,
    scattered,
    summed,
)
from symdiff.double_doubles.slices import sliced


def drawn(rng: np.random.Generator, *shape: int, exact: float = 0.5) -> DoubleDoubles:
    """Numbers of sizes far apart, some 0 or subnormal, with low parts and radii."""
    exponents = rng.choice([rng.uniform(-30, 5), rng.uniform(-1060, 300)], shape)
    values = rng.standard_normal(shape) * np.exp2(exponents)
    values[rng.random(shape) < 0.1] = 0.0
    low = values * rng.uniform(-1, 1, shape) * 2.0**-54
    low[rng.random(shape) < 0.3] = 0.0
    high = values + low
    radii = np.abs(values) * np.exp2(rng.uniform(-110, -3, shape))
    radii[rng.random(shape) < exact] = 0.0
    return DoubleDoubles(high, low - (high - values), radii)


def truths(rng: np.random.Generator, of: DoubleDoubles) -> np.ndarray:
    """An exact number in each ball."""
    shares = rng.choice([-1.0, -0.5, 0.0, 1.0], of.shape)
    exact = np.frompyfunc(Fraction, 1, 1)
    return np.asarray(exact(of.high) + exact(of.low) + exact(of.radius) * exact(shares))


def assert_inside(found: DoubleDoubles, truth: np.ndarray) -> None:
    """Every truth lies in its ball, in exact arithmetic."""
    for h, l, e, t in zip(*(p.ravel().tolist() for p in found), np.ravel(truth), strict=True):
        assert e < np.inf
        assert h + l == h
        assert abs(Fraction(h) + Fraction(l) - t) <= Fraction(e), (h, l, e, float(t))


@pytest.mark.parametrize("seed", range(20))
def test_a_sum_holds_the_exact_one(seed: int) -> None:
    """Over any axes, whatever cancels."""
    rng = np.random.default_rng(seed)
    x = drawn(rng, *rng.integers(1, 9, 3))
    if seed % 2:  # nearly everything cancels
        x = DoubleDoubles(
            *(
                np.concatenate([p, s * p[..., ::-1]], -1)
                for p, s in zip(x, (-1, -1, 1), strict=True)
            )
        )
    axes = [(0,), (2,), (0, 2), (0, 1, 2), (1,)][seed % 5]

    assert_inside(summed(x, axes), np.asarray(truths(rng, x).sum(axes)))


@pytest.mark.parametrize("seed", range(30))
def test_a_product_of_matrices_holds_the_exact_one(seed: int) -> None:
    """Of rows and columns of sizes far apart."""
    rng = np.random.default_rng(seed)
    batch, n, k, m = rng.integers(1, 3), *rng.integers(1, 14, 3)
    a, b = drawn(rng, batch, n, k), drawn(rng, batch, k, m)
    if seed % 3 == 0:
        a, b = (DoubleDoubles(z.high, z.low, z.radius * 0) for z in (a, b))
    with np.errstate(under="ignore"):
        found = matrix_product(a, b)

    assert_inside(found, truths(rng, a) @ truths(rng, b))


@pytest.mark.parametrize("length", [1, 2, 3, 64, 1000])
def test_a_product_is_as_good_as_one_rounding(length: int) -> None:
    """To some 104 bits, where nothing is of another size (seed 3)."""
    rng = np.random.default_rng(3)
    a = DoubleDoubles(rng.uniform(1, 2, (3, length)), rng.uniform(0, 2.0**-54, (3, length)), 0)
    b = DoubleDoubles(rng.uniform(1, 2, (length, 4)), rng.uniform(0, 2.0**-54, (length, 4)), 0)
    a, b = (DoubleDoubles(z.high, z.low, np.zeros(z.shape)) for z in (a, b))
    found = matrix_product(a, b)

    assert_inside(found, truths(rng, a) @ truths(rng, b))
    assert (found.radius <= length * 2.0**-99 * found.high).all()


def test_a_product_of_whole_numbers_is_exact() -> None:
    """Radius 0 (seed 4)."""
    rng = np.random.default_rng(4)
    whole = matrix_product(
        exactly(rng.integers(-999, 999, (7, 40))), exactly(rng.integers(-999, 999, (40, 3)))
    )

    assert not whole.radius.any()


@pytest.mark.parametrize("seed", range(20))
def test_slices_add_up_and_are_of_few_bits(seed: int) -> None:
    """Multiples of 2^(p − i t), at most 2^(p − (i − 1) t); what is left is as small as said."""
    rng = np.random.default_rng(seed)
    bits = int(rng.integers(10, 50))
    x = drawn(rng, 6, 9)
    found = sliced(x.high, x.low, -1, bits, int(rng.integers(1, 6)))
    rest = np.frompyfunc(Fraction, 1, 1)(x.high) + np.frompyfunc(Fraction, 1, 1)(x.low)
    for i, part in enumerate(found.each):
        for row, exponent in zip(part, found.exponent.ravel().tolist(), strict=True):
            last = Fraction(2) ** (exponent - (i + 1) * bits)
            for entry in map(Fraction, row.tolist()):
                assert (entry / last).denominator == 1
                assert abs(entry) <= last * 2**bits
        rest = rest - np.frompyfunc(Fraction, 1, 1)(part)
    for row, left in zip(rest, found.left.ravel().tolist(), strict=True):
        assert max(map(abs, row)) <= Fraction(left)


def test_a_sum_of_whole_numbers_is_exact() -> None:
    """And one that cancels is rounded once, to two float64."""
    assert summed(exactly(np.arange(5000.0)), (0,)).radius == 0

    x = np.array([1e17, 1.0, 0.1, -1e17])
    found = summed(exactly(x), (0,))
    assert Fraction(found.high[()]) + Fraction(found.low[()]) == Fraction(0.1) + 1
    assert found.radius < 2.0**-99


def test_what_is_unknown_spoils_what_is_made_of_it_alone() -> None:
    """The rows and columns that hold it, and no others."""
    values = np.ones((3, 4))
    values[1, 2] = np.nan
    a, b = exactly(values), exactly(np.ones((4, 2)))
    found = matrix_product(a, b)

    assert np.isinf(found.radius).tolist() == [[False] * 2, [True] * 2, [False] * 2]
    assert np.isinf(summed(a, (1,)).radius).tolist() == [False, True, False]


def test_an_overflow_on_the_way_is_unknown() -> None:
    """1e300 · 1e300 is no float64; neither is the sum of too many, nor what 2⁹⁹⁰ is cut into."""
    with np.errstate(over="ignore", invalid="ignore"):
        for size in (1e300, 2.0**995):
            big = exactly(np.full((2, 2), size))
            assert np.isinf(matrix_product(big, big).radius).all()
        assert np.isinf(summed(exactly(np.full(4, 1.5e308)), (0,)).radius)


@pytest.mark.parametrize("seed", range(20))
def test_entries_added_at_places_hold_the_exact_sums(seed: int) -> None:
    """As many as share one; none, at one that nothing is put at."""
    rng = np.random.default_rng(seed)
    x, places = drawn(rng, 60), rng.integers(0, 7 if seed % 2 else 90, 60)

    def add(entries: np.ndarray) -> np.ndarray:
        out = np.zeros(91, dtype=np.asarray(entries).dtype)
        np.add.at(out, places, entries)
        return out

    found = scattered(x, add)
    assert_inside(found, add(truths(rng, x)))
    alone = np.flatnonzero(add(np.ones(60)) == 1)
    assert (found.low[alone] == add(x.low)[alone]).all()


class TestLargest:
    """Which entries are largest, where that is certain."""

    @staticmethod
    def flags(value: list[float], low: list[float], radius: list[float], *, first: bool) -> list:
        """The flags of one row."""
        of = DoubleDoubles(*(np.array([part]) for part in (value, low, radius)))
        return flags_of_largest(of, 1, first=first).high[0].tolist()

    def test_one_that_is_apart(self) -> None:
        """All are told, also by the low part alone."""
        assert self.flags([1, 3, 2], [0] * 3, [0.1, 0.1, 0.1], first=False) == [0, 1, 0]
        assert self.flags([1, 1, 1], [0, 2e-20, 1e-20], [1e-30] * 3, first=False) == [0, 1, 0]

    def test_equal_ones_are_shared_or_the_first(self) -> None:
        """Exactly equal."""
        assert self.flags([3, 1, 3], [0] * 3, [0, 0.5, 0], first=False) == [1, 0, 1]
        assert self.flags([3, 1, 3], [0] * 3, [0, 0.5, 0], first=True) == [1, 0, 0]

    def test_overlapping_ones_are_open(self) -> None:
        """And those below them are not."""
        found = self.flags([3, 1, 3.05], [0] * 3, [0.1, 0.5, 0], first=False)
        assert np.isnan(found).tolist() == [True, False, True]

    def test_one_equal_to_the_end_of_another_is_open(self) -> None:
        """3 beside 2.9 ± 0.1 may be a tie."""
        assert np.isnan(self.flags([3, 2.5], [0] * 2, [0, 0.5], first=False)).all()

    def test_a_mask_is_below_everything(self) -> None:
        """−∞ beside a number is none of the largest; alone they are equal."""
        minus = -np.inf
        assert self.flags([minus, 2, minus], [0] * 3, [0, 0.5, 0], first=False) == [0, 1, 0]
        assert self.flags([minus, minus], [0] * 2, [0, 0], first=True) == [1, 0]
