"""A method computes gradients: how long its derivation took, its size, and the call itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Made = TypeVar("Made")
Numbers = Callable[[Any], Mapping[str, Any]]


def as_they_are(values: Any) -> Any:
    """What is given."""
    return values


@dataclass(frozen=True)
class Method:
    """A method to compute the gradients of a problem's inputs in float64.

    Args:
        name: as it is called in the table.
        seconds: processor time to derive, trace or compile it.
        operations: how many, in the words of `unit`; None where there is nothing to count.
        unit: what is counted.
        prepare: of float64 arrays by name, the inputs as the method takes them.
        call: of that, the gradients; None where it is counted only.
        numbers: the gradients as float64 arrays by name; None if what it computes is not all of
            them, so that no error can be told.
        frugal: whether memory that is no longer used is given back; else none can be measured.
        note: a sentence on what it computes, if that is not what the others do.
    """

    name: str
    seconds: float
    operations: int | None
    unit: str
    call: Callable[[Any], Any] | None = None
    prepare: Callable[[Any], Any] = as_they_are
    numbers: Numbers | None = as_they_are
    frugal: bool = True
    note: str = ""


def timed(make: Callable[[], Made]) -> tuple[Made, float]:
    """The result of a call, and the processor time that it took in seconds."""
    start = time.process_time()
    made = make()
    return made, time.process_time() - start
