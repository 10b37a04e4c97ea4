"""An enclosure is true values with a proven bound: what every oracle returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from symdiff.array_types import BoolArray, Float64Array
from symdiff.suggestion import looked_up

CodeArray = npt.NDArray[np.int8]

SMALLEST = 2.0**-1074  # the smallest positive float64, the resolution of an enclosure
LARGEST = float(np.finfo(np.float64).max)
_LARGE = 2.0**1020  # from here on sums of three such numbers may overflow


class Format(NamedTuple):
    """A binary floating-point format as Muller et al. describe it: p, e_min, e_max."""

    precision: int  # significant bits, the hidden one included
    e_min: int  # exponent of the smallest normal number
    e_max: int  # exponent of the largest finite number

    @property
    def smallest(self) -> float:
        """The smallest positive number, which is subnormal."""
        return 2.0 ** (self.e_min - self.precision + 1)


FORMATS = {
    "float64": Format(53, -1022, 1023),
    "float32": Format(24, -126, 127),
    "bfloat16": Format(8, -126, 127),
    "float16": Format(11, -14, 15),
}


def format_named(name: str) -> Format:
    """The format called `name`. Raises: ValueError, naming those known, if it is none."""
    return looked_up(name, FORMATS, "format")


class Why(IntEnum):
    """The reasons why a truth is not certified, one for each point."""

    CERTIFIED = 0  # it is
    UNDECIDED = 1  # not decided at the greatest precision: a value near a border, a zero, a pole
    UNDEFINED = 2  # proven: the function has no real value there
    NO_DERIVATIVE = 3  # proven: it has a value there, and no derivative (√z at 0, a jump)
    OUT_OF_BUDGET = 4  # the time that was allowed is spent
    NO_LIMIT = 5  # at ±∞: no limit, or none that was proven
    NOT_A_NUMBER = 6  # the input is NaN
    BOTH_SIDES = 8  # certified: cases are equal there, and the derivatives on both sides are one
    TIED = 7  # of an array: several cases are equal, and the derivative hangs on what is chosen

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return _SENTENCES[self]


_SENTENCES = {
    Why.CERTIFIED: "certified",
    Why.UNDECIDED: "not decided at the greatest precision",
    Why.UNDEFINED: "the function has no real value there",
    Why.NO_DERIVATIVE: "the function has a value there, and no derivative",
    Why.OUT_OF_BUDGET: "the time allowed was spent",
    Why.NO_LIMIT: "no limit at infinity, or none that was proven",
    Why.NOT_A_NUMBER: "the input is NaN",
    Why.BOTH_SIDES: "certified",
    Why.TIED: "cases are equal there, and the derivative hangs on which is chosen",
}


@dataclass(frozen=True, eq=False)
class Enclosure:
    """For each point: |truth − (high + low)| ≤ bound, exactly read, where `bound` is finite.

    The four arrays have one shape. `high` is the sum rounded to float64, so |low| ≤ ½ ulp(high).

    - A truth below float64's range, such as 1e-400, has value 0 and bound 2⁻¹⁰⁷⁴; no bound is
      between 0 and 2⁻¹⁰⁷⁴. A bound of 0 says that the value is the truth.
    - A truth that is finite but rounds to ±∞ in float64 has high = ±∞, low = 0, bound = 0: it lies
      beyond the largest float64 by half an ulp or more, and nothing finer is said.
    - `certified` says that the bound is as small as was asked, or that the rounding asked for is
      decided. Where it is False the bound still holds, and is infinite (with the value NaN) at a
      pole, outside the domain, and for an input that is NaN, or infinite where there is no limit;
      `why` tells these apart.
    - At an infinite input the truth is the limit there; one that diverges has high = ±∞, bound = 0.
    """

    high: Float64Array
    low: Float64Array
    bound: Float64Array
    certified: BoolArray
    why: CodeArray = field(default=None)  # type: ignore[arg-type]  # a Why each; see below

    def __post_init__(self) -> None:
        """Where nothing is said of a point that is not certified, it is undecided."""
        if self.why is None:
            reasons = np.where(self.certified, Why.CERTIFIED, Why.UNDECIDED).astype(np.int8)
            object.__setattr__(self, "why", reasons)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the points."""
        return self.high.shape

    def __len__(self) -> int:
        return len(self.high)

    @property
    def value(self) -> Float64Array:
        """The truth rounded to float64; NaN where nothing is known."""
        return self.high

    def __float__(self) -> float:
        """The truth rounded to float64. Raises: TypeError if there are several."""
        if self.high.size != 1:
            raise TypeError(
                f"an enclosure of {self.high.size:,} values is no single number; take its .value"
            )
        return float(self.high.item())

    def __getitem__(self, index: object) -> Enclosure:
        """The enclosures of some of the points, selected as NumPy selects."""
        parts = (self.high, self.low, self.bound, self.certified, self.why)
        return Enclosure(*(np.asarray(part[index]) for part in parts))  # type: ignore[call-overload]  # any NumPy index is passed on

    @property
    def unsettled(self) -> BoolArray:
        """The mask of points that may have a truth which was not certified."""
        return np.isin(self.why, [Why.UNDECIDED, Why.OUT_OF_BUDGET])

    def broadcast_to(self, shape: tuple[int, ...]) -> Enclosure:
        """The same enclosures repeated to a shape, as arrays of their own."""
        parts = (self.high, self.low, self.bound, self.certified, self.why)
        return Enclosure(*(np.broadcast_to(part, shape).copy() for part in parts))  # type: ignore[arg-type]  # of four types

    def reshape(self, shape: tuple[int, ...]) -> Enclosure:
        """The same enclosures as arrays of another shape."""
        return Enclosure(
            self.high.reshape(shape),
            self.low.reshape(shape),
            self.bound.reshape(shape),
            self.certified.reshape(shape),
            self.why.reshape(shape),
        )

    def copy(self) -> Enclosure:
        """The same enclosures in arrays of their own."""
        parts = (self.high, self.low, self.bound, self.certified, self.why)
        return Enclosure(*(part.copy() for part in parts))  # type: ignore[arg-type]  # each of its own type

    def put(self, where: object, part: Enclosure) -> None:
        """Replace the enclosures selected by the NumPy index `where`, in place."""
        self.high[where], self.low[where] = part.high, part.low  # type: ignore[call-overload]  # as above
        self.bound[where], self.certified[where] = part.bound, part.certified  # type: ignore[call-overload]  # as above
        self.why[where] = part.why  # type: ignore[call-overload]  # as above

    def __repr__(self) -> str:
        if self.high.size == 1:
            reason = Why(self.why.item())
            kind = "" if self.certified.all() else f", not certified: {reason.sentence}"
            return f"<{self.high.item()!r} {self.low.item():+.3g} ± {self.bound.item():.2g}{kind}>"
        finite = np.isfinite(self.bound)
        worst = self.bound[finite].max(initial=0)
        numbers = np.array2string(self.high, precision=6, threshold=8, edgeitems=3)
        return (
            f"<Enclosure of {self.high.size:,} values, {int(self.certified.sum()):,} certified, "
            f"widest finite bound {worst:.2g}:\n{numbers}>"
        )

    def distance(self, values: Float64Array) -> tuple[Float64Array, Float64Array]:
        """The least and the greatest that |value − truth| can be, for given values.

        Args: values, float64, of the points' shape or broadcasting to it.
        Returns: two arrays of that shape, rounded down and up. NaN where a value is NaN; where
            the truth or the value is infinite, 0 if they agree and ∞ if not; (0, ∞) where the
            bound is infinite.
        """
        least, greatest = _apart(values, self.high, self.low, self.bound)
        # Near the largest double the sums of `_apart` overflow: an eighth of everything does not.
        # Scaling is exact, but for a low part or a bound of less than 2⁻¹⁰⁷¹.
        large = np.maximum(np.abs(values), np.abs(self.high)) > _LARGE
        if large.any():
            parts = np.broadcast_arrays(values, self.high, self.low, self.bound)
            eighths = [part[large] / 8 for part in parts]
            near, far = _apart(*eighths)
            inexact = np.any(
                [e * 8 != p[large] for e, p in zip(eighths, parts, strict=True)], axis=0
            )
            with np.errstate(over="ignore"):
                least[large] = np.where(inexact, np.maximum(_down(near - SMALLEST), 0), near) * 8
                greatest[large] = np.where(inexact, _up(far + SMALLEST), far) * 8
            least[large] = np.minimum(least[large], LARGEST)
        infinite = np.isinf(self.high) | (np.isinf(values) & np.isfinite(self.high))
        apart = np.where(np.equal(values, self.high), 0.0, np.inf)
        unknown = np.isinf(self.bound)
        least = np.where(unknown, 0.0, np.where(infinite, apart, least))
        greatest = np.where(unknown, np.inf, np.where(infinite, apart, greatest))
        nan = np.isnan(values)
        return np.where(nan, np.nan, least), np.where(nan, np.nan, greatest)

    def contains(self, values: Float64Array) -> BoolArray:
        """Whether each float64 value may be the truth, for all that the bound says."""
        return np.asarray(self.distance(values)[0] == 0)

    def ends(self) -> tuple[Float64Array, Float64Array]:
        """Two float64 numbers that enclose the truth, the first no larger, the second no smaller.

        A truth that rounds to ∞ lies between the largest float64 and ∞. NaN where nothing is known.
        """
        infinite = np.isinf(self.high)
        with np.errstate(invalid="ignore", over="ignore"):
            below, above = self._tails()
            below, above = _down(self.high + below), _up(self.high + above)
            exact = (self.bound == 0) & (self.low == 0)
        lower = np.where(infinite, np.where(self.high > 0, LARGEST, -np.inf), below)
        upper = np.where(infinite, np.where(self.high > 0, np.inf, -LARGEST), above)
        return np.where(exact & ~infinite, self.high, lower), np.where(
            exact & ~infinite, self.high, upper
        )

    def rounded(self, name: str) -> tuple[Float64Array, BoolArray]:
        """The truth correctly rounded (to nearest, ties to even) to the format called `name`.

        Returns: the rounded values as float64, and whether the bound decides them. Rounding is
            monotone, so it is decided where both ends of the enclosure round to one number.
        """
        form = format_named(name)
        with np.errstate(invalid="ignore", over="ignore"):
            below, above = self._tails()
            first = _round_sum(self.high, below, form)
            second = _round_sum(self.high, above, form)
        infinite = np.isinf(self.high)
        first, second = (np.where(infinite, self.high, side) for side in (first, second))
        return first, np.asarray(first == second)

    def _tails(self) -> tuple[Float64Array, Float64Array]:
        """low − bound rounded down, low + bound rounded up; low itself where the bound is 0."""
        exact = self.bound == 0
        below = np.where(exact, self.low, _down(self.low - self.bound))
        return below, np.where(exact, self.low, _up(self.low + self.bound))


