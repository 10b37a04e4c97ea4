"""How much time and memory a block of this process may take."""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MEMORY = 2 * 2**30  # bytes beyond what the process has when it begins


class OutOfTime(Exception):
    """The independent evaluator has had its time."""


def processor_time() -> float:
    """Seconds of processor time of this process."""
    return time.process_time()


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """End this process by SIGXCPU if the block takes more processor time; limit its memory."""
    hard_time = resource.getrlimit(resource.RLIMIT_CPU)[1]
    hard_memory = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(processor_time()) + seconds + 1, hard_time))
    resource.setrlimit(resource.RLIMIT_AS, (memory("VmSize") + MEMORY, hard_memory))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (hard_time, hard_time))
        resource.setrlimit(resource.RLIMIT_AS, (hard_memory, hard_memory))


@contextmanager
def budget(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in the block after so much processor time; the block may be pure Python."""

    def stop(*_: object) -> None:
        raise OutOfTime

    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, max(seconds, 0.01))
    try:
        with suppress(OutOfTime):
            yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def memory(what: str) -> int:
    """Bytes of this process, by their name in /proc/self/status; 0 if there is no such line."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(what):
            return int(line.split()[1]) * 1024
    return 0
