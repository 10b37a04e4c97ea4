"""From a subject at inputs to the diagnosis of its values and gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from flint import ctx

from comparisons.capture.refusal import Refused
from comparisons.diagnosis.attribution import Attribution, Kind, attribution
from comparisons.diagnosis.diagnosis import Cause, Diagnosis, Finding, lines_of
from comparisons.diagnosis.exact import Balls, Replay, balls_of
from comparisons.diagnosis.forms import Form
from comparisons.diagnosis.stable import Search
from comparisons.diagnosis.steps import Run, Step, follow
from comparisons.diagnosis.truths import Array, Truths, errors
from comparisons.dtypes import FloatType
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.judge.truth import Truth, weighted
from comparisons.subjects.subject import Subject
from symdiff.oracle import deadline

BITS = 400
_LOST = 64.0  # times what rounding the inputs explains: 6 bits, beyond which digits are lost
_SECONDS = 60.0
_WRONG = 0.5  # of the error, from which on the formula itself is to blame
_KNOWN = 2.0**-64  # relative radius of a truth that an error is measured from

Entry = tuple[int, ...]


def diagnose(
    subject: Subject,
    inputs: Inputs,
    dtype: FloatType,
    *,
    suspects: Mapping[str, Entry] | None = None,
    seconds: float = _SECONDS,
) -> Diagnosis:
    """Where the errors of a subject's values and gradients come from, in reverse mode.

    Args:
        subject: what is run.
        inputs: where, by name; of a function of points each entry is a problem of its own.
        dtype: the type that torch computes in.
        suspects: entries that were judged to be wrong, by adjoint: they are explained though
            rounding may explain them.
        seconds: that it may take.
    """
    at = dict(inputs)
    truth = Truth(subject.graph)
    if subject.pointwise:
        shape = np.broadcast_shapes(*map(np.shape, at.values()))
        at.setdefault(COTANGENT, np.ones(shape))
        at = {n: np.broadcast_to(v, shape) for n, v in at.items()}
        truth = Truth(weighted(subject.graph))
    try:
        with ctx.workprec(BITS), deadline.allowed(seconds):
            run = follow(subject, at, dtype.torch)
            return _Trial(subject, dtype, run, Truths(truth, at), at, suspects or {}).diagnosis()
    except Refused as refused:
        return Diagnosis(str(subject), dtype.name, (), notes=(f"not followed: {refused}",))
    except deadline.OutOfTimeError:
        note = f"more than {seconds:g} s would be needed; pass smaller tensors"
        return Diagnosis(str(subject), dtype.name, (), notes=(note,))


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
        names = [n for n in self.truths.names if n in self.run.formulas]
        for name in sorted(names, key=lambda n: not self._is_value(n)):
            off, truth = self._errors(name), self.truths.values[name]
            known = _known(truth)
            excess = np.where(known, off / (explained[name] + self.dtype.unit_roundoff), 0.0)
            entry = self.suspects.get(name, _largest(excess))
            if not off.size:
                continue
            if excess[entry] > _LOST or (name in self.suspects and off[entry] > 0 and known[entry]):
                findings.append(self._finding(name, entry, off[entry], explained[name][entry]))
            else:
                sound[self._label(name)] = (float(off[entry]), float(explained[name][entry]))
        search = Search(self.run, self.subject.name.partition(" as ")[0], self._gradients)
        stable = search.found(self._blamed) if self._blamed else []
        return Diagnosis(str(self.subject), self.dtype.name, findings, stable, sound)

    def _is_value(self, name: str) -> bool:
        return "(the value)" in self._label(name)

    def _label(self, name: str) -> str:
        if name == COTANGENT and self.subject.pointwise:
            return f"{self.subject.graph.output_name} (the value)"
        return self.subject.label(name)

    def _errors(self, name: str) -> Array:
        """Relative errors; of an entry that is 0 in truth, beside the largest one."""
        truth, computed = self.truths.values[name], balls_of(self.run.computed[name])
        computed = np.broadcast_to(computed, truth.shape)
        off = errors(computed, truth)
        nothing = np.isinf(off) & np.isfinite(self.run.computed[name])
        largest = max((abs(float(t.mid())) for t in truth.ravel() if t.is_finite()), default=0.0)
        if nothing.any() and largest:
            off[nothing] = (
                np.abs(np.broadcast_to(self.run.computed[name], truth.shape))[nothing] / largest
            )
        smallest = self.dtype.smallest_subnormal
        below = np.frompyfunc(lambda c, t: bool(abs(c - t) < 2 * smallest), 2, 1)
        off[np.asarray(below(computed, truth), dtype=bool)] = 0.0
        return off

    def _finding(self, name: str, entry: Entry, off: float, explained: float) -> Finding:
        truth = self.truths.values[name][entry]
        found = attribution(Replay(self.run, name), truth, entry)
        self._blamed.extend(s for p in found.parts for s in (p.step, p.blamed))
        return Finding(
            self._label(name),
            self._at(entry),
            float(self.run.computed[name][entry]),
            float(truth.mid()),
            float(off),
            float(explained),
            _cause(found),
            found.formula,
            lines_of(found.parts),
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
        mine = [
            errors(balls_of(g.double().numpy().reshape(t.shape)), t)
            for g, t in zip(found, exact, strict=True)
        ]
        theirs = [self._errors(n) for n in names]
        return max(float(e.max(initial=0)) for e in mine), max(
            float(e.max(initial=0)) for e in theirs
        )

    def _at(self, entry: Entry) -> str:
        if self.subject.pointwise:
            own = {k: float(v[entry]) for k, v in self.inputs.items() if k != COTANGENT}
            return ", ".join(f"{k} = {v!r}" for k, v in own.items())
        return f"entry {list(entry)}" if entry else "its one entry"


def _cause(found: Attribution) -> Cause:
    if abs(found.formula) > _WRONG:
        return Cause.WRONG
    kinds = {
        Kind.KERNEL: Cause.KERNEL,
        Kind.OVERFLOW: Cause.OVERFLOW,
        Kind.UNDERFLOW: Cause.OVERFLOW,
    }
    return kinds.get(found.parts[0].kind, Cause.UNSTABLE) if found.parts else Cause.UNSTABLE


def _known(truth: Balls) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where a truth is a number that is known well, or exactly 0."""

    def well(t: object) -> bool:
        return bool(t.is_finite() and (t.rad() <= _KNOWN * abs(t.mid())))  # type: ignore[attr-defined]  # a ball

    return np.asarray(np.frompyfunc(well, 1, 1)(truth), dtype=bool)


def _largest(excess: Array) -> Entry:
    return (
        tuple(map(int, np.unravel_index(int(excess.argmax()), excess.shape))) if excess.size else ()
    )
