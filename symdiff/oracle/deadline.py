"""Limit the time of a computation, and ask whether it is spent.

Time is the processor's, of this process: a busy machine leaves no more undecided than an idle one.
Everything that may take long asks `spent()` between its steps, and gives what it has so far: what
was not reached is not certified, and says so.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_EVERY = 0.005  # seconds of the wall clock between two looks at the processor's, a system call


@dataclass
class _Deadline:
    """When the processor's time is over, and until when, on the wall, it is known not to be."""

    at: float
    quiet_until: float = -math.inf


_deadline: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


# Seconds that one call may take: 65,536 points by the ball are 3 s for a usual formula.
_PATIENCE, _PATIENCE_EACH = 10.0, 1e-4


def patience(points: int) -> float:
    """The seconds that one call for so many points of a scalar formula may take."""
    return _PATIENCE + _PATIENCE_EACH * points


@contextmanager
def allowed(seconds: float) -> Iterator[None]:
    """Allow the block so many seconds; an earlier end set around it stands."""
    outer = _deadline.get()
    own = time.process_time() + seconds
    token = _deadline.set(_Deadline(own if outer is None else min(own, outer.at)))
    try:
        yield
    finally:
        _deadline.reset(token)


@contextmanager
def unless_set(seconds: float) -> Iterator[None]:
    """Allow the block so many seconds, unless a time was set around it: that one stands.

    So `with allowed(600): …` gives a computation more than it would give itself.
    """
    if _deadline.get() is not None:
        yield
        return
    with allowed(seconds):
        yield


def left() -> float:
    """The seconds that are left; infinite where no time was set."""
    deadline = _deadline.get()
    return float("inf") if deadline is None else deadline.at - time.process_time()


class OutOfTimeError(Exception):
    """Raised where the time is spent inside a library's loop, which knows no other way out."""


def spent() -> bool:
    """Whether the time allowed is over, told some milliseconds late; never where none was set."""
    deadline = _deadline.get()
    if deadline is None or (now := time.perf_counter()) < deadline.quiet_until:
        return False
    if time.process_time() > deadline.at:
        return True
    deadline.quiet_until = now + _EVERY
    return False
