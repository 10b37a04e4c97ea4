"""Search for an equal formula that keeps the digits.

A piece of the user's forward around the steps that are to blame is tried against each known form:
roughly in float64 first, then in balls at random arguments and at the user's own. Equal is what
agrees wherever both are numbers, to nearly all of the bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from flint import ctx

from comparisons.capture.capturing import capture, forward
from comparisons.diagnosis.diagnosis import StableForm
from comparisons.diagnosis.exact import Balls, ball_of_number, balls_of, relative
from comparisons.diagnosis.forms import Form, forms_of
from comparisons.diagnosis.pieces import Names, Piece, pieces
from comparisons.diagnosis.steps import Run, Step
from comparisons.diagnosis.truths import largest_error
from comparisons.dtypes import Float64Array
from comparisons.inputs.values import seeded
from symdiff.bridge.interpret import interpret
from symdiff.oracle import deadline
from symdiff.oracle.programs.array_balls import compile_entry

if TYPE_CHECKING:
    from torch import Tensor

_ROUGHLY = 1e-6
_SPARE_BITS = 80  # of the precision: what the roundings of a formula's balls may cost
_BETTER = 8.0  # times smaller an error has to be, to be proposed
_CONSTANTS = 2.0**-46  # what constants that are rounded to float64 may make two formulas differ by
_MOST_ENTRIES = 2**12

Gradients = Callable[[Form], tuple[float, float] | None]


@dataclass(frozen=True)
class _Arguments:
    """Arguments in torch's shapes."""

    shapes: tuple[tuple[int, ...], ...]
    values: tuple[Float64Array, ...]  # in those shapes

    @cached_property
    def balls(self) -> list[Balls]:
        """The arguments as balls in the graph's shapes, without axes of length 1."""
        return [balls_of(v.reshape([n for n in v.shape if n != 1])) for v in self.values]

    @cached_property
    def tensors(self) -> list[Tensor]:
        """The arguments as tensors of float64."""
        import torch

        return [torch.tensor(v, dtype=torch.float64) for v in self.values]

    @property
    def swapped(self) -> _Arguments:
        """In the other order."""
        return _Arguments(self.shapes[::-1], self.values[::-1])


@dataclass(frozen=True)
class _Equal:
    """A form that equals a piece: of its arguments in order, or swapped; `apart` by constants."""

    form: Form
    swapped: bool
    apart: float


class Search:
    """Searches for stable forms that equal pieces of one run.

    Args: run; function, what it is called; gradients, the largest relative errors of the gradients
        of a form in place of the whole function, and of the function's own.
    """

    def __init__(self, run: Run, function: str, gradients: Gradients) -> None:
        self.run, self.function, self.gradients = run, function, gradients
        self._names = Names(run)
        self._by_input = {s.result: s for s in run.steps}
        placed = [s for s in run.steps if s.place is not None and not s.backward]
        self._last = placed[-1] if placed else None

    def found(self, blamed: Sequence[Step], *, most: int = 2) -> list[StableForm]:
        """The equal forms with a smaller error: of the whole function, then of its largest part.

        Raises: OutOfTimeError where a time was allowed and is spent.
        """
        made: list[tuple[tuple[bool, int, float], StableForm]] = []
        known: set[str] = set()
        for piece in reversed(list(pieces(self.run, blamed))):
            names = [self._names.of(a) for a in piece.arguments]
            whole = piece.last is self._last and all(a in self.run.leaves for a in piece.arguments)
            of = f"{self.function}({', '.join(names)})" if whole else self._called(piece)
            if not all(names) or not of:
                continue
            for equal in self._equal(piece):
                stable = self._measured(piece, equal, names, of, whole=whole)
                if stable is not None and stable.text not in known:
                    known.add(stable.text)
                    made.append(((not whole, -len(piece.steps), stable.error), stable))
        return [stable for _, stable in sorted(made, key=lambda pair: pair[0])[:most]]

    def _called(self, piece: Piece) -> str:
        return self._names.of_result(piece.last, self.function)

    def _own(self, piece: Piece) -> _Arguments:
        """The arguments that the piece had in the run."""
        shapes, values = [], []
        for argument in piece.arguments:
            step = self._by_input.get(argument)
            shape = self.run.shapes[argument] if step is None else step.shape
            value = self.run.leaves[argument] if step is None else step.value
            shapes.append(shape)
            values.append(value.reshape(shape))
        return _Arguments(tuple(shapes), tuple(values))

    def _equal(self, piece: Piece) -> Iterator[_Equal]:
        own = self._own(piece)
        if sum(v.size for v in own.values) > _MOST_ENTRIES:
            return
        tried = [own, *_drawn(own.shapes)]
        values = [piece.at(t.balls) for t in tried]
        for form in forms_of([len(s) for s in own.shapes]):
            for swapped in (False, True)[: form.arity]:
                if deadline.spent():
                    raise deadline.OutOfTimeError
                given = [t.swapped for t in tried] if swapped else tried
                pairs = zip(given[1:], values[1:], strict=True)
                rough = {_roughly(form, t, v) for t, v in pairs}
                if True not in rough or False in rough:
                    continue
                apart = max(_apart(form, t, v) for t, v in zip(given, values, strict=True))
                if apart <= _CONSTANTS:
                    yield _Equal(form, swapped, apart)
                    break

    def _measured(
        self, piece: Piece, equal: _Equal, names: Sequence[str], of: str, *, whole: bool
    ) -> StableForm | None:
        """The form with both errors, at the run's own arguments; None if it is not better."""
        own = self._own(piece)
        exact = piece.at(own.balls)
        given = own.swapped if equal.swapped else own
        smallest = piece.last.smallest
        found = balls_of(_in_torch(equal.form, given, piece.last))
        mine = largest_error(found, exact, smallest)
        theirs = largest_error(balls_of(piece.last.value), exact, smallest)
        slopes = self.gradients(equal.form) if whole and not equal.swapped else None
        pairs = [(mine, theirs), *([slopes] if slopes else [])]
        if not any(better * _BETTER <= worse for better, worse in pairs):
            return None
        if not all(better <= worse * _BETTER or better < _ROUGHLY for better, worse in pairs):
            return None
        text = equal.form.written(*(names[::-1] if equal.swapped else names))
        form = equal.form
        return StableForm(text, of, *pairs[0], ctx.prec, equal.apart, slopes, form.note)


