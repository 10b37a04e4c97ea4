"""An engine is one way to make torch differentiate."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.engines.snippet import AmongPoints, Snippet
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.subjects.subject import Subject
from symdiff.array_types import IndexArray

WIDTH = 64  # of a tensor in a snippet: torch takes another path for one element than for a vector


@dataclass(frozen=True)
class Gradients:
    """The gradients that torch computed, by name; None where it has none."""

    values: Mapping[str, Float64Array | None]  # exact values of the type, held in float64
    requires_grad: Mapping[str, bool] = field(default_factory=dict)  # where the engine can tell


@dataclass(frozen=True)
class Setting:
    """The type and the device that torch computes in."""

    dtype: FloatType
    device: str = "cpu"
    lines: bool = True  # whether gradients by a subject's lines are asked for, not by inputs alone

    def tensor(self, values: Float64Array) -> Any:
        """The values as a tensor; a copy, since torch would write into the caller's array."""
        import torch

        return torch.tensor(values, dtype=self.dtype.torch, device=self.device)

    def ones_like(self, tensor: Any) -> Any:
        """A tensor of ones of that shape, type and layout."""
        import torch

        return torch.ones_like(tensor)

    def empty(self, shape: tuple[int, ...]) -> Any:
        """A tensor of that shape without contents."""
        import torch

        return torch.empty(shape, dtype=self.dtype.torch, device=self.device)

    def leaves(self, subject: Subject, inputs: Inputs) -> dict[str, Any]:
        """The subject's inputs as leaf tensors that require gradients."""
        names = [i.name for i in subject.graph.inputs]
        return {name: self.tensor(inputs[name]).requires_grad_() for name in names}

    def cotangent(self, inputs: Inputs) -> Any:
        """The cotangent as a tensor; None for ones."""
        return self.tensor(inputs[COTANGENT]) if COTANGENT in inputs else None


class Engine(ABC):
    """An engine is one way to differentiate; all give the same gradients, or should.

    It runs anywhere, takes any subject at all points, and gives first derivatives, unless it says
    otherwise.
    """

    name: str
    summary: str  # one line
    framework: str = "torch"  # whose functions it differentiates
    order: ClassVar[int] = 1  # 2 for second derivatives
    imports: str = "import torch"  # what its statements need
    joint: str = "; "  # between the statements of a snippet
    requiring_grad: ClassVar[str] = ", requires_grad=True"  # what a leaf in a snippet is made with

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<engine {self.name}: {self.summary}>"

    def unavailable(self) -> str | None:
        """In words why it cannot run on this machine; None if it can."""
        return None

    def refuses(self, subject: Subject) -> str | None:  # noqa: ARG002 - takes any
        """In words why it cannot take this subject; None if it can."""
        return None

    def chosen(self, size: int) -> IndexArray | None:  # noqa: ARG002 - takes all
        """The indices of the points that it takes where all take too long; None for all."""
        return None

    def read(self, inputs: Inputs, dtype: FloatType) -> Inputs:  # noqa: ARG002 - most read all numbers
        """The inputs as its kernels read them: some take subnormal numbers for 0."""
        return inputs

    @abstractmethod
    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """Differentiate with respect to every named value, for the cotangent `v` or ones.

        Raises: TypeError or ValueError, one sentence, if the subject does not return a tensor of
            the shape that its graph says; RuntimeError or NotImplementedError as torch does.
        """

    @abstractmethod
    def statement(self, shown: Snippet) -> str:
        """The statement of plain torch that differentiates in this way and prints one entry."""

    def options(self, dtype: FloatType, device: str) -> str:
        """The keywords by which a snippet makes a tensor of this type on this device."""
        elsewhere = "" if device == "cpu" else f", device={device!r}"
        return f"dtype=torch.{dtype}{elsewhere}"

    def full_like(self, name: str, value: str) -> str:
        """The text of a tensor of one number in the shape of another."""
        return f"torch.full_like({name}, {value})"

    def constant(self, entries: str, options: str) -> str:
        """The text of a tensor of these entries that requires no gradient."""
        return f"torch.tensor({entries}, {options})"

    def point(self, value: str, options: str, place: AmongPoints) -> tuple[str, str]:  # noqa: ARG002 - the same anywhere
        """The text of a tensor that holds a value as this engine lays points out, and its index.

        Args: value and options (dtype, device), as text.
        """
        return f"torch.full(({WIDTH},), {value}, {options}{self.requiring_grad})", "0"

    def array(self, entries: str, options: str, axes: int) -> str:  # noqa: ARG002 - of any shape
        """The text of a tensor of these entries as this engine lays arrays out."""
        return f"torch.tensor({entries}, {options}{self.requiring_grad})"


class Pointwise(Engine):
    """An engine for functions applied point by point: one sum or tangent serves all points."""

    def refuses(self, subject: Subject) -> str | None:
        """Refuse arrays: they have a Jacobian at each point, not a slope."""
        if any(node.axes for node in subject.graph.nodes.values()):
            return f"{subject} has arrays; this engine takes functions applied point by point"
        return None


@contextmanager
def own_deprecations_ignored() -> Iterator[None]:
    """Ignore the warnings of torch's own use of deprecated parts when a mode starts.

    And about how slow an operator is under `vmap` for which no rule of it is registered.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="torch")
        warnings.filterwarnings("ignore", category=FutureWarning, module="torch")
        warnings.filterwarnings("ignore", message="There is a performance drop")
        yield


def float64(tensor: Any) -> Float64Array:
    """The tensor's values as an array of float64, exactly; of a sparse gradient all of them."""
    import torch

    dense = tensor.detach() if tensor.layout == torch.strided else tensor.detach().to_dense()
    return np.asarray(dense.to("cpu", torch.float64, copy=True).numpy())
