"""Follow a run of a subject, forward and backward, step by step.

A step is one operator that torch dispatched: what it computed, and the same as a formula of the
steps before. The user's line of a backward step is that of the forward operator it belongs to,
known by autograd's sequence number, or its own line in a hand-written backward.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from comparisons.capture.arrays.axes import axes_of, over
from comparisons.capture.arrays.storage import array_of
from comparisons.capture.calls.operators import plain_name
from comparisons.capture.captured import squeezed
from comparisons.capture.recorder import Recorder
from comparisons.capture.running.place import Place
from comparisons.capture.running.seeding import seeding
from comparisons.dtypes import Float64Array
from comparisons.engines.call import run
from comparisons.inputs.values import COTANGENT, Inputs
from symdiff.graph import Input, Node

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from comparisons.capture.calls.call import Call
    from comparisons.subjects.subject import Subject


_OWN = str(Path(__file__).parents[1])  # lines of this package are none of the user's


@dataclass(frozen=True, eq=False)
class Step:
    """One operator that ran, with its numbers and its line.

    Args:
        result: the input that stands for its result in later steps.
        formula: the result in exact arithmetic, of the results of earlier steps.
        value: what torch computed, exactly.
        operator: torch's name for it.
        place: the user's line; None where there is none.
        backward: whether it ran in the backward.
        written: whether it is of a hand-written backward.
        shape: torch's, with axes of length 1.
        dtype: the type that it was computed in.
    """

    result: Input
    formula: Node
    value: Float64Array
    operator: str
    place: Place | None
    backward: bool
    written: bool
    shape: tuple[int, ...]
    dtype: torch.dtype

    @property
    def unit(self) -> float:
        """The unit roundoff of the step's type."""
        import torch

        return torch.finfo(self.dtype).eps / 2

    @property
    def smallest(self) -> float:
        """The smallest normal number of the step's type."""
        import torch

        return torch.finfo(self.dtype).smallest_normal


@dataclass(frozen=True, eq=False)
class Run:
    """The steps of one forward and one backward.

    Args:
        leaves: the inputs and their values.
        shapes: of the leaves, with axes of length 1.
        steps: in the order in which they ran.
        formulas: of each quantity, a gradient by its input's name, in terms of the steps.
        computed: what torch gave for each.
    """

    leaves: Mapping[Input, Float64Array]
    shapes: Mapping[Input, tuple[int, ...]]
    steps: tuple[Step, ...]
    formulas: Mapping[str, Node]
    computed: Mapping[str, Float64Array]


class Follower(Recorder):  # type: ignore[no-untyped-call]  # torch's class is untyped
    """Records each operator as a step of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self.backward = False
        self._lines: dict[int, Place | None] = {}  # of forward operators, by sequence number

    def known_as(self, call: Call, tensor: Tensor, node: Node, place: Place | None) -> Node:
        """A new input node for every result, so that each operator is a step."""
        axes = axes_of(tensor.shape)
        result = Input(axes, (), f"step{len(self.steps)}")
        value = squeezed(array_of(tensor))
        self.steps.append(
            Step(
                result,
                over(node, axes),
                value,
                plain_name(call),
                *self._line(place),
                tuple(tensor.shape),
                tensor.dtype,
            )
        )
        return result

    def _line(self, place: Place | None) -> tuple[Place | None, bool, bool]:
        """The line of an operator, whether it is backward, and whether that is written by hand."""
        import torch

        if place is not None and place.file.startswith(_OWN):
            place = None
        if not self.backward:
            self._lines.setdefault(torch._C._autograd._get_sequence_nr() - 1, place)
            return place, False, False
        node = torch._C._current_autograd_node()
        if place is not None or node is None:
            return place, True, place is not None
        return self._lines.get(node._sequence_nr()), True, False


def follow(
    subject: Subject, inputs: Inputs, dtype: torch.dtype, wanted: Iterable[str] | None = None
) -> Run:
    """Run a subject forward and backward at inputs in a type, and record each step.

    Args: inputs, by name, the cotangent `v` of an output that is an array among them; wanted, of
        which of them the gradients are asked for, by default all.
    Raises: Refused if a step is none that capture knows; whatever the code raises.
    """
    import torch

    leaves = _leaves(inputs, dtype)
    asked = list(leaves if wanted is None else wanted)
    follower = Follower()
    own: dict[str, Input] = {}
    for name, leaf in leaves.items():
        own[name] = Input(axes_of(leaf.shape), (), name)
        follower.input(leaf, own[name])
    with seeding(), follower:
        total = _total(subject, leaves)
        follower.backward = True
        found = torch.autograd.grad(total, [leaves[n] for n in asked], allow_unused=True)
        gradients = {n: g for n, g in zip(asked, found, strict=True) if g is not None}
        formulas = {n: over(follower.value(g), axes_of(g.shape)) for n, g in gradients.items()}
    return Run(
        {own[n]: squeezed(array_of(t)) for n, t in leaves.items()},
        {own[n]: tuple(t.shape) for n, t in leaves.items()},
        tuple(follower.steps),
        formulas,
        {n: squeezed(array_of(g)) for n, g in gradients.items()},
    )


def plain(subject: Subject, inputs: Inputs, dtype: torch.dtype) -> dict[str, Float64Array]:
    """The gradients of a run without recording its steps."""
    import torch

    leaves = _leaves(inputs, dtype)
    with seeding():
        found = torch.autograd.grad(
            _total(subject, leaves), list(leaves.values()), allow_unused=True
        )
    gradients = {n: g for n, g in zip(leaves, found, strict=True) if g is not None}
    return {n: squeezed(array_of(g)) for n, g in gradients.items()}


def _leaves(inputs: Inputs, dtype: torch.dtype) -> dict[str, Tensor]:
    import torch

    return {
        name: torch.tensor(np.asarray(value), dtype=dtype).requires_grad_()
        for name, value in inputs.items()
    }


def _total(subject: Subject, leaves: Mapping[str, Tensor]) -> Tensor:
    """The output, times its cotangent where that is an input of the comparison's."""
    names = [i.name for i in subject.graph.inputs]
    output: Tensor = run(subject, {n: leaves[n] for n in names})[subject.graph.output_name]
    weighted = COTANGENT in leaves and COTANGENT not in names
    return (leaves[COTANGENT] * output).sum() if weighted else output
