"""Reverse mode over a tensor so long that torch cuts it into parts for its threads."""

from __future__ import annotations

import numpy as np

from comparisons.engines.backward import backward, backward_statement
from comparisons.engines.call import leaf_values
from comparisons.engines.engine import Gradients, Pointwise, Setting
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject
from symdiff.array_types import IndexArray

# More than 2¹⁷, which is beyond any index of 16 bits and gives each of a few threads more than the
# 32,768 elements of torch's smallest part (at::internal::GRAIN_SIZE); odd, so no part is as long
# as another.
_LENGTH = 140_001


class Long(Pointwise):
    """Every value again and again."""

    name = "long"

    def __init__(self, threads: int = 2) -> None:
        self.threads = threads
        self.summary = f"The points repeated to 140,001 elements or more, on {threads} threads."

    def chosen(self, size: int) -> IndexArray | None:
        """All, and from the first again."""
        return np.arange(max(_LENGTH, size + 1)) % size

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The `.grad` of every input."""
        import torch

        leaves = {
            k: setting.tensor(v).requires_grad_() for k, v in leaf_values(subject, inputs).items()
        }
        threads = torch.get_num_threads()
        try:
            torch.set_num_threads(self.threads)
            found = backward(subject, leaves, setting.cotangent(inputs))
        finally:
            torch.set_num_threads(threads)
        return Gradients({name: found.values[name] for name in leaves})

    def statement(self, shown: Snippet) -> str:
        """`backward`, then `.grad`, on as many threads."""
        return f"torch.set_num_threads({self.threads}); {backward_statement(shown)}"
