"""How much work the search for kinks may take, so that every formula has an answer in time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Work:
    """How much may still be done: interval operations, seconds, roots that are isolated.

    A search takes half of what is left at most, so that what comes after it is done as well.
    """

    def __init__(self, operations: int = 400_000, seconds: float = 4.0, roots: int = 512) -> None:
        self._operations, self._roots = operations, roots
        self._until = time.process_time() + seconds

    def spend(self, operations: int, roots: int = 0) -> None:
        """Note what was done."""
        self._operations -= operations
        self._roots -= roots

    @contextmanager
    def share(self, of: int) -> Iterator[Work]:
        """What one of so many things to do may take; the last may take all that is left."""
        part = Work(self._operations // min(of, 2), roots=self._roots // min(of, 2))
        operations, roots = part._operations, part._roots
        part._until = self._until
        yield part
        self.spend(operations - part._operations, roots - part._roots)

    @property
    def late(self) -> bool:
        """Whether the time is over."""
        return time.process_time() > self._until

    @property
    def why(self) -> str:
        """What is used up; nothing if there is enough of everything."""
        if self._roots <= 0:
            return "too many roots"
        if self._operations < 0 or self.late:
            return "too much work"
        return ""
