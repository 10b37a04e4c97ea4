"""Tell which numbers that code takes out of its tensors it computes with: float(x.sum()), tolist().

No operator leads from such a number on, so a graph has it for a constant. Torch's own gradients do
as well; a backward that is written by hand may not, and is right then. To tell, the code runs a
tiny step beside its inputs, once as it is, once given the numbers of the first run: where a number
chooses a branch or a size the outputs are the same, and where it cancels out, as the largest entry
that a softmax subtracts.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from comparisons.capture.calls.implementations import implementation
from comparisons.capture.calls.operators import A_READ
from comparisons.capture.running.code import Code
from comparisons.capture.running.functions import functions_given, numbers_leaving
from comparisons.capture.running.place import Place, here
from comparisons.capture.running.rounded import rounded
from comparisons.dtypes import FLOAT_TYPES, Float64Array, FloatType
from comparisons.inputs.values import seeded

_STEP, _APART = 0.4, 0.7  # powers of the coarsest type's ε: how far to go, and what is no rounding
_MOST = 16  # places that are told apart

Numbers = dict[Place | None, list[Any]]
Outputs = list[Float64Array]


@dataclass(frozen=True)
class Read:
    """A line that takes numbers out of tensors and lets the outputs depend on them.

    Args: by_hand, whether in a forward whose backward is written by hand.
    """

    place: Place | None
    by_hand: bool

    def __str__(self) -> str:
        return self.place.text if self.place is not None and self.place.text else "a number"


class Reads(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's class is untyped
    """Keeps the numbers that code takes out of tensors, or gives it those of another run.

    Args: instead, by the line that takes them, the numbers in their order.
    """

    def __init__(self, instead: Mapping[Place | None, Sequence[Any]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's class is untyped
        self.taken: Numbers = {}
        self.by_hand: set[Place | None] = set()
        self.coarsest = float(torch.finfo(torch.float64).eps)
        self._instead = {place: iter(numbers) for place, numbers in instead.items()}
        self._forwards = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Whether torch is to import its compiler, as of a `Recorder`."""
        return False

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run one operator."""
        if (own := implementation(func)) is not None:
            return self._written_in_python(own, args, kwargs or {})
        if func._schema.name.removeprefix("aten::") in A_READ and args[0].is_floating_point():
            return self.take(lambda: func(*args))
        found = func(*args, **(kwargs or {}))
        for made in tree_leaves(found):
            if isinstance(made, Tensor) and made.is_floating_point():
                self.coarsest = max(self.coarsest, float(torch.finfo(made.dtype).eps))
        return found

    def _written_in_python(
        self, code: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """The code of a user's own operator runs as a Function's forward does; `here` knows it."""
        with self.inside(None), self:
            return code(*args, **kwargs)

    def take(self, number: Callable[[], Any]) -> Any:
        """The number that the code takes, as it is or instead of it."""
        place = here()
        found = next(self._instead.get(place, iter(())), None)
        found = number() if found is None else found
        self.taken.setdefault(place, []).append(_kept(found))
        if self._forwards:
            self.by_hand.add(place)
        return _kept(found)

    @contextmanager
    def inside(self, function: Any) -> Iterator[None]:
        """Run the forward of a Function, or of an operator of the user's, which is no Function.

        The forward of one of torch's own, such as a checkpoint, is code that torch differentiates.
        """
        by_hand = not str(getattr(function, "__module__", "")).startswith("torch.")
        self._forwards += by_hand
        try:
            yield
        finally:
            self._forwards -= by_hand


def _kept(number: Any) -> Any:
    """A copy of what may be written into."""
    if isinstance(number, Tensor):
        return number.detach().clone()
    return number.copy() if isinstance(number, np.ndarray | list) else number


@dataclass
class _Runs:
    """The code, run at inputs of one type."""

    code: Code
    outputs_of: Callable[[Any], Sequence[Tensor]]
    last: Reads = field(default_factory=lambda: Reads({}))

    def at(
        self, inputs: Mapping[str, Tensor], instead: Mapping[Place | None, Sequence[Any]]
    ) -> Outputs:
        """The outputs, and in `last` what was read."""
        self.last = reads = Reads(instead)
        values = {n: t.clone().requires_grad_() for n, t in inputs.items()}
        with (
            warnings.catch_warnings(action="ignore"),  # they were given when it was recorded
            numbers_leaving(lambda _, number: reads.take(number)),
            functions_given(lambda t: t, reads.inside),
            reads,
        ):
            found = self.code(values)
        return [t.detach().double().numpy() for t in self.outputs_of(found)]


def reads_that_matter(
    code: Code,
    inputs: Mapping[str, Float64Array],
    dtype: FloatType,
    outputs_of: Callable[[Any], Sequence[Tensor]],
) -> list[Read]:
    """The lines that take numbers out of tensors on which the outputs depend.

    Where nothing can be told, as the code runs nowhere else, those of hand-written forwards.

    Args: inputs, at which the code ran; dtype, in which it runs if not in float64; outputs_of, of
        what it returned.
    """
    runs = _Runs(code, outputs_of)
    for kind in dict.fromkeys((FLOAT_TYPES["float64"], dtype)):
        here_ = {n: rounded(torch.from_numpy(np.array(v)), kind) for n, v in inputs.items()}
        try:
            runs.at(here_, {})
        except Exception:  # noqa: BLE001, S112 - code not made for float64 may raise anything
            continue
        break
    else:
        return []
    first = runs.last
    places = list(first.taken)[:_MOST]
    if not places or not _matter(runs, first, here_, kind, places):  # as a rule none does
        return []
    found = [p for p in places if len(places) == 1 or _matter(runs, first, here_, kind, [p])]
    return [Read(p, p in first.by_hand) for p in found or places]


def _matter(
    runs: _Runs,
    first: Reads,
    inputs: Mapping[str, Tensor],
    kind: FloatType,
    places: Sequence[Place | None],
) -> bool:
    """Whether what is read at places changes the outputs at every side where the code runs.

    On one side of a border it may be another branch that a number chooses.
    """
    answers: list[bool] = []
    for sign in (1, -1):
        moved = _beside(inputs, kind, sign * first.coarsest**_STEP)
        try:
            live = runs.at(moved, {})
            held = runs.at(moved, {p: first.taken[p] for p in places})
            if not _apart(live, held, first.coarsest):
                return False
            again = runs.at(moved, {})
        except Exception:  # noqa: BLE001, S112 - code need not be made for such inputs
            continue
        answers.append(not _apart(live, again, first.coarsest))
    return all(answers) if answers else not first.by_hand.isdisjoint(places)


def _beside(inputs: Mapping[str, Tensor], kind: FloatType, step: float) -> dict[str, Tensor]:
    """The inputs moved by a share of each entry; zeros upwards, of the others' size."""
    draw = seeded()
    moved: dict[str, Tensor] = {}
    for name, tensor in inputs.items():
        values = tensor.double().numpy()
        by = draw.normal(size=values.shape)
        size = np.sqrt(np.mean(values**2)) if values.size else 0.0
        zeros = np.where(values == 0, abs(step) * np.abs(by) * (size or 1.0), 0.0)
        moved[name] = rounded(torch.from_numpy(np.array(values * (1 + step * by) + zeros)), kind)
    return moved


def _apart(a: Outputs, b: Outputs, coarsest: float) -> bool:
    """Whether outputs differ by more than rounding."""
    if [x.shape for x in a] != [x.shape for x in b]:
        return True
    share = coarsest**_APART
    for one, other in zip(a, b, strict=True):
        finite = np.isfinite(one) & np.isfinite(other)
        if not np.array_equal(one[~finite], other[~finite], equal_nan=True):
            return True
        size = np.abs(one[finite])
        allowed = share * size + coarsest**0.9 * size.max(initial=0.0)
        if (np.abs(one - other)[finite] > allowed).any():
            return True
    return False
