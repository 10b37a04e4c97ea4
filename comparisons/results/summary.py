"""One adjoint's values, summed up: what a report says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comparisons.judge.vocabulary import Status, Verdict

if TYPE_CHECKING:
    from comparisons.judge.power import Power


@dataclass(frozen=True)
class Summary:
    """One adjoint's values, summed up."""

    name: str
    verdict: Verdict
    values: int
    bulk_ulp: float  # the largest error where gradients are of their usual size
    conditioned_ulp: float  # the largest
    above_half: float  # the share of values off by more than half an ulp
    above_one: float
    counts: Mapping[Status, int]
    power: Power | None = None  # what a pass is worth, of an array
