"""What a run compared as one JSON document: what pages are made of and runs compared by.

Its form is `schema.json`, which every document is checked against. JSON has no infinities: a float
that is not finite is text, `"inf"`, `"-inf"` or `"nan"`, which `float` reads.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

from comparisons.report.rows import Row

SCHEMA = 1  # raised when a document of the old form would be misread
_VERSIONS = ("torch", "sympy", "numpy", "python-flint", "symdiff-autograd")
_COLUMNS = ("subject", "dtype", "engine", "cotangent", "verdict", "values", "bulk_ulp")
_WORST = ("adjoint", "ulp", "status", "reproduction")


def document(rows: Iterable[Row], *, complete: bool = True) -> dict[str, Any]:
    """The rows of a run with what they were measured on.

    The date is `SOURCE_DATE_EPOCH` where that is set, so that a run can be repeated to the byte.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    date = (
        dt.datetime.now(dt.UTC) if epoch is None else dt.datetime.fromtimestamp(int(epoch), dt.UTC)
    )
    return {
        "schema": SCHEMA,
        "complete": complete,
        "date": date.replace(microsecond=0).isoformat(),
        "commit": _commit(),
        "machine": {"processor": platform.machine(), "system": platform.system(), "simd": _simd()},
        "versions": {"python": platform.python_version(), **{n: _version(n) for n in _VERSIONS}},
        "rows": [_plain(row) for row in rows],
    }


def write_json(path: Path, rows: Iterable[Row], *, complete: bool = True) -> None:
    """Write the document of the rows."""
    text = json.dumps(
        document(rows, complete=complete), ensure_ascii=False, indent=1, allow_nan=False
    )
    path.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """The document in a file.

    Raises: ValueError, one sentence, if the file holds none, or one of another version.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise ValueError(f"{path} is no JSON ({error}); give a file of --symdiff-json") from None
    problem = _problem(found)
    if problem is not None:
        raise ValueError(f"{path} is no report of symdiff: {problem}")
    return dict(found)


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """Write a line a comparison: what was compared, how it fares, and the worst point."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*_COLUMNS, "counts", *(f"worst_{name}" for name in _WORST), "worst_input"])
        for row in rows:
            if row["kind"] != "comparison":
                continue
            worst = row["worst"] or dict.fromkeys((*_WORST, "inputs"))
            counts = "; ".join(f"{n} {status}" for status, n in row["counts"].items())
            inputs = "; ".join(f"{k} = {v['decimal']}" for k, v in (worst["inputs"] or {}).items())
            writer.writerow(
                [*(row[c] for c in _COLUMNS), counts, *(worst[name] for name in _WORST), inputs]
            )


def _problem(found: object) -> str | None:
    """What is wrong with a document, in words."""
    if not isinstance(found, Mapping) or "schema" not in found:
        return "it has no schema number"
    if found["schema"] != SCHEMA:
        return f"its schema is {found['schema']!r}, and {SCHEMA} is understood here"
    from jsonschema import Draft202012Validator

    error = next(iter(Draft202012Validator(schema()).iter_errors(found)), None)
    if error is None:
        return None
    where = ".".join(map(str, error.absolute_path)) or "the document"
    return f"{where}: {error.message.partition(chr(10))[0][:200]}"


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a document."""
    text = files("comparisons.report").joinpath("schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _simd() -> str:
    """The vector instructions that torch's CPU kernels use: another set rounds otherwise."""
    try:
        import torch
    except ModuleNotFoundError:
        return "unknown"
    return str(torch.backends.cpu.get_cpu_capability())


def _commit() -> str | None:
    """The commit of the folder the run was made in, if it is one of git's."""
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - whichever git the user has
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() or None
