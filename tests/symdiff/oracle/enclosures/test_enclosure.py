from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from symdiff.oracle.enclosures.enclosure import FORMATS, LARGEST, SMALLEST, Enclosure, uncertain


def enclosure(high, low=0.0, bound=0.0, *, certified=True):
    """Enclosures from numbers."""
    arrays = np.broadcast_arrays(*(np.atleast_1d(np.float64(v)) for v in (high, low, bound)))
    return Enclosure(*(a.copy() for a in arrays), np.full(arrays[0].shape, certified))


def random_enclosures(rng, n=3000):
    """Enclosures of all magnitudes, bounds from 2⁻⁶⁰ to 8 ulp."""
    high = np.ldexp(rng.uniform(1, 2, n), rng.integers(-1060, 1000, n)) * rng.choice([-1, 1], n)
    low = np.spacing(np.abs(high)) * rng.uniform(-0.5, 0.5, n)
    bound = np.spacing(np.abs(high)) * 2.0 ** rng.uniform(-60, 3, n)
    return Enclosure(high + low, low - ((high + low) - high), bound, np.ones(n, dtype=bool))


class TestDistance:
    def test_encloses_the_exact_one(self):
        """Against fractions: the least and greatest |value − truth| over the whole enclosure."""
        rng = np.random.default_rng(0)
        e = random_enclosures(rng)
        steps = rng.integers(-4, 5, len(e)) * np.spacing(np.abs(e.high))
        values = e.high + steps

        least, greatest = e.distance(values)

        for v, h, l, b, lo, hi in zip(values, e.high, e.low, e.bound, least, greatest, strict=True):
            gap = abs(Fraction(float(v)) - Fraction(float(h)) - Fraction(float(l)))
            exact = Fraction(float(b))
            assert Fraction(float(lo)) <= max(gap - exact, 0)
            assert Fraction(float(hi)) >= gap + exact
            assert float(hi) <= float(gap + exact) * (1 + 1e-12) + 4 * SMALLEST

    def test_is_exactly_zero_for_an_exact_truth(self):
        """A truth known exactly and met exactly is at distance 0, not at a rounding's."""
        assert enclosure(0.25).distance(np.array([0.25])) == (0.0, 0.0)

    def test_to_an_infinite_truth_is_zero_or_infinite(self):
        """A truth that rounds to ∞ is met by ∞ alone."""
        least, greatest = enclosure(np.inf).distance(np.array([np.inf, LARGEST, -np.inf]))

        assert list(least) == list(greatest) == [0.0, np.inf, np.inf]

    def test_says_nothing_where_nothing_is_known(self):
        """At a pole the distance is anything from 0 to ∞; that of NaN is NaN."""
        least, greatest = uncertain((2,)).distance(np.array([1.0, np.nan]))

        assert list(least[:1]) + list(greatest[:1]) == [0.0, np.inf]
        assert np.isnan(least[1])
        assert np.isnan(greatest[1])

    def test_beyond_float64_is_unbounded_above_only(self):
        """From the largest float64 to its negative is more than float64 holds, yet finite."""
        least, greatest = enclosure(-LARGEST).distance(np.array([LARGEST]))

        assert (least, greatest) == (LARGEST, np.inf)


class TestContains:
    def test_tells_a_value_inside_from_one_outside(self):
        """1 ± 1e-16 may be 1, and is not 1 + 2⁻⁵²."""
        found = enclosure(1.0, 0.0, 1.1e-16).contains(np.array([1.0, 1 + 2.0**-52]))

        assert list(found) == [True, False]


class TestEnds:
    def test_hold_the_whole_enclosure(self):
        """Exactly: lower ≤ high + low − bound and high + low + bound ≤ upper."""
        e = random_enclosures(np.random.default_rng(1))

        lower, upper = e.ends()

        for h, l, b, lo, hi in zip(e.high, e.low, e.bound, lower, upper, strict=True):
            middle = Fraction(float(h)) + Fraction(float(l))
            assert Fraction(float(lo)) <= middle - Fraction(float(b))
            assert Fraction(float(hi)) >= middle + Fraction(float(b))

    def test_of_a_truth_beyond_float64(self):
        """A truth that rounds to ∞ lies between the largest float64 and ∞."""
        assert enclosure(np.inf).ends() == (LARGEST, np.inf)
        assert enclosure(-np.inf).ends() == (-np.inf, -LARGEST)


