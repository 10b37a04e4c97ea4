"""Sums, products and what moves data in float balls, beside exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from symdiff.float_balls.array import (
    FloatBalls,
    flags_of_largest,
    matrix_product,
    scattered,
    summed,
)


def drawn(rng: np.random.Generator, *shape: int, exact: float = 0.5) -> FloatBalls:
    """Numbers of sizes far apart, some 0 or subnormal, with radii."""
    exponents = rng.choice([rng.uniform(-30, 5), rng.uniform(-1060, 300)], shape)
    values = rng.standard_normal(shape) * np.exp2(exponents)
    values[rng.random(shape) < 0.1] = 0.0
    radii = np.abs(values) * np.exp2(rng.uniform(-60, -3, shape))
    radii[rng.random(shape) < exact] = 0.0
    return FloatBalls(values, radii)


def truths(rng: np.random.Generator, of: FloatBalls) -> np.ndarray:
    """An exact number in each ball."""
    shares = rng.choice([-1.0, -0.5, 0.0, 1.0], of.shape)
    exact = np.frompyfunc(Fraction, 1, 1)
    return np.asarray(exact(of.value) + exact(of.radius) * exact(shares))


def assert_inside(found: FloatBalls, truth: np.ndarray) -> None:
    """Every truth lies in its ball, in exact arithmetic."""
    for v, e, t in zip(
        found.value.ravel().tolist(), found.radius.ravel().tolist(), truth.ravel(), strict=True
    ):
        assert e < np.inf
        assert abs(Fraction(v) - t) <= Fraction(e), (v, e, float(t))


@pytest.mark.parametrize("seed", range(20))
def test_a_sum_holds_the_exact_one(seed: int) -> None:
    """Over any axes, whatever cancels."""
    rng = np.random.default_rng(seed)
    x = drawn(rng, *rng.integers(1, 9, 3))
    if seed % 2:  # nearly everything cancels
        x = FloatBalls(
            *(np.concatenate([p, s * p[..., ::-1]], -1) for p, s in zip(x, (-1, 1), strict=True))
        )
    axes = [(0,), (2,), (0, 2), (0, 1, 2), (1,)][seed % 5]

    assert_inside(summed(x, axes), np.asarray(truths(rng, x).sum(axes)))


@pytest.mark.parametrize("seed", range(20))
def test_a_product_of_matrices_holds_the_exact_one(seed: int) -> None:
    """Of rows and columns of sizes far apart."""
    rng = np.random.default_rng(seed)
    batch, n, k, m = rng.integers(1, 3), *rng.integers(1, 14, 3)
    a, b = drawn(rng, batch, n, k), drawn(rng, batch, k, m)
    if seed % 3 == 0:
        a, b = FloatBalls(a.value, a.radius * 0), FloatBalls(b.value, b.radius * 0)
    with np.errstate(under="ignore"):
        found = matrix_product(a, b)

    assert_inside(found, truths(rng, a) @ truths(rng, b))


def test_a_product_is_as_good_as_one_rounding() -> None:
    """Of a thousand products, where nothing is of another size."""
    rng = np.random.default_rng(3)
    a, b = rng.uniform(1, 2, (3, 1000)), rng.uniform(1, 2, (1000, 4))
    found = matrix_product(FloatBalls(a, a * 0), FloatBalls(b, b * 0))

    assert (found.radius <= 2.0**-51 * found.value).all()


def test_a_sum_of_whole_numbers_is_exact() -> None:
    """And one that cancels is rounded once."""
    whole = FloatBalls(np.arange(5000.0), np.zeros(5000))
    assert summed(whole, (0,)).radius == 0

    x = np.array([1e17, 1.0, 0.1, -1e17])
    found = summed(FloatBalls(x, np.zeros(4)), (0,))
    assert found.value == 1.1
    assert found.radius < 1e-14


def test_what_is_unknown_spoils_what_is_made_of_it_alone() -> None:
    """The rows and columns that hold it, and no others."""
    a, b = np.ones((3, 4)), np.ones((4, 2))
    a[1, 2], zeros = np.nan, np.zeros((3, 4))
    radius = np.where(np.isnan(a), np.inf, zeros)
    found = matrix_product(FloatBalls(a, radius), FloatBalls(b, np.zeros((4, 2))))

    assert np.isinf(found.radius).tolist() == [[False] * 2, [True] * 2, [False] * 2]
    assert np.isinf(summed(FloatBalls(a, radius), (1,)).radius).tolist() == [False, True, False]


def test_an_overflow_on_the_way_is_unknown() -> None:
    """1e300 · 1e300 is no float64; neither is the sum of too many."""
    big = FloatBalls(np.full((2, 2), 1e300), np.zeros((2, 2)))
    large = FloatBalls(np.full(4, 1.5e308), np.zeros(4))
    with np.errstate(over="ignore", invalid="ignore"):
        assert np.isinf(matrix_product(big, big).radius).all()
        assert np.isinf(summed(large, (0,)).radius)


@pytest.mark.parametrize("seed", range(10))
def test_entries_added_at_places_hold_the_exact_sums(seed: int) -> None:
    """As many as share one."""
    rng = np.random.default_rng(seed)
    x, places = drawn(rng, 60), rng.integers(0, 7, 60)

    def add(entries: np.ndarray) -> np.ndarray:
        out = np.zeros(7, dtype=np.asarray(entries).dtype)
        np.add.at(out, places, entries)
        return out

    assert_inside(scattered(x, add), add(truths(rng, x)))


class TestLargest:
    """Which entries are largest, where that is certain."""

    @staticmethod
    def flags(value: list[float], radius: list[float], *, first: bool) -> list[float]:
        """The flags of one row."""
        of = FloatBalls(np.array([value]), np.array([radius]))
        return flags_of_largest(of, 1, first=first).value[0].tolist()

    def test_one_that_is_apart(self) -> None:
        """All are told."""
        assert self.flags([1, 3, 2], [0.1, 0.1, 0.1], first=False) == [0, 1, 0]

    def test_equal_ones_are_shared_or_the_first(self) -> None:
        """Exactly equal."""
        assert self.flags([3, 1, 3], [0, 0.5, 0], first=False) == [1, 0, 1]
        assert self.flags([3, 1, 3], [0, 0.5, 0], first=True) == [1, 0, 0]

    def test_overlapping_ones_are_open(self) -> None:
        """And those below them are not."""
        found = self.flags([3, 1, 3.05], [0.1, 0.5, 0], first=False)
        assert np.isnan(found).tolist() == [True, False, True]

    def test_one_equal_to_the_end_of_another_is_open(self) -> None:
        """3 beside 2.9 ± 0.1 may be a tie."""
        assert np.isnan(self.flags([3, 2.5], [0, 0.5], first=False)).all()
