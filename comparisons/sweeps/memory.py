"""Keep memory between the chunks of a sweep, and lend engines that of their inputs.

A copy of the inputs and ones made anew cost a third of what the cheapest of torch's gradients does.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array
from comparisons.engines.engine import Setting
from symdiff.float_balls.jit import compiled

_LARGEST = 31 << 20  # bytes; glibc learns from blocks of up to 32 MiB


def keep_what_is_freed() -> None:
    """Have the C library keep up to 62 MiB that is freed, of which the next chunk is made.

    glibc hands memory back to the system as soon as more is free at its end than twice the largest
    block that it has mapped and seen freed, and every page of it costs a fault when it is asked for
    again: some 800 a chunk. So one large block is freed first; no page of it is touched. Other
    libraries keep what they would have kept.

    Source: mallopt(3), M_MMAP_THRESHOLD, on its dynamic adjustment.
    """
    np.empty(_LARGEST, dtype=np.uint8)


class Memory(threading.local):
    """Inputs and ones of one chunk, written again and again; each thread has its own."""

    def __init__(self) -> None:
        super().__init__()
        self.patterns = np.empty(0, dtype=np.uint32)
        self.inputs: Any = None  # the tensor in the same memory
        self.ones: Any = None

    def consecutive(self, first: int, count: int) -> npt.NDArray[np.float32]:
        """The float32 values from a bit pattern on; the next call writes over them."""
        if len(self.patterns) != count:
            import torch

            self.patterns = np.empty(count, dtype=np.uint32)
            self.inputs = torch.from_numpy(self.patterns.view(np.float32))
        _count_up(self.patterns, np.uint32(first))
        return self.patterns.view(np.float32)

    def holds(self, values: Any) -> bool:
        """Whether an array is all of these inputs, in their own memory."""
        mine = self.patterns.view(np.float32)
        return (
            isinstance(values, np.ndarray)
            and (values.dtype, values.shape, values.strides) == (mine.dtype, mine.shape, (4,))
            and values.ctypes.data == mine.ctypes.data
        )


@dataclass(frozen=True)
class Lent(Setting):
    """A setting in which torch reads the inputs where they are.

    What code writes into them, or into the ones, is written over before the next chunk.
    """

    memory: Memory | None = None
    careful: bool = True  # whether code that is run may write into the ones

    def tensor(self, values: Float64Array) -> Any:
        """The values as a tensor, those lent in their own memory."""
        if self.memory is not None and self.memory.holds(values):
            return self.memory.inputs.detach()
        return super().tensor(values)

    def ones_like(self, tensor: Any) -> Any:
        """A tensor of ones; one of a chunk's length in the same memory each time."""
        import torch

        kept = self.memory
        plain = type(tensor) is torch.Tensor and tensor.is_contiguous()
        if kept is None or not plain or tensor.shape != (len(kept.patterns),):
            return torch.ones_like(tensor)
        if tensor.dtype != torch.float32 or tensor.device.type != "cpu":
            return torch.ones_like(tensor)
        if kept.ones is None or kept.ones.shape != tensor.shape:
            kept.ones = torch.ones(tensor.shape, dtype=torch.float32)
        elif self.careful:
            kept.ones.fill_(1)
        return kept.ones.detach()


@compiled(nogil=True)
def _count_up(patterns: npt.NDArray[np.uint32], first: np.uint32) -> None:
    """Write consecutive numbers."""
    for i in range(len(patterns)):
        patterns[i] = first + np.uint32(i)
