"""Measure a method's time and peak memory an entry of the first input, and its error."""

from __future__ import annotations

import ctypes
import ctypes.util
import gc
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from comparisons.costs.method import Method
from comparisons.costs.problem import Problem
from comparisons.dtypes import Float64Array, float_type
from comparisons.judge.truth import Truth
from comparisons.judge.ulp import ulp_error
from symdiff.oracle.enclosures.enclosure import Enclosure

_ENOUGH = 0.1  # seconds of processor time that one figure may take
_BATCH = 0.02  # seconds of a batch: some ticks of 4 ms
_BATCHES, _MOST_CALLS = 5, 20_000
_USUAL = 1 / 16  # as in the atlas


def nanoseconds_a_value(method: Method, problem: Problem, size: int) -> float:
    """The nanoseconds a value: the least of some batches, in processor time of all threads.

    A batch is long beside the ticks by which the system tells other threads' time: JAX's spin.

    Args: size, about how many entries the first input has.
    """
    assert method.call is not None  # noqa: S101 - what is only counted is not timed
    inputs = problem.inputs(size)
    given = method.prepare(inputs)
    method.call(given)
    once = max(_seconds(method, given, 1), 1e-7)
    calls = max(1, min(_MOST_CALLS, round(_BATCH / once)))
    batches = max(1, min(_BATCHES, round(_ENOUGH / (calls * once))))
    least = min(_seconds(method, given, calls) for _ in range(batches))
    return 1e9 * least / (calls * problem.entries(inputs))


def _seconds(method: Method, given: Any, calls: int) -> float:
    assert method.call is not None  # noqa: S101 - as above
    start = time.process_time_ns()
    for _ in range(calls):
        method.call(given)
    return (time.process_time_ns() - start) / 1e9


def bytes_a_value(method: Method, problem: Problem, size: int) -> float | None:
    """The peak of a run's memory in bytes a value, beyond the inputs; Linux alone tells.

    The gradients themselves are among it: 8 bytes a value of a function.

    Source: proc(5), `clear_refs` and `VmHWM`.
    """
    if not sys.platform.startswith("linux"):
        return None
    assert method.call is not None  # noqa: S101 - what is only counted is not run
    inputs = problem.inputs(size)
    given = method.prepare(inputs)
    kept = method.call(given)
    del kept
    _give_back()
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    found = method.call(given)
    most = _status("VmHWM")
    del found
    return float(max(0.0, most - before) / problem.entries(inputs))


def truth_of(problem: Problem) -> dict[str, Enclosure]:
    """The true gradients of the inputs where the error is measured, by name."""
    found = Truth(problem.graph).enclosed(problem.judged_at, float_type("float64"))
    return {name: found[name] for name in problem.names}


def error(method: Method, problem: Problem, truth: Mapping[str, Enclosure]) -> float | None:
    """The largest error in ulp where a gradient is of its usual size; NaN is infinitely far.

    Usual is from a sixteenth of 1 on, or of the largest entry if that is less; of a layer, from a
    sixteenth of the largest entry of that input's gradient on, for the others are what sums cancel
    to. None of a method that does not compute the gradients.
    """
    if method.call is None or method.numbers is None:
        return None
    found = method.numbers(method.call(method.prepare(problem.judged_at)))
    most = 1.0 if problem.pointwise else np.inf
    return max(_error(np.asarray(found[name], np.float64), truth[name], most) for name in truth)


def _error(computed: Float64Array, truth: Enclosure, most: float) -> float:
    """The error of one input's gradient, which may be one number for all of its entries."""
    size = np.where(truth.certified, np.abs(truth.high), 0.0)
    usual = (size >= min(most, size.max(initial=0.0)) * _USUAL) & truth.certified
    off = ulp_error(np.broadcast_to(computed, size.shape), truth, float_type("float64")).greatest
    return float(off[usual].max(initial=0.0))


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
