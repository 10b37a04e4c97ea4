"""Read and write the data of an atlas as JSON, with versions, machine and date."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from comparisons.frameworks.framework import Framework
from comparisons.report.data.row import Row
from comparisons.report.data.row_by_row import UnlikeError, head_and_rows
from comparisons.report.data.schema import Schema

_NUMBER = 1  # a document of another number is refused: raise it when a field changes its meaning
SCHEMA = Schema("comparisons.atlases")
_OURS = ("symdiff-autograd", "sympy", "numpy", "python-flint")


def about(
    frameworks: Sequence[Framework],
    functions: Sequence[str],
    dtypes: Sequence[str],
    columns: Sequence[tuple[str, str]],
) -> Row:
    """What a document says beside its cells: versions, machine, date, what was asked."""
    missing = {f.name: why for f in frameworks if (why := f.missing()) is not None}
    return {
        "schema": _NUMBER,
        "kind": "atlas",
        "date": _day(),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in _OURS},
            **{f.name: f.version for f in frameworks if f.name not in missing},
            **{k: v for f in frameworks if f.name not in missing for k, v in f.compilers().items()},
        },
        "machine": {
            "system": platform.system(),
            "architecture": platform.machine(),
            "processor": _processor(),  # numpy, and what is built on it, choose kernels by it
        },
        "titles": {f.name: f.title for f in frameworks},
        "missing": missing,
        "flushing": [f.name for f in frameworks if f.flushes],
        "functions": list(functions),
        "dtypes": list(dtypes),
        "columns": [list(column) for column in columns],
    }


def write_document(path: Path, document: Row) -> None:
    """Write the document of an atlas as JSON, one cell a line."""
    head = {k: v for k, v in document.items() if k != "cells"}
    lines = [json.dumps(c, ensure_ascii=False, allow_nan=False) for c in document["cells"]]
    opening = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(opening + ',\n "cells": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")


def read_document(path: Path) -> Row:
    """Read the document that `write_document` wrote.

    Raises: ValueError, one sentence, if it is no JSON, of another schema, or does not fit its own.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}); symdiff atlas --json writes one") from None
    if not isinstance(found, dict) or found.get("kind") != "atlas":
        raise ValueError(f"{path} is no atlas; symdiff atlas --json writes one")
    SCHEMA.require(found, path)
    return found


def is_atlas(path: Path) -> bool:
    """Whether a JSON file says that it is an atlas; its cells are not looked at."""
    with suppress(OSError, UnlikeError, ValueError), path.open(encoding="utf-8") as file:
        head, _ = head_and_rows(file, float)
        return head.get("kind") == "atlas"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, RecursionError, ValueError):
        return False
    return isinstance(found, dict) and found.get("kind") == "atlas"


def _processor() -> str:
    """The processor's model, where the system tells it."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        return next(models, "") or platform.machine()
    return platform.processor() or platform.machine()


def _day() -> str:
    # Source of the override: reproducible-builds.org/specs/source-date-epoch.
    given = os.environ.get("SOURCE_DATE_EPOCH")
    date = datetime.fromtimestamp(int(given), UTC) if given else datetime.now(UTC)
    return date.date().isoformat()
