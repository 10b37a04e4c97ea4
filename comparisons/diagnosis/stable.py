"""The search for an equal formula that keeps the digits.

A piece of the user's forward around the steps that are to blame is tried against each known form:
roughly in float64 first, then in balls at random arguments and at the user's own. Equal is what
agrees wherever both are numbers, to nearly all of the bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flint import arb, ctx

from comparisons.capture.capturing import capture, forward
from comparisons.diagnosis.diagnosis import StableForm
from comparisons.diagnosis.exact import Balls, balls_of, relative
from comparisons.diagnosis.forms import Form, forms_of
from comparisons.diagnosis.pieces import Names, Piece, pieces
from comparisons.diagnosis.steps import Array, Run, Step
from comparisons.diagnosis.truths import errors
from comparisons.inputs.values import seeded
from symdiff.bridge.interpret import interpret
from symdiff.oracle import deadline
from symdiff.oracle.arrays import compile_entry

_ROUGHLY = 1e-6
_SPARE_BITS = 80  # of the precision: what the roundings of a formula's balls may cost
_BETTER = 8.0  # times smaller an error has to be, to be proposed
_MOST_ENTRIES = 2**12


@dataclass(frozen=True)
class _Arguments:
    """Arguments in torch's shapes."""

    shapes: tuple[tuple[int, ...], ...]
    values: tuple[Array, ...]  # in those shapes

    @cached_property
    def balls(self) -> list[Balls]:
        """The same as a graph has them, without axes of length 1."""
        return [balls_of(v.reshape([n for n in v.shape if n != 1])) for v in self.values]


class Search:
    """The forms that equal pieces of one run."""

    def __init__(self, run: Run, function: str) -> None:
        self.run, self.names = run, Names(run)
        self.function = function
        self._by_input = {s.result: s for s in run.steps}
        forward_steps = [s for s in run.steps if s.place is not None and not s.backward]
        self._last = forward_steps[-1] if forward_steps else None

    def found(self, blamed: Sequence[Step], *, most: int = 2) -> list[StableForm]:
        """Equal forms with a smaller error, of the whole function first, then of its largest part.

        Raises: OutOfTimeError where a time was allowed and is spent.
        """
        made: list[tuple[tuple[bool, int, float], StableForm]] = []
        known: set[str] = set()
        for piece in reversed(list(pieces(self.run, blamed))):
            names = [self.names.of(a) for a in piece.arguments]
            of = self._called(piece)
            if not all(names) or not of:
                continue
            for form in self._equal(piece):
                stable = self._measured(piece, form, names, of)
                if stable is not None and stable.text not in known:
                    known.add(stable.text)
                    key = (piece.last is not self._last, -len(piece.steps), stable.error)
                    made.append((key, stable))
        return [stable for _, stable in sorted(made, key=lambda pair: pair[0])[:most]]

    def _called(self, piece: Piece) -> str:
        if piece.last is self._last:
            return f"{self.function}({', '.join(self.names.of(a) for a in piece.arguments)})"
        return self.names.of_result(piece.last, self.function)

    def _shape(self, argument: object) -> tuple[int, ...]:
        step = self._by_input.get(argument)  # type: ignore[call-overload]  # or a leaf
        return step.shape if step is not None else self.run.shapes[argument]  # type: ignore[index]  # a leaf

    def _own(self, piece: Piece) -> _Arguments:
        """The arguments that the piece had in the run."""
        shapes = tuple(map(self._shape, piece.arguments))
        values = []
        for argument, shape in zip(piece.arguments, shapes, strict=True):
            step = self._by_input.get(argument)
            value = step.value if step is not None else self.run.leaves[argument]
            values.append(value.reshape(shape))
        return _Arguments(shapes, tuple(values))

    def _equal(self, piece: Piece) -> Iterator[Form]:
        own = self._own(piece)
        if sum(v.size for v in own.values) > _MOST_ENTRIES:
            return
        tried = [own, *_drawn(own.shapes)]
        values = [piece.at(t.balls) for t in tried]
        for form in forms_of([len(s) for s in own.shapes]):
            if deadline.spent():
                raise deadline.OutOfTimeError
            if any(_roughly(form, t, v, piece.last) for t, v in zip(tried[1:], values[1:], strict=True)):
                exact = [_exactly(form, t) for t in tried]
                if all(e is not None and _same(e, v) for e, v in zip(exact, values, strict=True)):
                    yield form

    def _measured(
        self, piece: Piece, form: Form, names: Sequence[str], of: str
    ) -> StableForm | None:
        """The form with both errors, at the run's own arguments; None if it is not better."""
        own = self._own(piece)
        exact = piece.at(own.balls)
        theirs = errors(balls_of(piece.last.value), exact)
        mine = errors(balls_of(_in_torch(form, own, piece.last)), exact)
        counted = np.isfinite([t.is_finite() and not t.contains(0) for t in exact.ravel()])
        if not counted.any():
            return None
        entry = int(np.argmax(theirs.ravel()))
        error, instead = float(mine.max()), float(theirs.ravel()[entry])
        if not error * _BETTER <= instead:
            return None
        return StableForm(form.written(*names), of, error, instead, ctx.prec, form.note)


