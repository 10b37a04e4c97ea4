"""Processors that are told to take subnormal numbers for zero: under that nothing can be judged.

`torch.set_flush_denormal(True)` tells them, and so does code compiled with fast mathematics when
it is loaded. Gradients near 0 are then wrong, and so is what computes their truth in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

_NORMAL = np.array([2.0**-1022])  # the smallest


def are_flushed() -> bool:
    """Whether this thread's processor takes subnormal float64 numbers for zero."""
    half = _NORMAL * 0.5
    return not bool((half + half == _NORMAL)[0])


@contextmanager
def kept(what: str) -> Iterator[None]:
    """Subnormal numbers are numbers, before what is done here and after it.

    Args: what, is done, in words.
    Raises: ValueError, one sentence, if they are not.
    """
    if are_flushed():
        raise ValueError(
            "the processor takes subnormal numbers for zero here, so that no gradient can be "
            "judged; call torch.set_flush_denormal(False) first"
        )
    try:
        yield
    finally:
        flushed = are_flushed()
        if flushed:
            import torch

            torch.set_flush_denormal(False)
    if flushed:
        raise ValueError(
            f"{what} made the processor take subnormal numbers for zero, as code compiled with "
            "fast mathematics does when it is loaded; its gradient is not judged, and the "
            "processor is as it was"
        )
