"""Limit the work of the search for kinks, so that every formula has an answer in time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Work:
    """The work that may still be done: interval operations, seconds, isolated roots.

    A search takes half of what is left at most, so that what comes after it is done as well.
    """

    def __init__(self, operations: int = 400_000, seconds: float = 4.0, roots: int = 512) -> None:
        self._operations, self._roots = operations, roots
        self._until = time.process_time() + seconds

    def spend(self, operations: int, roots: int = 0) -> None:
        """Note the work done."""
        self._operations -= operations
        self._roots -= roots

    @contextmanager
    def share(self, of: int) -> Iterator[Work]:
        """The share of one of so many things to do; the last may take all that is left."""
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
        """In words what is used up; empty if there is enough of everything."""
        if self._roots <= 0:
            return "too many roots"
        if self._operations < 0 or self.late:
            return "too much work"
        return ""
