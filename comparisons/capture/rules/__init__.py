"""The rules say what each operator of torch computes, as nodes: one file a kind of operator.

`registry.rule` says which operators a function is the rule of; a new file is imported here.
"""

from __future__ import annotations

from comparisons.capture.rules import (  # noqa: F401 - each adds its rules to the table
    backwards,
    compositions,
    elementwise,
    fused,
    linear,
    linear_algebra,
    moves,
    products,
    reductions,
    scans,
    scattering,
    selection,
    softmaxes,
    windows,
)
from comparisons.capture.rules.registry import COMPOSITIONS, RULES

__all__ = ["COMPOSITIONS", "RULES"]
