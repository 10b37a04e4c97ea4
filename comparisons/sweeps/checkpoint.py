"""Keep a sweep's finished blocks on disk, so that a killed sweep goes on from there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from comparisons.sweeps.tally import Tally
from symdiff.notation.printable import printable

_NO_TALLY = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)


class Checkpoint:
    """A file of one line a finished block, its first line saying of which sweep.

    Each line has a checksum of the sweep, the block and its tally. One that was being written when
    the process died, was changed, or does not count every value of its block is not believed, and
    its block is done again.
    """

    def __init__(self, path: Path, sweep: Mapping[str, Any], values: int = 2**24) -> None:
        """Open the checkpoint of a sweep, or begin one; `values` are those of a block.

        Raises: ValueError, one sentence, if the file is another sweep's, or none, or cannot be
            written; it is left as it is.
        """
        self.path = path
        self.done: dict[int, Tally] = {}
        self._values = values
        self._head = json.dumps(dict(sweep), sort_keys=True)
        try:
            if path.exists() and not path.is_file():
                raise ValueError(f"the checkpoint {path} is no file; name another")
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a+", encoding="utf-8", errors="replace") as file:
                file.seek(0)
                text = file.read()
                if not text:
                    file.write(self._head + "\n")
                elif self._is_begun(text) and not text.endswith("\n"):
                    file.write("\n")  # so that the next line starts on its own
        except OSError as error:
            raise ValueError(
                f"the checkpoint {printable(str(path), 300)} cannot be used ({error.strerror}); "
                "name another file"
            ) from None

    def _is_begun(self, text: str) -> bool:
        """Take what is finished. Raises: ValueError if it is of another sweep."""
        first, *lines = text.split("\n")
        if first != self._head:
            raise ValueError(
                f"{self.path} is {_what_differs(first, self._head)}; remove it or name another file"
            )
        for line in lines:
            try:
                data = json.loads(line)
                block, tally = data["block"], Tally.from_json(data["tally"])
                whole = data["checksum"] == self._checksum(block, data["tally"])
                if whole and tally.values == self._values:
                    self.done[int(block)] = tally
            except (*_NO_TALLY, RecursionError):
                continue
        return True

    def _checksum(self, block: int, tally: Any) -> str:
        """The checksum of a line and of the sweep, against accidents and not forgers."""
        text = json.dumps([self._head, block, tally], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def add(self, block: int, tally: Tally) -> None:
        """Write down a finished block."""
        self.done[block] = tally
        data = tally.to_json()
        line = {"block": block, "tally": data, "checksum": self._checksum(block, data)}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _what_differs(first: str, expected: str) -> str:
    """In words, why a first line is not the expected one."""
    try:
        found = json.loads(first)
        here = dict(_flat(found))
    except (ValueError, RecursionError, AttributeError):
        return "no checkpoint of a sweep"
    differ = [
        f"{name} {printable(str(here.get(name, 'not said')), 60)}, not {value}"
        for name, value in _flat(json.loads(expected))
        if here.get(name) != value
    ]
    return f"the checkpoint of another sweep: {'; '.join(differ) or 'it says more than this one'}"


def _flat(sweep: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in sweep.items():
        if isinstance(value, dict):
            yield from _flat(value)
        else:
            yield name, value
