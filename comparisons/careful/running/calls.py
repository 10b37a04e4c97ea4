"""Call captured code as a user calls it, in one circumstance or another.

Every call gives gradients by name for the same cotangents; what circumstance it was in must make no
difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array
from comparisons.engines.engine import float64
from comparisons.subjects.own.bare import Bare

if TYPE_CHECKING:
    from torch import Tensor

Named = Mapping[str, Float64Array]
Found = dict[str, Float64Array]
Layout = Callable[[Float64Array, "Calls"], Any]


def contiguous(values: Float64Array, calls: Calls) -> Tensor:
    """A contiguous copy, as `torch.tensor` lays numbers out."""
    made: Tensor = calls.case.setting.tensor(values)
    return made


def sliced(values: Float64Array, calls: Calls) -> Tensor:
    """A part of a larger tensor: it starts later, and its rows are further apart."""
    if not values.ndim:
        return contiguous(values, calls)
    larger = calls.case.setting.tensor(np.full([n + 2 for n in values.shape], 0.25))
    part: Tensor = larger[tuple(slice(1, n + 1) for n in values.shape)]
    return part.copy_(contiguous(values, calls))


def spread(values: Float64Array, calls: Calls) -> Tensor:
    """Every other entry of a larger tensor, along the last axis."""
    if not values.ndim:
        return contiguous(values, calls)
    larger = calls.case.setting.tensor(np.full([*values.shape[:-1], 2 * values.shape[-1]], 0.25))
    part: Tensor = larger[..., ::2]
    return part.copy_(contiguous(values, calls))


def turned(values: Float64Array, calls: Calls) -> Tensor:
    """Its memory reversed, as of a transposed matrix; a vector is sliced."""
    if values.ndim < 2:
        return sliced(values, calls)
    made: Tensor = calls.case.setting.tensor(np.ascontiguousarray(values.T))
    return made.permute(tuple(range(values.ndim))[::-1])


@dataclass(frozen=True, eq=False)
class Calls:
    """The code of a case with its inputs and cotangents."""

    case: Case
    bare: Bare

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the user's inputs."""
        weights = set(self.bare.weights.values())
        return tuple(i.name for i in self.case.subject.graph.inputs if i.name not in weights)

    @cached_property
    def given(self) -> Named:
        """The inputs' numbers in the user's shapes."""
        shapes = self.bare.shapes
        return {name: np.reshape(self.case.inputs[name], shapes[name]) for name in self.names}

    def leaves(
        self,
        layouts: Mapping[str, Layout] | Layout = contiguous,
        *,
        asked: Iterable[str] | None = None,
        given: Named | None = None,
    ) -> dict[str, Tensor]:
        """The inputs as tensors; those named, by default all, require a gradient."""
        chosen = set(self.names if asked is None else asked)
        made = {}
        for name, values in (given or self.given).items():
            layout = layouts if callable(layouts) else layouts.get(name, contiguous)
            made[name] = layout(values, self).requires_grad_(name in chosen)
        return made

    def outputs(self, leaves: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The outputs that have a gradient, by name."""
        return {name: y for name, y in self.returned(leaves).items() if y.requires_grad}

    @cached_property
    def returned(self) -> Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]:
        """The function that runs the code on the leaves, or on copies if it writes into them."""
        try:
            self.bare.on_the_very(self.leaves())
        except RuntimeError:
            return self.bare.call
        return self.bare.on_the_very

    def values(self, leaves: Mapping[str, Tensor]) -> Found:
        """The numbers of all outputs."""
        return {name: float64(y) for name, y in self.returned(leaves).items()}

    def cotangents(
        self, outputs: Mapping[str, Tensor], layout: Layout = contiguous
    ) -> dict[str, Tensor]:
        """The case's cotangents, in the outputs' shapes and types."""
        made = {}
        for name, y in outputs.items():
            values = np.reshape(self.case.inputs[self.bare.weights[name]], tuple(y.shape))
            made[name] = layout(values, self).to(y.dtype)
        return made

    def gradients(
        self,
        leaves: Mapping[str, Tensor],
        outputs: Mapping[str, Tensor] | None = None,
        cotangents: Mapping[str, Tensor] | None = None,
        **options: bool,
    ) -> Found:
        """The gradient of every leaf that requires one; zeros where torch has None.

        Args: options, those of `torch.autograd.grad`.
        """
        import torch

        outputs = self.outputs(leaves) if outputs is None else outputs
        cotangents = self.cotangents(outputs) if cotangents is None else cotangents
        asked = {name: leaf for name, leaf in leaves.items() if leaf.requires_grad}
        if not outputs:
            return {name: np.zeros(tuple(leaf.shape)) for name, leaf in asked.items()}
        found = torch.autograd.grad(
            [outputs[name] for name in cotangents],
            list(asked.values()),
            list(cotangents.values()),
            allow_unused=True,
            **options,
        )
        return {
            name: np.zeros(tuple(leaf.shape)) if g is None else float64(g)
            for (name, leaf), g in zip(asked.items(), found, strict=True)
        }


def differing(one: Named, other: Named) -> list[str]:
    """The names in both whose numbers differ in some bit; NaN equals NaN."""
    return [
        name
        for name in one
        if name in other and not np.array_equal(one[name], other[name], equal_nan=True)
    ]
