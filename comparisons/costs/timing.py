"""Measure a method's time and peak memory a value, and its error."""

from __future__ import annotations

import ctypes
import ctypes.util
import gc
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from comparisons.costs.method import Method
from comparisons.dtypes import Float64Array, float_type
from comparisons.judge.truth import Truth
from comparisons.judge.ulp import ulp_error
from symdiff import Graph

_ENOUGH = 0.1  # seconds of processor time that one figure may take
_BATCH = 0.02  # seconds of a batch: some ticks of 4 ms
_BATCHES, _MOST_CALLS = 5, 20_000
_USUAL = 1 / 16  # as in the atlas
_POINTS = 129


def nanoseconds_a_value(method: Method, size: int) -> float:
    """The nanoseconds a value: the least of some batches, in processor time of all threads.

    A batch is long beside the ticks by which the system tells other threads' time: JAX's spin.

    Args: size, of an array of numbers drawn from −4 to 4.
    """
    assert method.call is not None  # noqa: S101 - what is only counted is not timed
    given = method.prepare(_values(size))
    method.call(given)
    once = max(_seconds(method, given, 1), 1e-7)
    calls = max(1, min(_MOST_CALLS, round(_BATCH / once)))
    batches = max(1, min(_BATCHES, round(_ENOUGH / (calls * once))))
    least = min(_seconds(method, given, calls) for _ in range(batches))
    return 1e9 * least / (calls * size)


def _seconds(method: Method, given: Any, calls: int) -> float:
    assert method.call is not None  # noqa: S101 - as above
    start = time.process_time_ns()
    for _ in range(calls):
        method.call(given)
    return (time.process_time_ns() - start) / 1e9


def bytes_a_value(method: Method, size: int) -> float | None:
    """The peak of a run's memory in bytes a value, beyond input and output; Linux alone tells.

    Source: proc(5), `clear_refs` and `VmHWM`.
    """
    if not sys.platform.startswith("linux"):
        return None
    assert method.call is not None  # noqa: S101 - what is only counted is not run
    given = method.prepare(_values(size))
    kept = method.call(given)
    del kept
    _give_back()
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    found = method.call(given)
    most = _status("VmHWM")
    del found
    return float(max(0.0, most - before) / size)


def error(method: Method, graph: Graph) -> float:
    """The largest error in ulp where the gradient is of its usual size; NaN is infinitely far."""
    assert method.call is not None  # noqa: S101 - what is only counted is not judged
    at, dtype = np.linspace(-4.0, 4.0, _POINTS), float_type("float64")
    truth = Truth(graph).enclosed({"z": at}, dtype)["z"]
    with np.errstate(all="ignore"):
        computed = np.array(method.numbers(method.call(method.prepare(at))), dtype=np.float64)
    size = np.where(truth.certified, np.abs(truth.high), 0.0)
    usual = (size >= min(1.0, size.max(initial=0.0)) * _USUAL) & truth.certified
    off = ulp_error(np.broadcast_to(computed, at.shape), truth, dtype).greatest
    return float(off[usual].max(initial=0.0))


def _values(size: int) -> Float64Array:
    return np.random.default_rng(0).uniform(-4.0, 4.0, size)


def _status(field: str) -> float:
    """A field of this process's status, in bytes."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"^{field}:\s+(\d+) kB", text, flags=re.MULTILINE)
    return 1024.0 * int(found[1]) if found else np.nan


def _give_back() -> None:
    """Freed memory goes back to the system, so that it is counted when it is taken again."""
    gc.collect()
    trim: Callable[..., Any] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
