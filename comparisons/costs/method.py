"""A method computes a gradient: how long its derivation took, its size, and the call itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Made = TypeVar("Made")


@dataclass(frozen=True)
class Method:
    """A method to compute the gradient of a function of one variable in float64.

    Args:
        name: as it is called in the table.
        seconds: processor time to derive, trace or compile it.
        operations: how many, in the words of `unit`; None where there is nothing to count.
        unit: what is counted.
        prepare: of a float64 array, the input as the method takes it.
        call: of that, the gradient; None where it is counted only.
        numbers: the gradient as a float64 array.
        frugal: whether memory that is no longer used is given back; else none can be measured.
    """

    name: str
    seconds: float
    operations: int | None
    unit: str
    call: Callable[[Any], Any] | None = None
    prepare: Callable[[Any], Any] = lambda values: values
    numbers: Callable[[Any], Any] = lambda found: found
    frugal: bool = True


def timed(make: Callable[[], Made]) -> tuple[Made, float]:
    """The result of a call, and the processor time that it took in seconds."""
    start = time.process_time()
    made = make()
    return made, time.process_time() - start
