"""Measure one activation for its record: maxima and counts in each type, for each engine."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from comparisons.dtypes import FLOAT_TYPES
from comparisons.engines.every import ENGINES
from comparisons.results.comparison import Comparison
from comparisons.subjects.choose import subject_of
from comparisons.verbs import compare_engines

Record = dict[str, Any]  # type → a list of measures, each with the engines that have it


def about() -> dict[str, str]:
    """The versions, and the processor's instructions, that a measurement depends on."""
    import torch

    return {
        "torch": version("torch"),
        "numpy": version("numpy"),
        "processor": _processor(),
        "simd": str(torch.backends.cpu.get_cpu_capability()),
    }


def measured(name: str, dtypes: Iterable[str] = tuple(FLOAT_TYPES)) -> Record:
    """Measure an activation at structured points: its record."""
    found: Record = {}
    subject = subject_of(name, None, {})
    for dtype in dtypes:
        table = compare_engines(subject, dtype=dtype, engines=ENGINES)
        measures = {e: _measure(table[e]) for e in table}
        # What torch does not have is recorded too; what is not for a function of one number is not.
        absent = {e: why for e, why in table.absent.items() if not ENGINES[e].refuses(subject)}
        measures |= {e: {"absent": why} for e, why in absent.items()}
        found[dtype] = _grouped(measures)
    return found


def _measure(comparison: Comparison) -> dict[str, Any]:
    adjoints = comparison.adjoints.values()
    return {
        "verdict": str(comparison.verdict),
        "max_ulp": _digits(comparison.max_ulp),
        "bulk_ulp": _digits(comparison.bulk_ulp),
        "conditioned_ulp": _digits(max((a.max_conditioned for a in adjoints), default=0.0)),
        "counts": {str(status): n for status, n in comparison.counts().items()},
    }


def _grouped(by_engine: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Engines that measure the same stand together: most do."""
    groups: list[dict[str, Any]] = []
    for engine, measure in by_engine.items():
        same = next(
            (g for g in groups if {**g, "engines": None} == {"engines": None, **measure}), None
        )
        if same is None:
            groups.append({"engines": [engine], **measure})
        else:
            same["engines"].append(engine)
    return groups


def _digits(value: float) -> float | str:
    """Four digits; JSON has no infinity, so that one is text."""
    rounded = float(f"{value:.4g}")
    return rounded if rounded < float("inf") else "inf"


def _processor() -> str:
    """The processor's model, where the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - no file of ours
            models = (line for line in file if line.startswith("model name"))
            return next(models, "").partition(":")[2].strip() or platform.machine()
    except OSError:
        return platform.processor() or platform.machine()
