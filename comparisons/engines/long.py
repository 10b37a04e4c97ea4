"""Reverse mode over a tensor so long that torch cuts it into parts for its threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.engines.engine import Gradients, Setting
from comparisons.engines.layout import Layout
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject

# More than 2¹⁷, which is beyond any index of 16 bits and gives each of two threads more than the
# 32,768 elements of torch's smallest part (at::internal::GRAIN_SIZE).
_LENGTH = 140_000
_THREADS = 2


class Long(Layout):
    """Every value again and again; those at the end count."""

    name = "long"
    summary = "The points repeated to 140,000 elements, on two threads; the last ones are judged."

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The `.grad` of every input."""
        import torch

        threads = torch.get_num_threads()
        try:
            torch.set_num_threads(_THREADS)
            return super().gradients(subject, inputs, setting)
        finally:
            torch.set_num_threads(threads)

    def cut(self, values: Float64Array, setting: Setting) -> Iterator[Any]:
        """One tensor."""
        times = -(-_LENGTH // max(values.size, 1)) + 1
        yield setting.tensor(np.tile(values, times))

    def join(self, parts: list[Float64Array], size: int) -> Float64Array:
        """The last of all repetitions."""
        return np.asarray(parts[0][parts[0].size - size :])
