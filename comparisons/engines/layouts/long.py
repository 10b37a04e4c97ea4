"""Run reverse mode over a tensor so long that torch splits it among its threads."""

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
    """Reverse mode over the values repeated until torch uses several threads."""

    name = "long"

    def __init__(self, threads: int = 2) -> None:
        self.threads = threads
        self.summary = f"The points repeated to 140,001 elements or more, on {threads} threads."

    def chosen(self, size: int) -> IndexArray | None:
        """All points, repeated from the first."""
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
        """The statements of a plain backward on as many threads."""
        return f"torch.set_num_threads({self.threads}); {backward_statement(shown)}"
