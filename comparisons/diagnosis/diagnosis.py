"""A diagnosis says of each quantity that is off where its error comes from."""

from __future__ import annotations

import linecache
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from comparisons.capture.running.place import Place
from comparisons.diagnosis.attribution import Kind, Part
from comparisons.diagnosis.steps import Step

_NOTHING = 2.0**-64


class Cause(StrEnum):
    """The cause of an error."""

    UNSTABLE = "unstable"  # the formula is right, and its rounding is made large
    WRONG = "wrong"  # the formula that ran is another one, in exact arithmetic
    KERNEL = "kernel"  # an operator of torch's is off by itself
    UNKNOWN = "unknown"  # its backward is none that is followed
    UNDECIDED = "undecided"  # the bits that were allowed do not tell
    RANGE = "range"  # a value on the way is too large or too small for the type


@dataclass(frozen=True)
class Line:
    """A line of code that has a share in an error.

    Args:
        place: where it is; None for an operator without a line of the user's.
        operator: torch's operator that is to blame there.
        backward: whether in the line's backward.
        share: of the error; all lines' and the formula's add up to 1.
        because: what happened there, in words.
    """

    place: Place | None
    operator: str
    backward: bool
    share: float
    because: str

    @property
    def text(self) -> str:
        """The line's source text; empty if it cannot be read."""
        return "" if self.place is None else text_of(self.place)

    def __str__(self) -> str:
        where = f"torch's {self.operator}" if self.place is None else f"{self.place}  {self.text}"
        return f"{where}{'  (its backward)' if self.backward and self.place else ''}"


@dataclass(frozen=True)
class Finding:
    """One value or gradient that is off, and why.

    Args:
        quantity: what it is called: `z.grad`, `y (the value)`.
        at: the entry, or the inputs there.
        computed: what torch gave.
        truth: what it should be, rounded.
        relative: the relative error.
        explained: the relative error that one rounding of every input explains.
        formula: the share of the error that the formula has in exact arithmetic.
        lines: that have a share in it, the largest first.
        relation: how what was computed is related to the truth, if simply.
        written: the hand-written backwards that it comes through.
    """

    quantity: str
    at: str
    computed: float
    truth: float
    relative: float
    explained: float
    cause: Cause
    formula: float
    lines: Sequence[Line]
    relation: str = ""
    written: Sequence[Place] = ()

    def __str__(self) -> str:
        rows = [
            f"{self.quantity} at {self.at}: {self.computed:.6g} for {self.truth:.6g}{self._error}"
        ]
        if self.cause is Cause.WRONG and not any(line.share == 1 for line in self.lines):
            rows.append(f"  {_percent(self.formula)} of the error is there in exact arithmetic too")
        if self.cause is Cause.UNKNOWN or len(rows) > 1:
            rows.append(f"  {self.relation or 'no simple relation to the truth was found'}")
            rows += [f"  written by hand: {place}" for place in self.written]
        for line in self.lines:
            rows += [f"  {_percent(line.share):>5}  {line}", f"         {line.because}"]
        return "\n".join(rows)

    @property
    def _error(self) -> str:
        return (
            f", relative error {shown(self.relative)}; rounding the inputs explains "
            f"{shown(self.explained)}"
        )


@dataclass(frozen=True)
class StableForm:
    """An equal formula that keeps the digits.

    Args:
        text: in torch, of the names in the user's code.
        of: what it computes: the whole function, or a variable of it.
        error: the largest relative error of its value, at the same arguments.
        instead: that of the user's formula.
        bits: of the arithmetic in which both are equal.
        apart: 0, or the relative difference that rounded constants of the code make.
        gradient: of the whole function, the errors of the gradients, as of the value.
        note: where it is not the same, in words; empty if it is.
    """

    text: str
    of: str
    error: float
    instead: float
    bits: int
    apart: float = 0.0
    gradient: tuple[float, float] | None = None
    note: str = ""

    def __str__(self) -> str:
        equal = f"equal at {self.bits} bits"
        if self.apart:
            equal = f"equal but for rounded constants, within {self.apart:.1g}"
        beside = f" ({self.note})" if self.note else ""
        slopes = ""
        if self.gradient is not None:
            slopes = (
                f"; of the gradient {shown(self.gradient[0])} instead of {shown(self.gradient[1])}"
            )
        return (
            f"{equal}: {self.of} = {self.text}{beside}; "
            f"relative error {shown(self.error)} instead of {shown(self.instead)}{slopes}"
        )