def _drawn(shapes: Sequence[tuple[int, ...]]) -> Iterator[_Arguments]:
    """Ordinary arguments: of both signs, positive, and between 0 and 1."""
    draw = seeded()
    for kind in range(3):
        values = []
        for shape in shapes:
            normal, uniform = draw.normal(size=shape), draw.uniform(0.05, 0.95, size=shape)
            values.append(np.asarray((normal, np.abs(normal) + 0.1, uniform)[kind], dtype=np.float64))
        yield _Arguments(tuple(shapes), tuple(values))


def _in_torch(form: Form, at: _Arguments, like: Step) -> Array:
    """What torch computes, in the type of a step, without axes of length 1."""
    import torch

    with torch.no_grad():
        found = form(*(torch.tensor(v, dtype=like.dtype) for v in at.values))
    value = found.to(torch.float64).numpy()
    return np.asarray(value.reshape([n for n in value.shape if n != 1]))


def _roughly(form: Form, at: _Arguments, wanted: Balls, like: Step) -> bool:
    """Whether float64 gives about the same wherever both are numbers."""
    import torch

    try:
        with torch.no_grad():
            found = form(*(torch.tensor(v, dtype=torch.float64) for v in at.values))
    except (RuntimeError, IndexError, TypeError, ValueError, NotImplementedError):
        return False
    if not isinstance(found, torch.Tensor) or tuple(found.shape) != like.shape:
        squeezed = [n for n in getattr(found, "shape", ()) if n != 1]
        if not isinstance(found, torch.Tensor) or squeezed != list(wanted.shape):
            return False
    value = found.numpy().reshape(wanted.shape)
    expected = np.asarray([float(b.mid()) if b.is_finite() else np.nan for b in wanted.ravel()])
    both = np.isfinite(value.ravel()) & np.isfinite(expected)
    if not both.any():
        return False
    apart = np.abs(value.ravel() - expected)[both]
    return bool((apart <= _ROUGHLY * np.abs(expected)[both] + 1e-300).all())


def _exactly(form: Form, at: _Arguments) -> Balls | None:
    """The form's value in balls; None where torch's code is not captured."""
    import torch

    try:
        captured = capture(form, *(torch.tensor(v, dtype=torch.float64) for v in at.values))
    except (ValueError, RuntimeError, TypeError):
        return None
    evaluator = forward(captured)
    given = dict(zip(captured.inputs, at.balls, strict=True))
    arrays, parameters, lengths = evaluator.signature.bind(captured.arrays)
    numbers = {n: arb(int(v.p)) / arb(int(v.q)) if hasattr(v, "p") else arb(v) for n, v in {**parameters, **lengths}.items()}
    fixed = {n: np.asarray(v, dtype=object) for n, v in numbers.items()}
    found = interpret(evaluator.program, {**fixed, **given}, compile_entry)
    return found[captured.outputs[0]]


def _same(a: Balls, b: Balls) -> bool:
    """Whether both agree wherever both are numbers, and are somewhere."""
    if a.shape != b.shape:
        return False
    pairs = [(p, q) for p, q in zip(a.ravel(), b.ravel(), strict=True) if p.is_finite() and q.is_finite()]
    allowed = 2.0 ** -(ctx.prec - _SPARE_BITS)
    return bool(pairs) and all(p.overlaps(q) and relative(p, q) <= allowed for p, q in pairs)