def uncertain(shape: tuple[int, ...], why: Why = Why.UNDECIDED) -> Enclosure:
    """Make writable enclosures that say nothing: NaN ± ∞, not certified."""
    return Enclosure(
        np.full(shape, np.nan),
        np.zeros(shape),
        np.full(shape, np.inf),
        np.zeros(shape, bool),
        np.full(shape, why, np.int8),
    )


def _apart(
    values: Float64Array, high: Float64Array, low: Float64Array, bound: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """The least and the greatest that |value − truth| can be, for finite numbers."""
    with np.errstate(invalid="ignore", over="ignore"):
        # TwoSum (Knuth): total + error = value − high exactly, hence also |total + part| below
        # differs from |value − high − low| by at most the rounding of two small sums.
        total = values - high
        back = total - values
        error = (values - (total - back)) - (high + back)
        part = error - low
        gap = np.abs(total + part)
        # `gap` has relative error 2⁻⁵³ and `part` one of at most 2⁻⁵³(|error| + |low|); 2⁻⁵²
        # of each covers both, the sums below included, and 2⁻¹⁰⁷⁴ any underflow.
        margin = bound + (np.abs(part) + np.abs(low)) * 2.0**-52
        least = np.maximum(_down(gap * (1 - 2.0**-52) - _up(margin)), 0)
        greatest = _up(gap * (1 + 2.0**-51) + _up(margin))
        # No rounding took place: value − high − low is `total`, and the truth is high + low.
        exact = (bound == 0) & (part == 0)
        return np.where(exact, gap, least), np.where(exact, gap, greatest)


def _up(x: Float64Array) -> Float64Array:
    return np.nextafter(x, np.inf)


def _down(x: Float64Array) -> Float64Array:
    return np.nextafter(x, -np.inf)


def _round_sum(high: Float64Array, tail: Float64Array, form: Format) -> Float64Array:
    """high + tail, |tail| ≤ |high|, rounded once to the format, ties to even."""
    total = high + tail
    if form.precision == FORMATS["float64"].precision:
        return total  # one IEEE addition is one correct rounding
    # Rounding twice is innocuous if the first is to odd and has two bits more than the second:
    # Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums", IEEE TC 57(4), 2008.
    back = total - high  # TwoSum again: `error` is exact
    error = (high - (total - back)) + (tail - back)
    even = (total.view(np.int64) & 1) == 0
    towards = np.where(error > 0, np.inf, -np.inf)
    odd = np.where((error != 0) & even, np.nextafter(total, towards), total)
    exponent = np.frexp(odd)[1] - 1
    shift = np.maximum(exponent, form.e_min) - form.precision + 1
    result = np.ldexp(np.rint(np.ldexp(odd, -shift)), shift)
    largest = (2 - 2.0 ** (1 - form.precision)) * 2.0**form.e_max
    return np.where(np.abs(result) > largest, np.copysign(np.inf, result), result)
