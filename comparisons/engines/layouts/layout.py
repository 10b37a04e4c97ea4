"""Run reverse mode over other memory layouts, for which kernels have other paths.

The same numbers go in as into `reverse`; a kernel that computes something else for a stride, for a
tail shorter than its vectors, or beside a NaN, is found out.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.engines.backward import backward, backward_statement
from comparisons.engines.call import leaf_values
from comparisons.engines.engine import Gradients, Pointwise, Setting
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.subjects.subject import Subject


class Layout(Pointwise):
    """Reverse mode over the tensors of a layout, for functions applied point by point."""

    @abstractmethod
    def cut(self, values: Float64Array, setting: Setting) -> Iterator[Any]:
        """Cut a flat array into the tensors of the layout."""

    def join(self, parts: list[Float64Array], size: int) -> Float64Array:
        """Join the gradients of all tensors into one flat array, in the points' own order."""
        return np.concatenate([part.ravel() for part in parts])[:size]

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The `.grad` of every input."""
        values = leaf_values(subject, inputs)
        shape = next(iter(values.values())).shape
        if COTANGENT in inputs:
            values[COTANGENT] = np.broadcast_to(inputs[COTANGENT], shape)
        pieces = {k: self.cut(np.ravel(v), setting) for k, v in values.items()}
        found: dict[str, list[Float64Array]] = {i.name: [] for i in subject.graph.inputs}
        for tensors in zip(*pieces.values(), strict=True):
            named = dict(zip(pieces, tensors, strict=True))
            seed = named.pop(COTANGENT, None)
            leaves = {k: t.requires_grad_() for k, t in named.items()}
            part = backward(subject, leaves, seed).values
            for name, gradients in found.items():
                value = part[name]
                zero = np.zeros(tuple(leaves[name].shape))
                gradients.append(zero if value is None else value)
        size = int(np.prod(shape))
        return Gradients({k: self.join(parts, size).reshape(shape) for k, parts in found.items()})

    def statement(self, shown: Snippet) -> str:
        """The statements of a plain backward: the layout is in the tensor."""
        return backward_statement(shown)
