"""The time that one computation may take, and how to ask whether it is spent.

Time is the processor's, of this process: a busy machine leaves no more undecided than an idle one.
Everything that may take long asks `spent()` between its steps, and gives what it has so far: what
was not reached is not certified, and says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
# The processor's clock is a system call, of 5 μs and far more on a busy machine, and is asked at
# every point: it is asked anew a millisecond after it was.
_AGAIN = 1e-3
_seen = (-1.0, 0.0)  # on the wall's clock, which is no system call, and on the processor's


# Seconds that one call may take: 65,536 points by the ball are 3 s for a usual formula.
_PATIENCE, _PATIENCE_EACH = 10.0, 1e-4


def patience(points: int) -> float:
    """The seconds that one call for so many points of a scalar formula may take."""
    return _PATIENCE + _PATIENCE_EACH * points


@contextmanager
def allowed(seconds: float) -> Iterator[None]:
    """What is computed inside may take so long; a time set around it stands if it ends sooner."""
    outer = _deadline.get()
    own = _read() + seconds
    token = _deadline.set(own if outer is None else min(own, outer))
    try:
        yield
    finally:
        _deadline.reset(token)


@contextmanager
def unless_set(seconds: float) -> Iterator[None]:
    """What is computed inside may take so long, unless a time was set around it: that one stands.

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
    return float("inf") if deadline is None else deadline - time.process_time()


class OutOfTimeError(Exception):
    """Raised through a library's loop, where there is no other way out of it."""


def spent() -> bool:
    """Whether the time allowed is over; never where none was set."""
    deadline = _deadline.get()
    return deadline is not None and _now() >= deadline


def _now() -> float:
    """The processor's time, as it was a millisecond ago at most."""
    wall, processor = _seen
    return processor if time.perf_counter() - wall < _AGAIN else _read()


def _read() -> float:
    global _seen  # noqa: PLW0603 - a clock that was read is state of the process
    _seen = (time.perf_counter(), time.process_time())
    return _seen[1]
