"""Keep memory between the chunks of a sweep, rather than ask for it anew."""

from __future__ import annotations

import numpy as np

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