@dataclass(frozen=True)
class Diagnosis:
    """The causes of the errors of one run.

    Args:
        subject: what was run.
        dtype: the type that torch computed in.
        findings: of what is off, values before gradients.
        stable: equal formulas that keep the digits.
        sound: of what is not off, the relative error and what explains it, by name.
        notes: what could not be said, and why.
    """

    subject: str
    dtype: str
    findings: Sequence[Finding]
    stable: Sequence[StableForm] = ()
    sound: Mapping[str, tuple[float, float]] = ()  # type: ignore[assignment]  # none
    notes: Sequence[str] = ()

    @property
    def cause(self) -> Cause | None:
        """The cause of the first finding; None if nothing is off."""
        return self.findings[0].cause if self.findings else None

    @property
    def line(self) -> Line | None:
        """The line that has the largest share in the first finding's error."""
        return next((f.lines[0] for f in self.findings[:1] if f.lines), None)

    @property
    def explanation(self) -> list[str]:
        """The findings in words, line by line; empty if nothing is off."""
        if not self.findings:
            return list(self.notes)
        rows = [row for finding in self.findings for row in str(finding).splitlines()]
        return [self._head, *rows, *map(str, self.stable), *self.notes]

    def __str__(self) -> str:
        rows = [f"{self.subject}, {self.dtype}: {self._head}"]
        for finding in self.findings:
            rows += [f"  {row}" for row in str(finding).splitlines()]
        rows += [f"  {form}" for form in self.stable]
        for name, (off, explained) in dict(self.sound).items():
            rows.append(
                f"  {name}: relative error {shown(off)}; rounding the inputs explains "
                f"{shown(explained)}"
            )
        rows += [f"  {note}" for note in self.notes]
        return "\n".join(rows)

    __repr__ = __str__

    @property
    def _head(self) -> str:
        words = {
            None: "no digits are lost beyond rounding" if self.sound else "nothing is said",
            Cause.UNSTABLE: "the formula is right, and unstable",
            Cause.WRONG: "the formula is wrong",
            Cause.KERNEL: "an operator of torch's is off by itself",
            Cause.UNKNOWN: "a gradient is wrong whose backward could not be followed",
            Cause.UNDECIDED: "where the error comes from is not decided at 6400 bits",
            Cause.RANGE: "a value on the way leaves the range of the type",
        }
        return words[self.cause]


def lines_of(parts: Sequence[Part]) -> list[Line]:
    """The lines that are to blame for parts of an error, the largest share first."""
    groups: dict[tuple[object, ...], list[Part]] = {}
    for part in parts:
        step = part.blamed
        key = (step.place, step.backward) if step.place else (None, step.operator)
        groups.setdefault(key, []).append(part)
    lines = [_line(group) for group in groups.values()]
    return sorted(lines, key=lambda line: -abs(line.share))


def _line(group: Sequence[Part]) -> Line:
    largest = max(group, key=lambda p: abs(p.share))
    step = largest.blamed
    share = sum(p.share for p in group)
    return Line(step.place, step.operator, step.backward, share, _because(largest))


def _because(part: Part) -> str:
    step = part.step
    if part.kind is Kind.OVERFLOW:
        return (
            f"{step.operator} gives {part.value:.3g} here, and the result is no number from then on"
        )
    if part.kind is Kind.UNDEFINED:
        return (
            f"{step.operator} gives {part.value:.3g} here, in exact arithmetic too; a where() that "
            "does not choose it still passes the NaN of its gradient on"
        )
    if part.kind is Kind.UNDERFLOW:
        return (
            f"{step.operator} gives {part.value:.3g}, below the normal numbers of the type: "
            f"off by {part.rounding:.2g}, relatively"
        )
    if part.kind is Kind.KERNEL:
        return (
            f"torch's {step.operator} is off by {part.rounding:.2g}, relatively; a rounding is "
            f"{step.unit:.2g}"
        )
    later = part.amplifier
    elsewhere = later is not None and part.blamed is later and later.place != step.place
    rounded = _named(step) if elsewhere else step.operator
    made = f"the rounding of {rounded} is {part.rounding:.2g}, relatively"
    if later is None:
        return made
    if part.blamed is later:
        return f"terms cancel in {later.operator}: {made}, and grows {part.factor:.2g} times"
    return f"{made}, and grows {part.factor:.2g} times in {_named(later)}"


def _named(step: Step) -> str:
    if step.place is None:
        return f"torch's {step.operator}"
    of = "the backward of " if step.backward else ""
    return f"{step.operator} (in {of}`{text_of(step.place)}`)"


def text_of(place: Place) -> str:
    """The source text of a line."""
    return linecache.getline(place.file, place.line).strip()


def shown(value: float) -> str:
    """A relative error as text; one below all roundings as 0."""
    return "0" if value < _NOTHING else f"{value:.2g}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
