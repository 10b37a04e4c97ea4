"""Measure what a pass is worth: the error that this check, at these inputs, would have seen.

A check that allows A_i of entry i, where the gradient is e_i off already, sees a relative error ε
of that entry, of either sign, if ε |g_i| > A_i + e_i. So the figures are of this comparison, not of
a typical one; where an entry is wrong, e_i counts as 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import Inputs
from comparisons.judge.judgement import Judgement
from comparisons.judge.vocabulary import Standing, Status, Verdict
from symdiff.array_types import BoolArray
from symdiff.oracle.enclosures.enclosure import Enclosure, Why

GRADCHECK = (1e-3, 1e-5)  # rtol and atol of torch.autograd.gradcheck
ALLCLOSE = (1e-5, 1e-8)  # of torch.allclose and numpy.allclose
AT_MOST = 1.0  # in any type: a gradient of 0 is told from the true one
_SHOWN = 4  # functions in a sentence
_OF_ONE = {"entries": "entry", "points": "gradient"}


@dataclass(frozen=True)
class Seen:
    """The relative errors that are seen in half of the non-zero entries, and in all of them."""

    half: float
    all: float


@dataclass(frozen=True)
class Reached:
    """A nonlinear function of one value, with the least and the greatest argument it had."""

    function: str  # of z
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.function} for {self.low:.3g} ≤ z ≤ {self.high:.3g}"


@dataclass(frozen=True)
class Power:
    """The relative errors that one adjoint's comparison would have seen; infinite if none."""

    adjoint: str
    entries: int  # judged
    zeros: int  # of which 0 in truth, as far as its bound says, and judged absolutely
    absolute: float  # the largest error of such an entry that passes
    own: Seen
    gradcheck: Seen  # at the same entries
    allclose: Seen
    least: float  # the relative error that is seen in the entry that sees most
    line: float = math.inf  # above which a check is inconclusive
    common: float = math.inf  # the relative error of all entries together that is seen
    found: float = 0.0  # the one that was found, whose size is at most `common` if it is rounding
    reached: tuple[Reached, ...] = ()
    between: str = ""  # of a function of points, in words which inputs were not asked
    in_double: bool = True  # whether the type is float64
    beyond_allclose: bool = False  # whether the default tolerances would reject this very gradient
    unjudged: str = ""  # in words why not one entry was judged

    @property
    def inconclusive(self) -> bool:
        """Whether no error below the line would have been seen, in an entry or in all together."""
        seen_none = self.entries > self.zeros and min(self.least, self.common) > self.line
        return bool(self.unjudged) or seen_none

    @property
    def scaled(self) -> bool:
        """Whether all entries together are off by more than rounding explains."""
        return abs(self.found) > self.common

    @property
    def what(self) -> str:
        """The word for what was judged: entries or points."""
        return "points" if self.between else "entries"

    @property
    def sentence(self) -> str:
        """One line on what a pass is worth, beside `gradcheck` and `allclose`."""
        if self.unjudged or not self.entries:
            return self.unjudged or "each entry that was judged is at a kink, or infinite"
        what = self.what
        zero = f"an absolute error above {self.absolute:.2g} would have been seen"
        if self.entries == self.zeros:
            return "; ".join(
                filter(None, [f"all {self.entries:,} {what} are 0 in truth", zero, self.between])
            )
        own = [_in_half(self.own.half, what), _in_all(self.own, what)]
        if math.isfinite(self.common):  # a strict check asks nothing of them
            own.append(f"{_figure(self.common)} of all together")
        first, second = self.gradcheck, self.allclose
        beside = [f"allclose {_figure(second.half)} and {_figure(second.all)}"]
        if self.beyond_allclose:
            beside = ["allclose rejects it as it is"]
        if self.in_double:  # which its differences are made for
            beside.insert(0, f"gradcheck sees {_figure(first.half)} and {_figure(first.all)}")
        parts = [", ".join(filter(None, own)), ", ".join(beside)]
        if self.zeros:
            parts.append(f"{self.zeros:,} of {self.entries:,} {what} are 0 in truth; {zero}")
        return "; ".join(filter(None, [*parts, self.between]))


