"""What an engine is: one way to make torch differentiate."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array, FloatType
from comparisons.subjects import Inputs, Subject

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Gradients:
    """What torch computed: a gradient by name, None where it has none."""

    values: Mapping[str, Float64Array | None]  # exact values of the type, held in float64
    requires_grad: Mapping[str, bool] = field(default_factory=dict)  # where the engine can tell


@dataclass(frozen=True)
class Setting:
    """Under what conditions torch runs."""

    dtype: FloatType
    device: str = "cpu"

    def tensor(self, values: Float64Array) -> Any:
        """The values as a tensor; a copy, since torch would write into the caller's array."""
        import torch

        return torch.tensor(values, dtype=self.dtype.torch, device=self.device)


class Engine(Protocol):
    """A way to differentiate. Each gives the same gradients, or should."""

    name: str
    order: int  # 1 for the gradient, 2 for the second derivative

    def refuses(self, subject: Subject) -> str | None:
        """Why the engine cannot take this subject, in words; None if it can."""
        ...

    def unavailable(self) -> str | None:
        """Why it cannot run on this machine, in words; None if it can."""
        ...

    def chosen(self, size: int) -> Indices | None:
        """Which of so many points it takes, where all would take too long; None for all."""
        ...

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The gradient with respect to every named value, for the cotangent `v` or ones."""
        ...


class EveryPoint:
    """What most engines have in common: they run anywhere, at all points, first derivatives."""

    order = 1

    def unavailable(self) -> str | None:
        """Nothing stands in the way."""
        return None

    def refuses(self, subject: Subject) -> str | None:  # noqa: ARG002 - takes any
        """Any subject will do."""
        return None

    def chosen(self, size: int) -> Indices | None:  # noqa: ARG002 - takes all
        """All points."""
        return None


class Pointwise(EveryPoint):
    """An engine for functions applied point by point: one tangent, or one sum, serves them all."""

    def refuses(self, subject: Subject) -> str | None:
        """A graph with arrays has a Jacobian at each point, not a slope."""
        if any(node.axes for node in subject.graph.nodes.values()):
            return f"{subject} has arrays; this engine takes functions applied point by point"
        return None


@contextmanager
def own_deprecations_ignored() -> Iterator[None]:
    """Silence about what torch itself uses of its deprecated parts when a mode starts."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="torch")
        warnings.filterwarnings("ignore", category=FutureWarning, module="torch")
        yield


def float64(tensor: Any) -> Float64Array:
    """The tensor's values, exactly."""
    import torch

    return np.asarray(tensor.detach().to("cpu", torch.float64).numpy())
