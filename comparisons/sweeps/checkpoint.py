"""What a long sweep has finished, on disk: killed at any moment, it goes on from there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from comparisons.sweeps.tally import Tally


class Checkpoint:
    """A file of one line a finished block, under a first line that says of which sweep.

    A line that was being written when the process died is ignored, and its block done again.
    """

    def __init__(self, path: Path, sweep: Mapping[str, Any]) -> None:
        """Open the checkpoint of a sweep, new or begun.

        Raises: ValueError if the file is another sweep's, or none; it is left as it is.
        """
        self.path = path
        self.done: dict[int, Tally] = {}
        head = json.dumps(dict(sweep), sort_keys=True)
        if path.exists() and path.stat().st_size:
            self._read(head)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(head + "\n", encoding="utf-8")

    def _read(self, head: str) -> None:
        text = self.path.read_bytes().decode("utf-8", errors="replace")
        first, *lines = text.splitlines()
        if first != head:
            raise ValueError(
                f"{self.path} is the checkpoint of another sweep or of other versions; "
                "remove it or name another file"
            )
        for line in lines:
            try:
                data = json.loads(line)
                self.done[int(data["block"])] = Tally.from_json(data["tally"])
            except (AttributeError, KeyError, TypeError, ValueError):
                continue
        if not text.endswith("\n"):  # so that the next line starts on its own
            with self.path.open("a", encoding="utf-8") as file:
                file.write("\n")

    def add(self, block: int, tally: Tally) -> None:
        """Put down a finished block."""
        self.done[block] = tally
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"block": block, "tally": tally.to_json()}) + "\n")
