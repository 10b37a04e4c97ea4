"""Make the processor keep subnormal numbers, without which nothing can be judged.

`torch.set_flush_denormal(True)` tells them, and so does code compiled with fast mathematics when
it is loaded. Gradients near 0 are then wrong, and so is what computes their truth in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from symdiff.float_balls.environment import is_ieee


@contextmanager
def kept(what: str) -> Iterator[None]:
    """Keep subnormal numbers inside the block, and restore the processor's mode after it.

    Args: what, is done, in words.
    Raises: ValueError, one sentence, if they are not.
    """
    if not is_ieee():
        raise ValueError(
            "the processor takes subnormal numbers for zero here, or does not round to nearest, so "
            "that no gradient can be judged; call torch.set_flush_denormal(False) first"
        )
    try:
        yield
    finally:
        flushed = not is_ieee()
        if flushed:
            import torch

            torch.set_flush_denormal(False)
    if flushed:
        raise ValueError(
            f"{what} made the processor take subnormal numbers for zero, as code compiled with "
            "fast mathematics does when it is loaded; its gradient is not judged, and the "
            "processor is as it was"
        )
