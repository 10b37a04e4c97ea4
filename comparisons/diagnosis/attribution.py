"""Split the error of one entry into what the formula and what each step's rounding adds.

    computed − truth = (formula − truth) + Σₖ (Rₖ₊₁ − Rₖ)

with Rₖ the result if the first k steps are as torch computed them and the others exact: R₀ is the
formula that was run, in exact arithmetic, and the last is what was computed. The sum is exact, so
nothing remains unexplained. Steps that change nothing are passed over in groups.

A step's rounding is small beside its own value. It counts where a later step, the *amplifier*,
makes it large: a sum whose terms cancel, a logarithm near 1. If terms cancel the line of that sum
is to blame; else the line that rounded, where what the amplifier needed was lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from flint import arb

from comparisons.diagnosis.exact import Balls, Replay, balls_of, named_inputs, relative
from comparisons.diagnosis.steps import Step
from comparisons.inputs.values import seeded
from symdiff.oracle.programs.absent import Absent

_COUNTS = 0.02  # of the error: what a group of steps adds less is not split further
_WIDE = 2.0**-10  # of the error: the radius of a ball that tells a share
_AMPLIFIES = 64.0  # times by which a relative error grows at one step, to be told
_BEYOND_ROUNDING = 64.0  # times what a step's own conditioning explains
_DRAWS = 4
# torch's operators that are sums of terms
_OF_TERMS = {"add", "sub", "rsub", "sum", "nansum", "mean", "cumsum", "addcmul", "lerp"}
_OF_PRODUCTS = {"mm", "bmm", "mv", "dot", "addmm", "addmv", "addbmm", "baddbmm", "convolution"}
SUMS = frozenset(_OF_TERMS | _OF_PRODUCTS)


class Kind(StrEnum):
    """The kind of error that a step adds."""

    ROUNDED = "rounded"  # its operator did as well as it could
    UNDERFLOW = "underflow"  # its result is below the normal numbers
    OVERFLOW = "overflow"  # its result is no number, though the truth is one
    UNDEFINED = "undefined"  # its result is no number in exact arithmetic either
    KERNEL = "kernel"  # its operator is off by more than rounding its operands explains


@dataclass(frozen=True, eq=False)
class Part:
    """The error that one step's rounding adds to the result.

    Args:
        share: of the error, which all shares and the formula's sum up to.
        rounding: how far the step's own entry is from its exact value, relatively.
        value: that entry as torch computed it.
        amplifier: the later step that makes it large, if one does, `factor` times.
    """

    step: Step
    share: float
    kind: Kind
    rounding: float
    value: float
    amplifier: Step | None = None
    factor: float = 1.0

    @property
    def cancels(self) -> bool:
        """Whether cancelling terms amplify it."""
        return self.amplifier is not None and self.amplifier.operator in SUMS

    @property
    def blamed(self) -> Step:
        """The step to blame: a sum whose terms cancel, or else the one that rounded."""
        rounded = self.kind is Kind.ROUNDED and self.amplifier is not None and self.cancels
        return self.amplifier if rounded and self.amplifier is not None else self.step


@dataclass(frozen=True, eq=False)
class Attribution:
    """The error of one entry, with the part of each step.

    Args: formula, the share of the formula itself; parts, of the steps that count, the largest
        first.
    """

    formula: float
    parts: Sequence[Part]


class TooWideError(Exception):
    """Raised where the balls at this precision are too wide to tell a part of an error from 0."""


def attribution(replay: Replay, truth: arb, index: tuple[int, ...]) -> Attribution:
    """Split the error of one entry among the steps.

    Raises: TooWideError if the precision in force is too low; OutOfTimeError where a time was
        allowed and is spent.
    """
    count = len(replay.steps)

    def at(k: int) -> arb:
        found: arb = replay.result(k)[index]
        return found

    if not at(count).is_finite():
        return _without_number(replay, index)
    error = float((at(count) - truth).mid())
    if not error:
        return Attribution(0.0, ())
    if at(0).is_finite() and at(0).rad() > _WIDE * abs(error):
        raise TooWideError
    found: list[tuple[int, float]] = []

    def split(low: int, high: int) -> None:
        change = at(high) - at(low)
        if change.is_finite() and change.rad() > _WIDE * abs(error):
            raise TooWideError
        if change.is_finite() and abs(float(change.mid())) < _COUNTS * abs(error):
            return
        if high - low == 1:
            found.append((low, float(change.mid()) / error))
            return
        middle = (low + high) // 2
        split(low, middle)
        split(middle, high)

    split(0, count)
    parts = [_part(replay, k, share, index) for k, share in found]
    formula = float((at(0) - truth).mid()) / error
    return Attribution(formula, sorted(parts, key=lambda p: -abs(p.share)))


def _without_number(replay: Replay, index: tuple[int, ...]) -> Attribution:
    """The first step whose computed value makes the result no number has all of the error."""
    low, high = 0, len(replay.steps)
    if not high or not replay.result(0)[index].is_finite():
        return Attribution(1.0, _undefined(replay))
    while high - low > 1:
        middle = (low + high) // 2
        if replay.result(middle)[index].is_finite():
            low = middle
        else:
            high = middle
    step = replay.steps[low]
    undefined = _undefined(replay)
    if undefined and any(isinstance(b, Absent) for b in replay.values(0)[step.result.name].ravel()):
        return Attribution(1.0, undefined)  # a 0 of a case not taken, which torch multiplies by NaN
    numbers = step.value[~np.isfinite(step.value)]
    value = float(numbers.ravel()[0]) if numbers.size else float("nan")
    return Attribution(0.0, (Part(step, 1.0, Kind.OVERFLOW, float("inf"), value),))


def _undefined(replay: Replay) -> Sequence[Part]:
    """The first step that has no number somewhere, exactly computed; none if there is none."""
    exact = replay.values(0)
    for step in replay.steps:
        if not all(b.is_finite() for b in exact[step.result.name].ravel()):
            numbers = step.value[~np.isfinite(step.value)]
            value = float(numbers.ravel()[0]) if numbers.size else float("nan")
            return (Part(step, 1.0, Kind.UNDEFINED, float("inf"), value),)
    return ()


def _part(replay: Replay, k: int, share: float, index: tuple[int, ...]) -> Part:
    """One step's part, with the step that amplifies it."""
    step = replay.steps[k]
    exact = replay.values(k)
    entry = _entry(replay, k, exact, index)
    own, computed = exact[step.result.name][entry], replay.computed(step)[entry]
    rounding, value = relative(computed, own), float(computed)
    if rounding > _BEYOND_ROUNDING * step.unit:
        if abs(float(own.mid())) < step.smallest:
            return Part(step, share, Kind.UNDERFLOW, rounding, value)
        if not _explained(replay, step, exact, entry, rounding):
            return Part(step, share, Kind.KERNEL, rounding, value)

    def only(later: Step, before: Balls) -> Balls | None:
        if later is not step:
            return None
        changed = before.copy()
        changed[entry] = computed
        return changed

    moved = replay.values(k, only)
    errors = {step.result.name: rounding}
    amplifier, factor = None, 1.0
    for later in replay.steps[k + 1 :]:
        name = later.result.name
        before = max((errors.get(n, 0.0) for n in named_inputs([later.formula])), default=0.0)
        if not before:
            continue
        errors[name] = _largest(moved[name], exact[name])
        grown = errors[name] / before
        if grown > factor:
            amplifier, factor = later, grown
    if factor < _AMPLIFIES:
        amplifier, factor = None, 1.0
    return Part(step, share, Kind.ROUNDED, rounding, value, amplifier, factor)


