"""Build nodes without Python's search for cycles, which costs as much as the building.

A graph of 5,000 layers is some 10⁵ objects that all live on. The collector walks over the young
ones again and again, and finds nothing: nodes point at their operands only, steps at symbols.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def acyclic() -> Iterator[None]:
    """Pause the garbage collector inside the block, where nothing holds a cycle."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()