def nearest(exact: Fraction, form) -> float:
    """The exact number rounded to the format, ties to even, by rational arithmetic alone."""
    if exact == 0:
        return 0.0
    size, e = abs(exact), form.e_min
    while e <= form.e_max and size >= Fraction(2) ** (e + 1):
        e += 1
    unit = Fraction(2) ** (e - form.precision + 1)
    rounded = round(size / unit) * unit  # Python rounds fractions half to even
    if rounded >= Fraction(2) ** (form.e_max + 1):
        return np.inf if exact > 0 else -np.inf
    return float(rounded) if exact > 0 else -float(rounded)


class TestRounded:
    @pytest.mark.parametrize("name", ["float32", "bfloat16", "float16"])
    def test_is_one_rounding_to_nearest_even(self, name):
        """Double-doubles beside midpoints of a format round as their exact sum does."""
        form = FORMATS[name]
        rng = np.random.default_rng(2)
        exponents = rng.integers(form.e_min - form.precision - 1, form.e_max + 2, 2000)
        mantissa = rng.integers(2 ** (form.precision - 1), 2**form.precision, 2000)
        high = (mantissa + 0.5) * 2.0 ** (exponents - form.precision + 1.0)
        low = high * 2.0**-60 * rng.integers(-1, 2, 2000)
        e = Enclosure(high, low, np.zeros(2000), np.ones(2000, dtype=bool))

        values, decided = e.rounded(name)

        assert decided.all()
        for v, h, l in zip(values, high, low, strict=True):
            assert v == nearest(Fraction(float(h)) + Fraction(float(l)), form)

    def test_in_float64_is_the_high_part_unless_the_bound_reaches_a_midpoint(self):
        """1 + 2⁻⁵³ ± 2⁻⁷⁰ is undecided between 1 and 1 + 2⁻⁵²; exactly, the tie goes to even."""
        close = enclosure(1.0, 2.0**-53, 2.0**-70)
        exact = enclosure(1.0, 2.0**-53, 0.0)
        plain = enclosure(1.0, 2.0**-60, 2.0**-70)

        assert not close.rounded("float64")[1].any()
        assert exact.rounded("float64") == (1.0, True)
        assert plain.rounded("float64") == (1.0, True)

    def test_refuses_an_unknown_format(self):
        """The message names the formats there are."""
        with pytest.raises(ValueError, match="unknown format 'float8'; known are float64"):
            enclosure(1.0).rounded("float8")


class TestRepr:
    def test_of_one_and_of_many(self):
        """One enclosure shows its numbers; many are counted."""
        assert repr(enclosure(0.5, 1e-20, 1e-30)) == "<0.5 +1e-20 ± 1e-30>"
        assert "not certified" in repr(uncertain((1,)))
        assert "3 values, 0 certified" in repr(uncertain((3,)))


def test_distances_near_the_largest_double_hold_too():
    """Against exact fractions, for seeded numbers around 2¹⁰²³ and their neighbours (seed 11)."""
    draw = np.random.default_rng(11)
    largest = np.finfo(np.float64).max

    def some(n):
        numbers = np.ldexp(draw.uniform(1, 2, n), draw.choice([1023, 1022, 1020, 969, 0, -1060], n))
        extreme = draw.choice([largest, 2.0**1023, np.nextafter(largest, 0)], n)
        return np.where(draw.random(n) < 0.3, extreme, numbers) * draw.choice([-1, 1], n)

    values, high = some(4000), some(4000)
    low = high * 2.0**-54 * draw.uniform(-1, 1, 4000)
    bound = draw.choice([0.0, 5e-324, 1.0, 2.0**960, 2.0**1000], 4000)
    found = Enclosure(high, low, bound, np.ones(4000, bool)).distance(values)

    for v, h, l, b, least, greatest in zip(values, high, low, bound, *found, strict=True):
        distance = abs(Fraction(v) - Fraction(h) - Fraction(l))
        assert Fraction(least) <= max(distance - Fraction(b), 0)
        assert np.isinf(greatest) or Fraction(greatest) >= distance + Fraction(b)
        assert greatest <= largest or distance + Fraction(b) > largest * (1 - Fraction(2) ** -50)
