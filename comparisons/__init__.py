"""comparisons: torch's gradients beside the closed forms that symdiff derives.

    >>> import comparisons
    >>> comparisons.compare("tanh", dtype="float32").verdict
    <Verdict.AGREES: 'agrees'>

Nothing heavy is imported until it is used: pytest loads this package as a plugin.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from comparisons.array_subjects import array_loss, layer
    from comparisons.budget import Budget
    from comparisons.comparing import check, compare, compare_engines
    from comparisons.comparison import AdjointResult, Comparison, Point
    from comparisons.dtypes import FloatType
    from comparisons.engine_table import Difference, EngineTable
    from comparisons.engines import ENGINES
    from comparisons.mismatch import GradientMismatch
    from comparisons.subjects import Subject
    from comparisons.sweep import Sweep
    from comparisons.tutorial import linear_layer, neuron, vector_jacobian_product
    from comparisons.verdict import Status, Verdict

# name → the module it lives in; imported on first use, since torch alone takes seconds
_HOME = {
    "ENGINES": "engines",
    "AdjointResult": "comparison",
    "Budget": "budget",
    "Comparison": "comparison",
    "Difference": "engine_table",
    "EngineTable": "engine_table",
    "FloatType": "dtypes",
    "GradientMismatch": "mismatch",
    "Point": "comparison",
    "Status": "verdict",
    "Subject": "subjects",
    "Sweep": "sweep",
    "Verdict": "verdict",
    "array_loss": "array_subjects",
    "check": "comparing",
    "compare": "comparing",
    "compare_engines": "comparing",
    "layer": "array_subjects",
    "linear_layer": "tutorial",
    "neuron": "tutorial",
    "vector_jacobian_product": "tutorial",
}

__all__ = [
    "ENGINES",
    "AdjointResult",
    "Budget",
    "Comparison",
    "Difference",
    "EngineTable",
    "FloatType",
    "GradientMismatch",
    "Point",
    "Status",
    "Subject",
    "Sweep",
    "Verdict",
    "array_loss",
    "check",
    "compare",
    "compare_engines",
    "layer",
    "linear_layer",
    "neuron",
    "vector_jacobian_product",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'comparisons' has no attribute {name!r}")
    value = getattr(import_module(f"comparisons.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
