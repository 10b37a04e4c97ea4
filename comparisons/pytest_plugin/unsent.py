"""What a test has compared before its report is sent: on disk, where a crash cannot take it along.

Each process writes the rows of the test it is in; the one that reports reads what never arrived.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from comparisons.report.row import Row


class Unsent:
    """The file of one process: the name of its test, then a row a line."""

    def __init__(self, folder: Path, process: str) -> None:
        """`folder` is one that all processes of the run have, `process` one's own name."""
        self._file = folder / f"{process}.jsonl"

    def begin(self, test: str) -> None:
        """A test begins: the report of the one before has been sent."""
        self._write(test, "w")

    def add(self, row: Row) -> None:
        """Keep a row of the test."""
        self._write(row, "a")

    def _write(self, value: Any, mode: str) -> None:
        try:
            with self._file.open(mode, encoding="utf-8") as file:
                file.write(json.dumps(value) + "\n")
        except OSError:  # a worker on another machine: its rows come with its reports, or not
            pass


def unsent(folder: Path) -> dict[str, list[Row]]:
    """The rows of the tests that the processes were in last, by the test's name."""
    found: dict[str, list[Row]] = {}
    for file in sorted(folder.glob("*.jsonl")):
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        whole = [json.loads(line) for line in lines if line.endswith("\n")]  # the last may be cut
        if whole:
            found[whole[0]] = whole[1:]
    return found