def _explained(
    replay: Replay, step: Step, known: Mapping[str, Balls], entry: tuple[int, ...], off: float
) -> bool:
    """Whether a step is off by no more than if its operands had been rounded before."""
    draw = seeded()
    operands = named_inputs([step.formula])
    exact = known[step.result.name][entry]
    moved = 0.0
    for _ in range(_DRAWS):
        rounded = dict(known)
        for name in operands:
            signs = draw.choice([-1.0, 1.0], size=np.shape(known[name]))
            rounded[name] = np.asarray(known[name] * balls_of(1 + signs * step.unit), dtype=object)
        moved = max(moved, relative(replay.value(step.formula, rounded)[entry], exact))
    return off <= _BEYOND_ROUNDING * max(moved, step.unit)


def _entry(
    replay: Replay, k: int, exact: Mapping[str, Balls], index: tuple[int, ...]
) -> tuple[int, ...]:
    """The entry of a step whose rounding counts most: halves are tried, the larger kept."""
    step = replay.steps[k]
    computed = replay.computed(step)
    before = replay.value(replay.formula, exact)[index]

    def size_of(half: np.ndarray[tuple[int], np.dtype[np.intp]]) -> float:
        def some(later: Step, value: Balls) -> Balls | None:
            if later is not step:
                return None
            changed = value.copy()
            changed.reshape(-1)[half] = computed.reshape(-1)[half]
            return changed

        change = abs(replay.value(replay.formula, replay.values(k, some))[index] - before)
        return float(change.mid()) if change.is_finite() else float("inf")

    left = np.arange(computed.size)
    while left.size > 1:
        first, second = left[: left.size // 2], left[left.size // 2 :]
        left = first if size_of(first) >= size_of(second) else second
    return tuple(map(int, np.unravel_index(int(left[0]), computed.shape)))


def _largest(values: Balls, exact: Balls) -> float:
    """The largest relative difference between entries that are not 0."""
    pairs = zip(values.ravel(), exact.ravel(), strict=True)
    return max((r for r in (relative(a, b) for a, b in pairs) if np.isfinite(r)), default=0.0)
