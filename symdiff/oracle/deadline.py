"""The time that one computation may take, and how to ask whether it is spent.

Everything that may take long asks `spent()` between its steps, and gives what it has so far: what
was not reached is not certified, and says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def allowed(seconds: float) -> Iterator[None]:
    """What is computed inside may take so long; a time set around it stands if it ends sooner."""
    outer = _deadline.get()
    own = time.monotonic() + seconds
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
    return float("inf") if deadline is None else deadline - time.monotonic()


class OutOfTimeError(Exception):
    """Raised through a library's loop, where there is no other way out of it."""


def spent() -> bool:
    """Whether the time allowed is over; never where none was set."""
    deadline = _deadline.get()
    return deadline is not None and time.monotonic() > deadline
