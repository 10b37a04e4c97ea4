"""A summary of one adjoint's values: what a report says of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comparisons.judge.vocabulary import Status, Verdict
from comparisons.results.decision import Decision

if TYPE_CHECKING:
    from comparisons.judge.power.power import Power


@dataclass(frozen=True)
class Summary:
    """The counts, the largest errors and the verdict of one adjoint's values."""

    name: str
    verdict: Verdict
    values: int
    bulk_ulp: float  # the largest error where gradients are of their usual size
    conditioned_ulp: float  # the largest
    above_half: float  # the share of values off by more than half an ulp
    above_one: float
    counts: Mapping[Status, int]
    decided_by: Decision  # what the verdict was taken from
    power: Power | None = None  # what a pass is worth, of an array


def deciding(summaries: Iterable[Summary], verdict: Verdict) -> Decision | None:
    """The largest error that decided a verdict on several adjoints; None if that is none's."""
    those = [s.decided_by for s in summaries if s.verdict is verdict]
    return max(those, key=lambda d: math.inf if d.error is None else d.error, default=None)