def _in_half(size: float, what: str) -> str:
    """A relative error above 1 is no error below the gradient's own size."""
    if size > AT_MOST:
        return f"in most {what} no error below the size of the {_OF_ONE[what]} would have been seen"
    return f"a relative error of {size:.2g} in half of the {what} would have been seen"


def _in_all(own: Seen, what: str) -> str:
    if own.all <= AT_MOST:
        return f"{own.all:.2g} in all"
    if own.half > AT_MOST:
        return ""
    return f"in some {what} none below the size of the {_OF_ONE[what]}"


def reached_sentence(reached: Sequence[Reached]) -> str:
    """`z Φ(z) was reached only for −1.1 ≤ z ≤ 2.2: errors elsewhere are not seen`; or nothing."""
    if not reached:
        return ""
    more = len(reached) - _SHOWN
    rest = f", and {more} more functions" if more > 0 else ""
    shown = ", ".join(map(str, reached[:_SHOWN]))
    return f"reached: {shown}{rest}; errors elsewhere are not seen"


def judged_in(judgement: Judgement, truth: Enclosure, computed: Float64Array) -> BoolArray:
    """The mask of the entries that are judged numbers and are not excused."""
    apart = [s.code for s in Status if s.standing in (Standing.NOT_JUDGED, Standing.EXCUSED)]
    judged = ~np.isin(judgement.status, apart)
    return judged & np.isfinite(truth.high) & np.isfinite(computed)


def by_line(
    name: str,
    computed: Float64Array,
    truth: Enclosure,
    judgement: Judgement,
    judged: BoolArray,
    allowed: Float64Array,
    dtype: FloatType,
) -> Power:
    """The relative errors seen by lines that entries are held to one by one.

    Args: judged, which entries; allowed, the error that each may have.
    """
    size = np.abs(truth.high)
    with np.errstate(over="ignore", invalid="ignore"):
        # what is wrong was seen: of its entry the line alone is said
        off = np.where(judgement.excess > 1, 0.0, truth.distance(computed)[1])
        telling = nonzero(judged, truth)
        least = float(((allowed + off)[telling] / size[telling]).min(initial=math.inf))
    zero = judged & ~telling
    return Power(
        adjoint=name,
        entries=int(judged.sum()),
        zeros=int(zero.sum()),
        absolute=float(allowed[zero].max(initial=0.0)),
        own=seen(allowed + off, size, telling),
        gradcheck=seen(tolerance(GRADCHECK, size), size, telling),
        allclose=seen(tolerance(ALLCLOSE, size), size, telling),
        least=least,
        in_double=dtype.name == "float64",
        beyond_allclose=bool((off > tolerance(ALLCLOSE, size))[telling].any()),
    )


def nonzero(judged: BoolArray, truth: Enclosure) -> BoolArray:
    """The mask of the entries that have a relative error, since they are not 0."""
    return judged & ~truth.contains(np.zeros(truth.shape))


def unjudged(truth: Enclosure, judgement: Judgement, inputs: Inputs) -> str:
    """In words why no entry at a finite input was judged; empty if one was."""
    at = np.ones(truth.shape, dtype=bool)
    for values in inputs.values():
        if values.shape == truth.shape:
            at &= np.isfinite(values)
    at |= not at.any()
    if judgement.at(np.flatnonzero(at)).verdict() is not Verdict.INCONCLUSIVE:
        return ""
    reasons, times = np.unique(truth.why[at], return_counts=True)
    return f"no entry was judged: {Why(int(reasons[np.argmax(times)])).sentence}"


def tolerance(tolerances: tuple[float, float], size: Float64Array) -> Float64Array:
    """The absolute error that rtol and atol allow."""
    relative, absolute = tolerances
    return relative * size + absolute


def seen(allowed: Float64Array, size: Float64Array, where: BoolArray) -> Seen:
    """The relative errors of the judged entries that absolute errors amount to."""
    if not where.any():
        return Seen(math.inf, math.inf)
    with np.errstate(over="ignore"):
        relative = allowed[where] / size[where]
    return Seen(float(np.median(relative)), float(relative.max()))


def _figure(value: float) -> str:
    return "none below 1" if value > AT_MOST else f"{value:.2g}"
