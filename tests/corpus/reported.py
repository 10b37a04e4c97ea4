"""Gradients that pytorch/pytorch's issues say are wrong, at the numbers of the report.

What torch 2.13 gives on the CPU: some of it is wrong still, some is mended, some is as documented.
Beside what is mended stands the backward that was wrong, written by hand: see `reported_before`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

Outcome = Literal["rejected", "passes", "refused"]
_INF, _NAN = math.inf, math.nan


@dataclass(frozen=True)
class Reported:
    """One report: what was called, with what, and what the bare check has to say."""

    issue: int  # of pytorch/pytorch
    what: str
    function: Callable[..., Tensor]
    inputs: tuple[Any, ...]
    outcome: Outcome
    says: str = ""  # what stands in the message, or in the result's print
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"#{self.issue}: {self.what}"


REPORTED: list[Reported] = []


def reported(
    issue: int,
    what: str,
    function: Callable[..., Tensor],
    *inputs: Any,
    outcome: Outcome,
    says: str = "",
    **options: Any,
) -> None:
    """Add a report; lists are float64 tensors."""
    given = tuple(
        torch.tensor(x, dtype=torch.float64) if isinstance(x, list) else x for x in inputs
    )
    REPORTED.append(Reported(issue, what, function, given, outcome, says, options))


# A case that is not taken ------------------------------------------------------------------------

reported(
    187297, "√ in the case not taken, outside its domain",
    lambda x: torch.where(x > 0, torch.sqrt(x), x), [-1.0, -4.0], outcome="rejected",
)  # fmt: skip
reported(
    23395, "√ at 0 in the case not taken",
    lambda x: torch.where(x > 1, torch.sqrt(x), 2 * x), [16.0, 0.0], outcome="rejected",
)  # fmt: skip
reported(
    108618, "log₂ of 0 in the case not taken",
    lambda x: torch.where(x > 2, torch.log2(x), 2 * x), [0.0, 1.5, 3.0], outcome="rejected",
)  # fmt: skip
reported(
    68425, "an overflow in the case not taken",
    lambda a: torch.where(a <= 0, torch.exp(a), 1 + a), [1000.0], outcome="rejected",
)  # fmt: skip
reported(
    36923, "a division by 0 in the case not taken",
    lambda x: torch.where(x >= 0, x, 0 * (x / 0)), [1.0], outcome="rejected",
)  # fmt: skip
reported(
    18287, "cos of ∞ in the case not taken",
    lambda x: torch.where(x < 1, torch.cos(x), 0.0), [0.5, _INF], outcome="rejected",
)  # fmt: skip
reported(
    52248, "√ at 0 under a mask that is a constant",
    lambda x: torch.where(torch.tensor([True, False]), torch.sqrt(x), x), [4.0, 0.0],
    outcome="rejected",
)  # fmt: skip
reported(
    23395, "a guarded √, which is what to write √, which is what to write",
    lambda x: torch.where(x > 0, torch.sqrt(torch.where(x > 0, x, 1.0)), x), [-1.0, -4.0, 2.0],
    outcome="passes",
)  # fmt: skip
reported(76780, "acosh outside its domain", torch.acosh, [0.5, 0.3], outcome="refused")
reported(4320, "std of equal numbers: 0, as a norm's", torch.std, [1.0, 1.0, 1.0], outcome="passes")