def _drawn(shapes: Sequence[tuple[int, ...]]) -> Iterator[_Arguments]:
    """Ordinary arguments: of both signs, positive, and between 0 and 1."""
    draw = seeded()
    for kind in range(3):
        values = []
        for shape in shapes:
            normal, uniform = draw.normal(size=shape), draw.uniform(0.05, 0.95, size=shape)
            values.append(
                np.asarray((normal, np.abs(normal) + 0.1, uniform)[kind], dtype=np.float64)
            )
        yield _Arguments(tuple(shapes), tuple(values))


def _in_torch(form: Form, at: _Arguments, like: Step) -> Float64Array:
    """The result that torch computes in the type of a step, without axes of length 1."""
    import torch

    with torch.no_grad():
        found = form(*(torch.tensor(v, dtype=like.dtype) for v in at.values))
    value = found.to(torch.float64).numpy()
    return np.asarray(value.reshape([n for n in value.shape if n != 1]))


def _roughly(form: Form, at: _Arguments, wanted: Balls) -> bool | None:
    """Whether float64 gives about the same; None if nowhere both are numbers."""
    import torch

    try:
        with torch.no_grad():
            found = form(*at.tensors)
    except (RuntimeError, IndexError, TypeError, ValueError, NotImplementedError):
        return False
    if [n for n in found.shape if n != 1] != list(wanted.shape):
        return False
    value = found.numpy().ravel()
    expected = np.asarray([float(b.mid()) if b.is_finite() else np.nan for b in wanted.ravel()])
    both = np.isfinite(value) & np.isfinite(expected)
    if not both.any():
        return None
    apart = np.abs(value - expected)[both]
    return bool((apart <= _ROUGHLY * np.abs(expected)[both] + 1e-300).all())


def _apart(form: Form, at: _Arguments, wanted: Balls) -> float:
    """How far the form's exact value is from what is wanted, relatively, where both are numbers.

    0 if they agree to nearly all of the bits; infinite if torch's code is not captured.
    """
    try:
        captured = capture(form, *at.tensors)
    except (ValueError, RuntimeError, TypeError):
        return math.inf
    evaluator = forward(captured)
    _, parameters, lengths = evaluator.signature.bind(captured.arrays)
    fixed = {n: ball_of_number(v) for n, v in {**parameters, **lengths}.items()}
    given = dict(zip(captured.inputs, at.balls, strict=True))
    found = interpret(evaluator.program, {**fixed, **given}, compile_entry)[captured.outputs[0]]
    if found.shape != wanted.shape:
        return math.inf
    both = zip(found.ravel(), wanted.ravel(), strict=True)
    pairs = [(p, q) for p, q in both if p.is_finite() and q.is_finite()]
    allowed = 2.0 ** -(ctx.prec - _SPARE_BITS)
    off = [
        0.0 if p.overlaps(q) and p.rad() <= allowed * abs(p.mid()) else relative(p, q)
        for p, q in pairs
    ]
    return max(off, default=math.inf)
