"""Keep an atlas's finished tasks on disk, so that a run that was killed goes on from there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from comparisons.report.data.row import Row


class TaskJournal:
    """A journal is a file of one line a finished task, its first line saying of which atlas.

    A line that was being written when the process died is ignored, and its task done again.
    """

    def __init__(self, path: Path, about: Row) -> None:
        """Open the journal of an atlas, or begin one.

        Args: about, what has to be the same: what is asked, the versions; and the date, which
            stays that of the beginning.
        Raises: ValueError if the file is another atlas's, or none; it is left as it is.
        """
        self.path, self.about = path, about
        self.done: dict[str, Sequence[Row]] = {}
        if path.exists() and path.stat().st_size:
            self._read()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(about, sort_keys=True) + "\n", encoding="utf-8")

    def _read(self) -> None:
        text = self.path.read_bytes().decode("utf-8", errors="replace")
        first, *lines = text.splitlines()
        head = _parsed(first)
        if not isinstance(head, dict) or {**head, "date": ""} != {**self.about, "date": ""}:
            raise ValueError(
                f"{self.path} is the checkpoint of another atlas or of other versions; "
                "remove it or name another file"
            )
        self.about = {**self.about, "date": head["date"]}
        for line in lines:
            entry = _parsed(line)
            if isinstance(entry, dict) and entry.keys() == {"task", "cells"}:
                self.done[entry["task"]] = entry["cells"]
        if not text.endswith("\n"):  # so that the next line starts on its own
            with self.path.open("a", encoding="utf-8") as file:
                file.write("\n")

    def add(self, task: str, cells: Sequence[Row]) -> None:
        """Write down a finished task with its cells."""
        self.done[task] = cells
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"task": task, "cells": cells}, allow_nan=False) + "\n")


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
