"""Name what is swept, so that it travels between processes and a checkpoint knows it again."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from comparisons.judge.budget import Budget
from comparisons.subjects.functions import from_catalogue
from comparisons.subjects.subject import Subject
from comparisons.sweeps.own import OwnFunction
from symdiff import activation

BLOCKS = 256


@dataclass(frozen=True)
class Recipe:
    """The names that a worker rebuilds a sweep's subject and truth from."""

    name: str
    parameters: tuple[tuple[str, str], ...]  # as exact fractions
    dtype: str
    engine: str
    budget: Budget
    own: OwnFunction | None = None  # the user's function that is swept, rather than torch's

    @property
    def subject(self) -> Subject:
        """The subject, rebuilt. Raises: ValueError if the user's function is not found."""
        if self.own is not None:
            return self.own.subject
        return from_catalogue(activation(self.name, **dict(self.parameters)))

    def key(self) -> dict[str, Any]:
        """The values that a checkpoint must agree on; torch's kernels differ by processor."""
        import torch

        own = {} if self.own is None else {"formula": self.own.formula, "code": self.own.code}
        return {
            "name": self.name,
            **own,
            "parameters": dict(self.parameters),
            "dtype": self.dtype,
            "engine": self.engine,
            "budget": [self.budget.accurate, self.budget.absolute],
            "blocks": BLOCKS,
            "versions": {name: version(name) for name in ("torch", "symdiff-autograd")},
            "processor": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        }
