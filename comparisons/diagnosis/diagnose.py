"""Diagnose a subject at inputs: run it, and find what is wrong with its values and gradients."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from flint import arb, ctx

from comparisons.capture.refusal import Refused
from comparisons.diagnosis.attribution import Attribution, Kind, TooWideError, attribution
from comparisons.diagnosis.diagnosis import Cause, Diagnosis, Finding, lines_of
from comparisons.diagnosis.exact import Balls, Replay, balls_of
from comparisons.diagnosis.forms import Form
from comparisons.diagnosis.pieces import Names
from comparisons.diagnosis.relations import Evidence, Slack, relation
from comparisons.diagnosis.stable import Search
from comparisons.diagnosis.steps import Run, Step, follow, plain
from comparisons.diagnosis.truths import Truths, errors, largest_error
from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.position import as_given, position
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.judge.truth import Truth, weighted
from comparisons.subjects.subject import Subject
from symdiff.oracle import deadline

BITS = 400
_PRECISIONS = (BITS, 4 * BITS, 16 * BITS)  # for an error that cancels more than that away
# Times what rounding the inputs explains, from which on digits are lost: 10 bits, three digits.
# What honest code loses on the way is less: 1 − σ(x) at σ = 0.999, in a GRU cell, two digits.
_LOST = 1024.0
_SECONDS = 60.0
_TO_ROUNDING = 1024.0  # units, of the largest entry, within which two computed arrays are one
_WRONG = 0.5  # of the error, from which on the formula itself is to blame
_KNOWN = 2.0**-64  # relative radius of a truth that an error is measured from

Entry = tuple[int, ...]
Bools = npt.NDArray[np.bool_]


def diagnose(
    subject: Subject,
    inputs: Inputs,
    dtype: FloatType,
    *,
    suspects: Mapping[str, Entry] | None = None,
    seconds: float = _SECONDS,
) -> Diagnosis:
    """Find where the errors of a subject's values and gradients come from, in reverse mode.

    Args:
        subject: what is run.
        inputs: where, by name; of a function of points each entry is a problem of its own.
        dtype: the type that torch computes in.
        suspects: entries that were judged to be wrong, by adjoint: they are explained though
            rounding may explain them.
        seconds: that it may take.
    """
    if subject.framework != "torch":
        note = f"only torch is followed, and {subject} is written in {subject.framework}"
        return Diagnosis(str(subject), dtype.name, (), notes=(note,))
    at = dict(inputs)
    truth = Truth(subject.graph)
    if _of_points(subject):
        shape = np.broadcast_shapes(*map(np.shape, at.values()))
        at.setdefault(COTANGENT, np.ones(shape))
        at = {n: np.broadcast_to(v, shape) for n, v in at.items()}
        truth = Truth(weighted(subject.graph))
    try:
        with ctx.workprec(BITS), deadline.allowed(seconds):
            run, notes = _followed(subject, at, dtype)
            found = _Trial(subject, dtype, run, Truths(truth, at), at, suspects or {}).diagnosis()
            return replace(found, notes=notes)
    except Refused as refused:
        return Diagnosis(str(subject), dtype.name, (), notes=(_said(refused),))
    except deadline.OutOfTimeError:
        note = f"more than {seconds:g} s would be needed; pass smaller tensors"
        return Diagnosis(str(subject), dtype.name, (), notes=(note,))


def _followed(subject: Subject, at: Inputs, dtype: FloatType) -> tuple[Run, tuple[str, ...]]:
    """The run; of a backward that cannot be followed the values' part, with a note.

    Raises: Refused if not even the forward can be.
    """
    try:
        return follow(subject, at, dtype.torch), ()
    except Refused as refused:
        weights = [n for n in at if n == COTANGENT or "(the value)" in subject.label(n)]
        run = follow(subject, at, dtype.torch, weights)
        computed = {**plain(subject, at, dtype.torch), **run.computed}
        return replace(run, computed=computed), (_said(refused),)


def _said(refused: Refused) -> str:
    """Why something is not followed, without what a capture would be helped by."""
    reason = str(refused).partition("; give")[0]
    return "not followed: " + re.sub(r" \(\S*comparisons/diagnosis/\S*\)", "", reason)


@dataclass(frozen=True)
class _Trial:
    subject: Subject
    dtype: FloatType
    run: Run
    truths: Truths
    inputs: Inputs
    suspects: Mapping[str, Entry]
    _blamed: list[Step] = field(default_factory=list)

    def diagnosis(self) -> Diagnosis:
        """All quantities: what is off, and what is not."""
        explained = self.truths.explained(self.dtype.unit_roundoff)
        findings, sound = [], {}
        names = [n for n in self.truths.names if n in self.run.computed]
        for name in sorted(names, key=lambda n: not self._is_value(n)):
            off = self._errors(name)
            if not off.size:
                continue
            allowed = explained[name] + self.dtype.unit_roundoff
            # ∞ / ∞, of which nothing is known, and what is off by more than float64 holds
            with np.errstate(invalid="ignore", over="ignore"):
                excess = np.where(self._known(name), off / allowed, 0.0)
            entries = self._lost(name, excess)
            if not entries:
                entry = _largest(excess)
                sound[self._label(name)] = (float(off[entry]), float(explained[name][entry]))
            for entry in entries:
                found = self._finding(name, entry, off[entry], explained[name][entry])
                findings.append(found)
                if found.cause is Cause.WRONG:
                    break
        search = Search(self.run, self.subject.name.partition(" as ")[0], self._gradients)
        try:
            stable = search.found(self._blamed) if self._blamed else []
        except deadline.OutOfTimeError:
            stable = []
        return Diagnosis(str(self.subject), self.dtype.name, findings, stable, sound)

    def _lost(self, name: str, excess: Float64Array) -> list[Entry]:
        """The entries to be explained: the worst number, and the worst that is none."""
        finite = np.isfinite(np.broadcast_to(self.run.computed[name], excess.shape))
        parts = (np.where(finite, excess, 0.0), np.where(finite, 0.0, excess))
        worst = [_largest(part) for part in parts if part.max(initial=0.0) > _LOST]
        entry = self.suspects.get(name)
        if not worst and entry is not None and excess[entry] > 0:
            return [entry]
        return worst

    def _known(self, name: str) -> Bools:
        """The mask of entries whose truth is known well, and a number of the type."""
        scale, largest = self._scale(name), self.dtype.largest

        def well(t: arb) -> bool:
            return bool(
                t.is_finite() and t.rad() <= _KNOWN * max(abs(float(t.mid())), scale)
            ) and bool(abs(t) <= largest)

        return np.asarray(np.frompyfunc(well, 1, 1)(self.truths.values[name]), dtype=bool)

    def _scale(self, name: str) -> float:
        """The largest entry of a quantity, or of all of them if each of its own is 0."""
        own = _largest_size([self.truths.values[name]])
        return own or _largest_size(self.truths.values.values()) or 1.0

    def _is_value(self, name: str) -> bool:
        return "(the value)" in self._label(name)

    def _label(self, name: str) -> str:
        if name == COTANGENT and _of_points(self.subject):
            return f"{self.subject.graph.output_name} (the value)"
        return self.subject.label(name)

    def _errors(self, name: str) -> Float64Array:
        """Relative errors; of an entry that is 0 in truth, beside the largest one."""
        truth, computed = self.truths.values[name], balls_of(self.run.computed[name])
        computed = np.broadcast_to(computed, truth.shape)
        off = errors(computed, truth)
        nothing = np.isinf(off) & np.isfinite(self.run.computed[name])
        if nothing.any():
            sizes = np.abs(np.broadcast_to(self.run.computed[name], truth.shape))
            off[nothing] = sizes[nothing] / self._scale(name)
        smallest = self.dtype.smallest_subnormal
        below = np.frompyfunc(lambda c, t: bool(abs(c - t) < 2 * smallest), 2, 1)
        off[np.asarray(below(computed, truth), dtype=bool)] = 0.0
        return off

    def _finding(self, name: str, entry: Entry, off: float, explained: float) -> Finding:
        truth = self.truths.values[name][entry]
        if name not in self.run.formulas:
            return self._told(name, entry, off, explained, Attribution(0.0, ()), Cause.UNKNOWN)
        found = self._split(name, truth, entry)
        if found is None:
            return self._told(name, entry, off, explained, Attribution(0.0, ()), Cause.UNDECIDED)
        self._blamed.extend(s for p in found.parts for s in (p.step, p.blamed))
        return self._told(name, entry, off, explained, found, _cause(found))

    def _split(self, name: str, truth: arb, entry: Entry) -> Attribution | None:
        """The error's parts, at as many bits as it takes; None where the most do not do."""
        for bits in _PRECISIONS:
            with ctx.workprec(bits):
                try:
                    return attribution(Replay(self.run, name), truth, entry)
                except TooWideError:
                    continue
        return None

    def _told(
        self,
        name: str,
        entry: Entry,
        off: float,
        explained: float,
        found: Attribution,
        cause: Cause,
    ) -> Finding:
        followed = name in self.run.formulas
        steps = Replay(self.run, name).steps if followed else ()
        written = {s.place.function: s.place for s in steps if s.written and s.place}
        related = cause in (Cause.WRONG, Cause.UNKNOWN)
        truth = self.truths.values[name][entry]
        return Finding(
            self._label(name),
            self._at(name, entry),
            float(self.run.computed[name][entry]),
            float(truth.mid()),
            float(off),
            float(explained),
            cause,
            found.formula,
            lines_of(found.parts),
            self._relation(name) if related else "",
            tuple(written.values()) if related else (),
        )

    def _relation(self, name: str) -> str:
        """How a wrong quantity is related to the truth; empty where no time is left to find it."""
        try:
            return relation(self._evidence(name))
        except deadline.OutOfTimeError:
            return ""

    def _evidence(self, name: str) -> Evidence:
        """The quantities that a wrong one is compared with."""
        names = Names(self.run)
        shapes = {i.name: s for i, s in self.run.shapes.items()}
        values = {n: balls_of(v).reshape(shapes[n]) for n, v in self.inputs.items()}
        followed = name in self.run.formulas
        exact = Replay(self.run, name).values(0) if followed else {}
        for step in self.run.steps:
            called = "" if step.backward else names.of(step.result)
            if called and step.result.name in exact:
                values.setdefault(called, exact[step.result.name].reshape(step.shape))
        for n in self.truths.names:
            if self._is_value(n):
                called = self._label(n).removesuffix(" (the value)")
                values.setdefault(called, self.truths.values[n].reshape(shapes[n]))
        given = {
            n: Replay(self.run, n).result(0)
            if n in self.run.formulas
            else balls_of(self.run.computed[n])
            for n in self.truths.names
            if n in self.run.computed
        }
        largest = self._scale(name)
        unit = _TO_ROUNDING * self.dtype.unit_roundoff
        return Evidence(
            name,
            given,
            self.truths,
            {n: self._label(n) for n in self.truths.names},
            values,
            shapes,
            [n for n in self.inputs if self._is_value(n)],
            self.subject.places,
            Slack() if followed else Slack(unit * largest, unit),
        )

    def _gradients(self, form: Form) -> tuple[float, float] | None:
        """The largest errors of the gradients of a form in place of the function, and of its own.

        None where there is more than one output, or an input that the form does not take.
        """
        import torch

        names = [n for n in self.truths.names if not self._is_value(n)]
        weights = [n for n in self.inputs if n not in names]
        shapes = {i.name: s for i, s in self.run.shapes.items()}
        if len(weights) != 1 or len(names) != form.arity:
            return None
        dtype = self.dtype.torch
        leaves = [
            torch.tensor(self.inputs[n], dtype=dtype).reshape(shapes[n]).requires_grad_()
            for n in names
        ]
        output = form(*leaves)
        v = torch.tensor(self.inputs[weights[0]], dtype=dtype).reshape(output.shape)
        found = torch.autograd.grad(output, leaves, v)
        exact = [self.truths.values[n] for n in names]
        given = [g.double().numpy().reshape(t.shape) for g, t in zip(found, exact, strict=True)]
        own = [self.run.computed[n] for n in names]
        smallest = self.dtype.smallest_normal
        mine, theirs = (
            max(
                largest_error(balls_of(g), t, smallest)
                for g, t in zip(gradients, exact, strict=True)
            )
            for gradients in (given, own)
        )
        return mine, theirs

    def _at(self, name: str, entry: Entry) -> str:
        if _of_points(self.subject):
            own = {k: float(v[entry]) for k, v in self.inputs.items() if k != COTANGENT}
            return ", ".join(f"{k} = {v!r}" for k, v in own.items())
        shape = self.subject.shapes.get(name, np.shape(self.run.computed[name]))
        place = position(as_given(entry, shape))
        return f"entry {place}" if place else "its one entry"


def _of_points(subject: Subject) -> bool:
    """Whether each entry is a problem of its own; captured code is as its tensors are."""
    return subject.pointwise and not subject.captured


def _cause(found: Attribution) -> Cause:
    if abs(found.formula) > _WRONG:
        return Cause.WRONG
    kinds = {
        Kind.KERNEL: Cause.KERNEL,
        Kind.OVERFLOW: Cause.RANGE,
        Kind.UNDERFLOW: Cause.RANGE,
    }
    return kinds.get(found.parts[0].kind, Cause.UNSTABLE) if found.parts else Cause.UNSTABLE


def _largest_size(quantities: Iterable[Balls]) -> float:
    """The largest finite entry of some arrays, in size."""
    every = (t for values in quantities for t in values.ravel() if t.is_finite())
    return max((abs(float(t.mid())) for t in every), default=0.0)


def _largest(excess: Float64Array) -> Entry:
    return (
        tuple(map(int, np.unravel_index(int(excess.argmax()), excess.shape))) if excess.size else ()
    )
